"""The matching engine: pure functions from a pool, the rules and `now` to proposals.

No clock, no network, no SQL, no chance. In the order a run passes through them:

    columns, pool    what is known about the members, checked
    eligibility      who may be proposed to whom
    scores           how well they fit
    allocation       who is proposed, when everybody can take only so many
    explanation      why, in labels; `labels` holds the vocabulary and its sentences
    ranking          all of it together, and a statement of what the run did

`configuration` holds every number that is a choice and the engine's version, `reference` says where the
constants of the scores come from.
"""

from shared.engine.columns import PoolError
from shared.engine.configuration import CONFIGURATION, engine_version
from shared.engine.labels import VOCABULARY, insight
from shared.engine.pool import Pool
from shared.engine.ranking import Proposal, Ranking, Statement, rank
from shared.engine.rules import Rules, RulesError

__all__ = [
    "CONFIGURATION",
    "VOCABULARY",
    "Pool",
    "PoolError",
    "Proposal",
    "Ranking",
    "Rules",
    "RulesError",
    "Statement",
    "engine_version",
    "insight",
    "rank",
]
