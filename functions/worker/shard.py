"""One piece of a run over everybody: lists of some members, proposals for all, or putting lists in place."""

from __future__ import annotations

from typing import Any

import numpy as np

from functions.worker.batch import IN_THE_WAY
from functions.worker.job_run import instant
from shared.database import Database
from shared.engine import Pool, PoolError, Rules, RulesError, engine_version, rank
from shared.engine.lists import candidates, listed
from shared.engine.manifest import manifest, moved_prices
from shared.engine.readable import readable
from shared.errors import ApiError, Unavailable
from shared.logs import describe, log

SHARD_SECONDS = 300.0
"""How long one database call of a piece may take, bounded by SQL's own statement time-out."""


def work(database: Database, claimed: dict[str, Any]) -> bool:
    """Do the piece that `claim_shard` answered; whether it is done now, or was already by another worker.

    Raises Unavailable when the database is away; the piece is another worker's once its lease is over.
    Whatever else goes wrong gives it back at once.
    """
    held = {"run_id": claimed["runId"], "number": claimed["number"], "attempt": claimed["attempt"]}
    try:
        if claimed["work"] == "put_in_place":
            database.call(None, "put_scores_in_place", held, read_seconds=SHARD_SECONDS)
            _drop_old(database)
            return True
        loaded = database.call(None, "load_shard", held, read_seconds=SHARD_SECONDS).body
        if loaded["late"]:
            return True
        rules = Rules.parse(loaded.get("settings"))
        pool, kept = readable(loaded.get("pool"))
        if spoilt := len(loaded["pool"]["members"]["rows"]) - len(kept):
            log("WARNING", "members that cannot be read", count=spoilt)
        if claimed["work"] == "scores":
            _scores(database, held, claimed, pool, rules, loaded)
        else:
            _proposals(database, held, pool, rules, loaded)
        return True
    except Unavailable as error:
        if not (error.reason or "").endswith(IN_THE_WAY):
            raise
        # Two pieces got in each other's way: this one is taken anew.
        log("WARNING", "shard in the way", run=claimed["runId"], shard=claimed["number"])
        database.call(None, "fail_shard", held | {"error": f"Unavailable {error.reason}"})
        return False
    except Exception as error:
        # Given back with its reason: after a few attempts the run is failed and says why.
        log("ERROR", "shard failed", run=claimed["runId"], shard=claimed["number"], **describe(error))
        # Messages of ours hold no value of anybody's; others might.
        ours = isinstance(error, PoolError | RulesError)
        said = f"{type(error).__name__}: {error}" if ours else type(error).__name__
        if isinstance(error, ApiError):
            said = f"{said} {error.reason or error.code}"
        database.call(None, "fail_shard", held | {"error": said})
        return False


def _scores(
    database: Database,
    held: dict[str, Any],
    claimed: dict[str, Any],
    pool: Pool,
    rules: Rules,
    loaded: dict[str, Any],
) -> None:
    first, last = claimed["first"], claimed["last"]
    members = np.array([at for at, id_ in enumerate(pool.ids) if first <= id_ <= last], dtype=np.int64)
    found = candidates(pool, rules, instant(loaded.get("now")), members)
    lists = listed(pool, found, members)
    database.call(None, "store_scores", held | {"lists": lists}, read_seconds=SHARD_SECONDS)


def _proposals(
    database: Database, held: dict[str, Any], pool: Pool, rules: Rules, loaded: dict[str, Any]
) -> None:
    ranking = rank(pool, rules, instant(loaded.get("now")))
    database.call(
        None,
        "store_proposals",
        {
            "run_id": held["run_id"],
            "engine_version": engine_version(),
            "proposals": [proposal.as_json() for proposal in ranking.proposals],
            "statement": ranking.statement.as_json()
            | {"manifest": manifest(rules, loaded["inputHash"], ranking)},
            "prices": moved_prices(pool, ranking),
            "shard": held["number"],
            "attempt": held["attempt"],
        },
        read_seconds=SHARD_SECONDS,
    )


def _drop_old(database: Database) -> None:
    while database.call(None, "drop_old_scores", {}, read_seconds=SHARD_SECONDS).body["dropped"]:
        pass
