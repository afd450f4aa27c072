"""`scripts/replay RUN_ID`: recomputes a run over everybody from what it was made from, and compares."""

import argparse
import sys
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from functions.worker.nightly.pool import PAGE, Page, hash_of, pages_of, pool_of
from scripts.stack import connect_env
from scripts.stack.home import Trouble, options
from shared.callers.database import Database
from shared.callers.service import Service
from shared.engine import PoolError, Rules, RulesError, engine_version, rank
from shared.engine.filters.fits import dealt, enough
from shared.engine.pool.parsing import readable
from shared.engine.runs.manifest import manifest
from shared.errors import ApiError, Unavailable

_PATIENCE = 120.0
KEPT = timedelta(days=7)
"""How long `private.purge()` leaves what runs were made from."""


def replay(database: Database, run_id: str, say: Callable[[str], None]) -> bool:
    """Whether the run comes out the same, byte for byte; `say` gets what was compared.

    Raises ApiError where there is no such run, Trouble where it cannot be recomputed.
    """
    run = database.call(None, "load_run", {"run_id": run_id}, read_seconds=_PATIENCE).body
    statement = run["statement"]
    written = statement.get("manifest")
    if run["status"] != "succeeded" or not isinstance(written, dict):
        raise Trouble(f"This run is {run['status']} and left nothing to compare with.")
    loaded = pool_of(pages_of(_pages(database, "load_run_page", run_id)))
    stored = [m for page in pages_of(_pages(database, "load_run_matches", run_id)) for m in page["matches"]]
    input_hash = hash_of(loaded)
    pool, _ = readable(loaded)  # as the run read it
    rules = Rules.parse(written.get("settings"))
    say(
        f"run {run_id} of {run['now']}: {statement['members']:,} members, {statement['proposed']:,} proposals"
    )

    now = datetime.fromisoformat(run["now"])
    if now < datetime.now(UTC) - KEPT:
        raise Trouble(
            "This run is older than seven days: its statement is kept, what it was made from is not."
        )
    same_input = input_hash == written["inputHash"]
    missing = int(statement["members"]) - len(pool)
    say(
        "input: the same"
        if same_input
        else f"input: not the same any more, {missing:,} members have gone or withdrawn"
        if missing
        else "input: not the same any more, other pairs may not meet"
    )
    same_engine = run["engineVersion"] == engine_version()
    say(
        f"engine: the same, {engine_version()}"
        if same_engine
        else f"engine: was {run['engineVersion']}, is {engine_version()}"
    )
    again = rank(dealt(pool, enough(pool, now, rules.min_fit)), rules, now)
    made = manifest(rules, input_hash, again)
    same_proposals = made["proposalsDigest"] == written["proposalsDigest"]
    told = again.statement.as_json()
    differing = sorted(name for name, value in told.items() if statement.get(name) != value)
    say(
        f"proposals: {len(again.proposals):,}, "
        + ("byte for byte the same" if same_proposals else "not the same")
    )
    say("statement: " + ("the same" if not differing else f"differs in {', '.join(differing)}"))

    offered = {frozenset((p.a, p.b)): p.as_json() for p in again.proposals}
    kept = {frozenset((m["a"], m["b"])): m for m in stored if m["a"] and m["b"]}
    strange = [pair for pair, match in kept.items() if not _is(match, offered.get(pair, {}))]
    gone = int(statement["stored"]) - len(kept)
    say(
        f"stored matches: {len(kept):,} of {statement['stored']:,}, "
        + ("each of them found again" if not strange else f"{len(strange):,} not as they were proposed")
        + (f"; {gone:,} gone with a member or by hand" if gone else "")
    )
    return same_input and same_engine and same_proposals and not differing and not strange and not gone


def _pages(database: Database, function: str, run_id: str) -> Page:
    def page(beyond: str | None) -> dict[str, Any]:
        asked = {"run_id": run_id, "after": beyond, "most": PAGE}
        return database.call(None, function, asked, read_seconds=_PATIENCE).body

    return page


def _is(match: Mapping[str, Any], proposal: Mapping[str, Any]) -> bool:
    """Whether a stored match is this proposal, in all that has not ended with the match or been withdrawn."""
    there = {name: value for name, value in match.items() if name not in ("a", "b") and value is not None}
    return bool(proposal) and all(proposal.get(name) == value for name, value in there.items())


def _latest(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select id from public.job_runs where name = 'nightly' and status = 'succeeded'"
            " and metadata ? 'manifest' order by sequence desc limit 1"
        ).fetchone()
    if row is None:
        raise Trouble("There is no finished run over everybody yet: `scripts/batch_eval` makes one.")
    return str(row[0])


def main(arguments: list[str]) -> None:
    """Exit 0 when the run comes out the same, 1 when it does not."""
    parser = argparse.ArgumentParser(
        prog="scripts/replay",
        description="Recomputes a nightly run of the running stack from what it was made from, and compares"
        " input, engine, proposals and statement. Runs of the last seven days can be recomputed.",
    )
    parser.add_argument("run_id", metavar="RUN_ID", help="a run's id in job_runs, or `latest`")
    chosen = parser.parse_args(arguments)
    if chosen.run_id != "latest":
        try:
            uuid.UUID(chosen.run_id)
        except ValueError:
            parser.error("RUN_ID is not a uuid: take it from job_runs, or say `latest`")
    try:
        told = connect_env.read(options().home)
        run_id = _latest(told["DATABASE_URL"]) if chosen.run_id == "latest" else chosen.run_id
        database = Service(told["SUPABASE_URL"], told["SUPABASE_SERVICE_ROLE_KEY"])
        same = replay(database, run_id, print)
    except Trouble as trouble:
        sys.exit(str(trouble))
    except (PoolError, RulesError) as error:
        sys.exit(f"What this run was made from cannot be read by this engine: {error}")
    except Unavailable:
        sys.exit("The database does not answer: is the stack running? `make up` starts it.")
    except ApiError as error:
        sys.exit(str(error))
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
