"""`scripts/batch_eval`: renews everybody's lists and proposals by hand, as the night does."""

import argparse
import shutil
import sys
import time
from datetime import datetime
from typing import Any

import numpy as np

from functions.worker.nightly.nightly import claim, open_night
from functions.worker.nightly.pool import PAGE, pages_of, pool_of
from scripts.stack.home import Trouble
from scripts.tools.database import service
from shared import logs
from shared.callers.database import Database
from shared.engine import Rules, engine_version
from shared.engine.charts import chart_version
from shared.engine.filters.fits import dealt, enough
from shared.engine.pool.parsing import readable
from shared.engine.runs.lists import LONGEST
from shared.engine.runs.night import night
from shared.errors import ApiError, Unavailable

_PATIENCE = 50.0
_POLL = 0.5
"""Seconds between looks at a night that another worker holds."""


def renew(database: Database) -> int:
    """Open a night, or go on with the one there is, and work on it to its end; the exit code."""
    opened = open_night(database, "hand")
    if opened.get("superseded"):
        print(
            f"Engine {engine_version()} is not the one in force here: deploy the newer one, or go back with"
            f" select adopt_engine_version('{engine_version()}').",
            file=sys.stderr,
        )
        return 1
    run = opened.get("runId")
    if not run:
        print("Another run is being opened right now; try again in a moment.", file=sys.stderr)
        return 1
    print(f"{'Going on with' if opened.get('resumed') else 'Began'} run {run}.")
    began = time.monotonic()
    stands = _work(database, str(run), began)
    if stands["status"] != "succeeded":
        print(f"The run {stands['status']}: {stands['error'] or 'somebody stopped it'}.", file=sys.stderr)
        return 1
    done = stands["metadata"]
    if done.get("unchanged"):
        print("Nothing has changed since the lists in use were made: nothing to do.")
    else:
        _tell(done, time.monotonic() - began)
    steps = [f"{step['step']} {step.get('seconds', 0):.1f} s" for step in done["steps"]]
    print(f"Steps: {', '.join(steps)}.")
    for step in done["steps"]:
        if "error" in step:
            print(f"{step['step']} failed ({step['error']}); yesterday's are used.", file=sys.stderr)
    return 0


def _work(database: Database, run: str, began: float) -> dict[str, Any]:
    """Work on the night until it has ended; how it stands then. After a Ctrl-C the next tick goes on."""
    while True:
        night = claim(database, lambda step, until: _bar(until, time.monotonic() - began, step))
        if night is not None:
            try:
                night.work()
            except KeyboardInterrupt:
                print("\nStopped. What is done stays; run this again to go on, or let the next tick do it.")
                raise
        stands = database.call(None, "beat_job_run", {"run_id": run}).body
        if not stands["goOn"]:
            print()
            return stands
        _bar(float(stands["progress"] or 0), time.monotonic() - began, "elsewhere")
        time.sleep(_POLL)


def _bar(progress: float, seconds: float, step: str) -> None:
    """One line that is written again and again; lines of their own where nobody looks."""
    if not sys.stdout.isatty():
        print(f"{progress:4.0%}  {seconds:.0f} s  {step}", flush=True)
        return
    width = max(10, min(50, shutil.get_terminal_size().columns - 30))
    filled = round(width * progress)
    left = f", about {seconds / progress * (1 - progress):.0f} s left" if 0 < progress < 1 else ""
    print(
        f"\r\x1b[K{'█' * filled}{'░' * (width - filled)} {progress:4.0%}  {seconds:.0f} s{left}  {step}",
        end="",
        flush=True,
    )


def preview(database: Database) -> int:
    """What a run would do now, without storing anything."""
    began = time.monotonic()
    told: dict[str, Any] = {}

    def page(beyond: str | None) -> dict[str, Any]:
        asked = {"chart_version": chart_version(), "after": beyond, "most": PAGE}
        told.update(database.call(None, "preview_pool", asked, read_seconds=_PATIENCE).body)
        return told

    pages = pages_of(page)
    pool, _ = readable(pool_of(pages))
    rules, now = Rules.parse(told["settings"]), datetime.fromisoformat(told["now"])
    pool = dealt(pool, enough(pool, now, rules.min_fit))
    found = night(pool, rules, now, lambda _step: None)
    lengths = np.minimum(np.diff(found.found.pairs.start), LONGEST)
    ranking = found.ranking
    print("A dry run: nothing was stored. Charts that are missing are not counted in.")
    _tell(
        ranking.statement.as_json() | {"listed": int(lengths.sum()), "stored": len(ranking.proposals)},
        time.monotonic() - began,
        would=True,
    )
    return 0


def _tell(statement: dict[str, Any], seconds: float, *, would: bool = False) -> None:
    before, after = statement.get("before", {}), statement.get("after", {})
    rows = [
        (statement.get("members"), "members search"),
        (statement.get("listed"), f"candidates {'would be' if would else 'are'} on their lists"),
        (statement.get("eligiblePairs"), "pairs have room and have not met"),
        (statement.get("stored"), f"proposals {'would be' if would else 'were'} made"),
        (statement.get("membersWithoutCandidates"), "members have nobody who passes all filters"),
    ]
    print(f"Done in {seconds:.1f} s, engine {engine_version()}:")
    for count, words in rows:
        if count is not None:
            print(f"  {count:>9,}  {words}")
    if before and after:
        print("                          greedy   fair")
        for name, words in (
            ("expectedMatches", "expected matches each"),
            ("gini", "Gini of proposals"),
            ("envy", "share who envy"),
        ):
            print(f"  {words:<22} {before.get(name, 0):>8.3f} {after.get(name, 0):>6.3f}")


def main(arguments: list[str]) -> None:
    """Exit 0 when the lists are renewed or need not be, 1 when they are not."""
    parser = argparse.ArgumentParser(
        prog="scripts/batch_eval",
        description="Renews everybody's candidate lists and proposals now, as the nightly run does: scores"
        " every pair, deals proposals fairly, and puts the new lists in place all at once. Can be stopped and"
        " run again: it goes on where it was. Works on the running stack, or, where SUPABASE_URL and"
        " SUPABASE_SERVICE_ROLE_KEY are set, on that project.",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, store nothing")
    chosen = parser.parse_args(arguments)
    logs.quiet()  # what a deployment logs of its steps would break the bar
    try:
        database = service()
        code = preview(database) if chosen.dry_run else renew(database)
    except Trouble as trouble:
        sys.exit(str(trouble))
    except Unavailable:
        sys.exit("The database does not answer: is the stack running? `make up` starts it.")
    except ApiError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
