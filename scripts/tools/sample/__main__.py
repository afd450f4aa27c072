"""Loads the sample community into an empty database: `python -m scripts.tools.sample --help`."""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from scripts.tools.sample.community import Community, community_of, draw_community
from scripts.tools.sample.load import NotEmpty, load
from scripts.tools.sample.outcome import outcome, summary
from scripts.tools.sample.profiles import ProfileFileError, read_profiles

DEFAULT_SIZE = 1000
MAX_SIZE = 1_000_000
MANY = 20_000  # drawing so many takes seconds


def _whole(text: str) -> int:
    """A whole number that is not negative, for argparse."""
    if not (text.isascii() and text.isdigit()) or int(text) > MAX_SIZE:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0 to {MAX_SIZE}")
    return int(text)


def arguments(given: Sequence[str], environment: Mapping[str, str]) -> argparse.Namespace:
    """What the command line says, and the environment where it says nothing."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.tools.sample",
        description="Load the sample community into a database that holds no members yet.",
    )
    told = {name: environment[name] for name in environment if environment[name]}
    parser.add_argument(
        "--database-url",
        default=told.get("DATABASE_URL"),
        help="where to load it (DATABASE_URL)",
    )
    parser.add_argument(
        "--size",
        type=_whole,
        default=told.get("CONNECT_SAMPLE_SIZE"),
        help=f"members to draw, {DEFAULT_SIZE} by default, or rows to read of the file, all by default"
        " (CONNECT_SAMPLE_SIZE)",
    )
    parser.add_argument(
        "--seed",
        type=_whole,
        default=told.get("CONNECT_SAMPLE_SEED", "1"),
        help="same seed, same community (CONNECT_SAMPLE_SEED, 1)",
    )
    parser.add_argument(
        "--file",
        type=Path,
        default=told.get("CONNECT_SAMPLE_FILE"),
        help="a CSV or zipped CSV of profiles with age, sex, orientation and speaks, to use instead"
        " (CONNECT_SAMPLE_FILE)",
    )
    parser.add_argument(
        "--outcome",
        action="store_true",
        help="load nothing; tell how many active members found nobody, by orientation",
    )
    chosen = parser.parse_args(given)
    if not chosen.database_url:
        parser.error("--database-url or DATABASE_URL must say which database")
    return chosen


def make(chosen: argparse.Namespace) -> Community:
    """The community asked for; says on standard error what a file left out."""
    today = datetime.now(UTC).date()
    if chosen.file is None:
        size = DEFAULT_SIZE if chosen.size is None else chosen.size
        if size >= MANY:
            print(f"  drawing {size:,} members", file=sys.stderr)
        return draw_community(size, chosen.seed, today)
    print(f"  reading {chosen.file.name}", file=sys.stderr)
    profiles = read_profiles(chosen.file, chosen.size)
    for problem, count in sorted(profiles.skipped.items()):
        print(f"  {count:,} rows of {chosen.file.name} left out: {problem}", file=sys.stderr)
    return community_of(profiles, chosen.seed, today)


def main() -> int:
    """Run; 0 when done, 1 with one sentence when not."""
    chosen = arguments(sys.argv[1:], os.environ)
    began = time.monotonic()
    try:
        with psycopg.connect(chosen.database_url, connect_timeout=10) as connection:
            if chosen.outcome:
                print(outcome(connection))
                return 0
            community = make(chosen)
            load(connection, community, lambda line: print(line, file=sys.stderr, flush=True))
    except (NotEmpty, ProfileFileError) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except psycopg.Error as error:
        # The driver's text names hosts and users at most, never the password.
        reason = " ".join(str(error).split())
        print(f"The sample community was not loaded; nothing has changed: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; nothing has changed.", file=sys.stderr)
        return 130
    print(summary(community))
    print(f"  loaded in {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
