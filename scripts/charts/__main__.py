"""Prints the chart of one birth, or of many moments, as JSON."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TextIO

from scripts.charts.asked import Moment, Refused, many, one
from scripts.charts.compared import compare
from scripts.charts.printed import exact, uncertain
from shared.engine.charts.birth import Moments

_AT_ONCE = 2000  # charts between two looks at the clock
_EXAMPLES = """\
scripts/chart --date 1990-05-17 --time 14:30 --place Berlin
scripts/chart --date 1990-05-17 --place "Springfield, IL, US"          time unknown
scripts/chart --utc 1990-05-17T12:30:00Z --lat 52.52 --lon 13.41
echo '{"id": 1, "utc": "1990-05-17T12:30:00Z", "lat": 52.5, "lon": 13.4}' | scripts/chart
scripts/chart --compare reference_charts.json

Without options, JSON lines are read from standard input and one line is printed for each, in their order;
if any line is wrong, it is named and nothing is printed. Exit status: 0 done, 1 charts that do not agree,
2 a birth or a line that has no chart.
"""


def main(arguments: list[str]) -> int:
    """0; 1 when compared charts differ; 2 when something asked for has no chart."""
    parser = _parser()
    options = parser.parse_args(arguments)
    given = [
        name for name, value in vars(options).items() if name != "compare" and value not in (None, False)
    ]
    try:
        if options.compare is not None:
            if given:
                raise Refused(f"--compare takes a file alone: leave --{given[0]} out")
            lines, agrees = compare(options.compare)
            print("\n".join(lines))
            return 0 if agrees else 1
        if given:
            asked = one(options)
            told = (
                uncertain(asked.at, asked.lat, asked.lon)
                if isinstance(asked.at, Moments)
                else exact([asked])[0]
            )
            print(json.dumps(told, indent=2))
            return 0
        if sys.stdin.isatty():
            parser.print_help()
            return 2
        _print_many(many(sys.stdin), sys.stdout)
    except Refused as error:
        print(f"scripts/chart: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()  # the reader has seen enough; Python would complain about it at its end
        return 0
    return 0


def _print_many(moments: list[Moment], out: TextIO) -> None:
    """One line of JSON each, and on a terminal how far it is."""
    watched = sys.stderr.isatty()
    started = time.monotonic()
    for first in range(0, len(moments), _AT_ONCE):
        part = moments[first : first + _AT_ONCE]
        out.write("".join(json.dumps(told) + "\n" for told in exact(part)))
        if watched:
            done = first + len(part)
            rate = done / max(time.monotonic() - started, 1e-9)
            print(f"\r{done:,} of {len(moments):,} charts, {rate:,.0f} a second", end="", file=sys.stderr)
    out.flush()
    if watched and moments:
        print(file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/chart",
        description="Natal and Human Design charts as JSON.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    when = parser.add_argument_group("when")
    when.add_argument("--date", metavar="YYYY-MM-DD", help="date of birth, 1900 to 2050")
    when.add_argument("--time", metavar="HH:MM[:SS]", help="time on the wall; left out: unknown")
    when.add_argument("--approximate", action="store_true", help="the time is right to an hour either side")
    when.add_argument(
        "--fold",
        type=int,
        choices=(0, 1),
        help="which reading of a time that came twice, or was skipped, when the clocks were changed:"
        " 0 the offset before the change, 1 the one after",
    )
    when.add_argument(
        "--utc", metavar="MOMENT", help="instead of date and time: a moment such as 1990-05-17T12:30:00Z"
    )
    where = parser.add_argument_group("where")
    where.add_argument("--place", metavar="NAME", help="a city, then perhaps region and country")
    where.add_argument("--lat", type=float, help="degrees north")
    where.add_argument("--lon", type=float, help="degrees east")
    where.add_argument("--tz", metavar="ZONE", help="IANA time zone; left out: that of the place")
    parser.add_argument(
        "--compare", type=Path, metavar="FILE", help="compare with the reference charts in a file"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
