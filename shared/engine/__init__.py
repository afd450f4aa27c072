"""The matching engine: pure functions from a pool, the rules and `now` to proposals.

No clock, no network, no SQL, no chance. In the order a run passes through them:

    charts             from birth data to a natal and a Human Design chart (a job of its own)
    columns, pool      what is known about the members, checked, column by column and by name
    filters            who may be proposed to whom, as one table of rules
    eligibility        everybody who passes them; `funnel` counts what each rule takes
    scoring.parts      what two members have in common: a file for each part of the score, and their list;
      features           what their formulas add up: `vectors`, `places`, `synastry`, `composite`
    modes              what a pair is proposed for
    scores             one number from the parts
    acceptance, market how likely a yes is, and who is proposed when everybody can take only so many
    explanation        why, in labels; `labels` holds the vocabulary (`shared.words` its sentences)
    facts              labels and sub-scores of many pairs at once, as bytes
    lists              everybody's best candidates by score
    ranking            proposals; `statement` says what the run did, `manifest` how to make it again
    night              all of it together, in one pass
    incremental        the same for members who changed, among those they may meet
    learning           a model of who accepts whom, from outcomes

`part` says what a part of the score declares. `configuration` holds every number that is a choice, and
`reference` says where the constants of the parts come from (`population` draws their communities).
`compiled` runs inner loops as machine code on every core.
"""

from shared.engine.columns import PoolError
from shared.engine.configuration import CONFIGURATION, ConfigurationError
from shared.engine.pool.pool import Pool
from shared.engine.runs.proposals import Proposal
from shared.engine.runs.ranking import Ranking, rank
from shared.engine.runs.run_settings import Rules, RulesError
from shared.engine.runs.statement import Statement
from shared.engine.scoring.labels import VOCABULARY
from shared.engine.version import engine_version

__all__ = [
    "CONFIGURATION",
    "VOCABULARY",
    "ConfigurationError",
    "Pool",
    "PoolError",
    "Proposal",
    "Ranking",
    "Rules",
    "RulesError",
    "Statement",
    "engine_version",
    "rank",
]
