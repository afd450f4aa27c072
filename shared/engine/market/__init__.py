"""Fair proposals: who is proposed to whom, when everybody can take only so many.

In the order a run passes through them:

    graph        the market: eligible pairs, the chances of liking, capacities
    prices       how sought after everybody is
    shortlist    everybody's best candidates, given the prices
    worth        what one more place with each member would be worth
    allocation   the proposals: greedily, then by exchanges along chains (`exchange`, `rows`)
    fairness     what came of it, and what a run without prices would have done
    placing      one changed member, without running the market again

Pure and deterministic: the same market gives the same bytes on any machine, whatever its number of cores.
"""

from shared.engine.market.allocation import Proposed, allocate, propose
from shared.engine.market.fairness import Fairness, fairness, gini, without_prices
from shared.engine.market.graph import Market, MarketError, market_of_pairs
from shared.engine.market.placing import Placed, place
from shared.engine.market.prices import LEAST_SCALE, Prices, prices
from shared.engine.market.shortlist import Shortlist, shortlist

__all__ = [
    "LEAST_SCALE",
    "Fairness",
    "Market",
    "MarketError",
    "Placed",
    "Prices",
    "Proposed",
    "Shortlist",
    "allocate",
    "fairness",
    "gini",
    "market_of_pairs",
    "place",
    "prices",
    "propose",
    "shortlist",
    "without_prices",
]
