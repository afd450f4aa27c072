"""The matching engine: pure functions from a pool, the rules and `now` to proposals.

No clock, no network, no SQL, no chance. In the order a run passes through them:

    charts             from birth data to a natal and a Human Design chart (a job of its own)
    columns, pool      what is known about the members, checked; `signals`, `places`, `chart_features`
    filters            who may be proposed to whom, as one table of rules
    eligibility        everybody who passes them; `funnel` counts what each rule takes
    blocks, synastry,  what two members have in common, block by block;
      composite          `aspects`, `bodygraph` and `hats` hold what those two add up
    modes              what a pair is proposed for
    scores             one number from the blocks
    acceptance, market how likely a yes is, and who is proposed when everybody can take only so many
    explanation        why, in labels; `labels` holds the vocabulary (`shared.words` its sentences)
    ranking            all of it together; `statement` says what the run did, `manifest` how to make it again
    lists              everybody's best candidates by score
    incremental        the same for members who changed, among those they may meet
    learning           a model of who accepts whom, from outcomes

`configuration` holds every number that is a choice and the engine's version, `reference` says where the
constants of the scores come from, `compiled` runs inner loops as machine code on every core.
"""

from shared.engine.configuration import CONFIGURATION, ConfigurationError
from shared.engine.pool.columns import PoolError
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
