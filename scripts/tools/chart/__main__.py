"""Prints the chart of one birth, or of many moments, as JSON."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TextIO

from scripts.tools.chart.asked import Moment, Refused, many, one
from scripts.tools.chart.compared import compare
from scripts.tools.chart.printed import printed

_AT_ONCE = 2000  # charts between two looks at the clock
_MORE = """\
scripts/chart --date 1990-05-17 --time 14:30 --place Berlin
scripts/chart --date 1990-05-17 --place "Springfield, IL, US"          time unknown
scripts/chart --utc 1990-05-17T12:30:00Z --lat 52.52 --lon 13.41
echo '{"id": 1, "utc": "1990-05-17T12:30:00Z", "lat": 52.5, "lon": 13.4}' | scripts/chart
echo '{"id": 2, "date": "1990-05-17", "time": "14:30", "place": "Berlin"}' | scripts/chart
scripts/chart --compare reference_charts.json

Many charts: without options, JSON lines are read from standard input and one line is printed for each, in
their order; if any line is wrong, it is named and nothing is printed. The fields of a line are

  id        anything; printed again
  utc       the moment, such as "1990-05-17T12:30:00Z", with lat and lon; what else such a line holds is
            passed over, except for the fields below
or instead of utc
  date      "YYYY-MM-DD"
  time      "HH:MM" or "HH:MM:SS" on the wall; left out: unknown
  accuracy  "exact" (so if there is a time), "approximate" (right to an hour either side) or "unknown"
  fold      0 or 1, as --fold
  place     a city, or instead of it lat and lon (degrees north and east) and tz (IANA time zone)

What was understood stands in front of a chart: place, lat, lon and tz, and utc, the moment of birth.

Uncertain times: the birth lies between utc and utc_until. The longitudes are those of the middle of that
interval, to two decimals; everything else is what most of 48 moments in it say. certainty is the share of
these moments, 0 to 1, that agree with what is printed; for channels and centers the share that defines
each, and those above one half are printed. uncertain lists whatever the moments do not all agree on.

--compare reads JSON: {"charts": [CHART, ...]}, each CHART with utc, lat, lon, all that is printed for such
a line (longitudes and activations of any points), and min_line_margin_arcsec, the arcseconds that its
activations stay from the edge of a line: below 60 they may differ.

Exit status: 0 done, 1 charts that do not agree, 2 a birth, a line or a file that has no chart.
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
            print(json.dumps(printed([one(options)])[0], indent=2))
            return 0
        if sys.stdin.isatty():
            parser.print_help()
            return 2
        try:
            asked = many(sys.stdin)
        except UnicodeDecodeError:
            raise Refused("standard input is not text in UTF-8") from None
        _print_many(asked, sys.stdout)
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
        out.write("".join(json.dumps(told) + "\n" for told in printed(part)))
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
        epilog=_MORE,
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
        "--utc",
        metavar="MOMENT",
        help="instead of date and time: a moment such as 1990-05-17T12:30:00Z, with Z or an offset",
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
