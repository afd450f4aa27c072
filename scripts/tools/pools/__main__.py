"""Judges the rule of small pools: what it costs, and what an attacker learns and takes in spite of it."""

import argparse
import sys

from scripts.stack.home import Trouble
from scripts.tools.pools import attack, cost, evenings, places

_DESCRIPTION = """\
Judge the rule of small pools (min_fit and its neighbours in settings) on sample communities, each on a
throwaway stack. Tables in markdown on standard output, progress on standard error.

  cost     members with a proposal and matches to expect, by min_fit, size and group; how often the narrowest
           question about a member is answered, and names them
  evenings guests with a proposal at events, by event_min_fit and number of guests
  attack   over HTTP against the running service: who knows birth year, gender and town of members asks the
           narrowest questions allowed, with 1, 4 and 20 accounts, fresh and a day old, without and with an
           evening they attend. Truth is read in the database. No account waits for a day to pass: the
           database dates it a day back
  places   over HTTP: accounts that get proposals, decline, erase, come back, and again; how many places of
           others they hold. Three days pass by dating back what happened
"""
_EVENINGS = {"without": (False,), "with": (True,), "both": (False, True)}


def main(arguments: list[str]) -> int:
    """0 when done; a stack that does not start ends the command with a sentence."""
    parser = argparse.ArgumentParser(
        prog="scripts/pools", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    costs = parts.add_parser("cost", help="what each value costs")
    costs.add_argument("--sizes", type=_sizes, default=cost.SIZES, metavar="N,N,…", help="of communities")
    attacks = parts.add_parser("attack", help="what an attacker learns")
    attacks.add_argument("--targets", type=int, default=attack.TARGETS, help="known members beside them (25)")
    attacks.add_argument("--identifiers", action="store_true", help="only accounts with an identifier count")
    attacks.add_argument(
        "--evenings",
        choices=_EVENINGS,
        default="both",
        help="without, with evenings the target attends, or both",
    )
    attacks.add_argument(
        "--set",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=N",
        help="another value of a setting",
    )
    nights = parts.add_parser("evenings", help="what each value costs at events")
    taking = parts.add_parser("places", help="what an attacker takes")
    taking.add_argument("--rounds", type=int, default=places.ROUNDS, help="of coming back (8)")
    for part in (attacks, taking):
        part.add_argument("--members", type=int, default=attack.MEMBERS, help="of the community (1,000)")
        part.add_argument(
            "--accounts",
            type=_sizes,
            default=attack.ACCOUNTS,
            metavar="N,N,…",
            help="of the attacker (1,4,20)",
        )
    for part in (costs, nights, attacks, taking):
        part.add_argument("--seed", type=int, default=1, help="of the communities (1)")
    chosen = parser.parse_args(arguments)
    try:
        print(_told(chosen))
    except Trouble as trouble:
        sys.exit(str(trouble))
    return 0


def _told(chosen: argparse.Namespace) -> str:
    if chosen.part == "cost":
        return cost.told(cost.measure(chosen.sizes, chosen.seed))
    if chosen.part == "evenings":
        return evenings.told(evenings.measure(chosen.seed))
    if chosen.part == "places":
        return places.told(places.measure(chosen.members, chosen.accounts, chosen.rounds, chosen.seed))
    outcomes = attack.measure(
        chosen.members,
        chosen.targets,
        chosen.accounts,
        chosen.seed,
        events=_EVENINGS[chosen.evenings],
        identifiers=chosen.identifiers,
        settings=dict(chosen.set),
    )
    return attack.told(outcomes)


def _setting(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    if not value.isdecimal():
        raise argparse.ArgumentTypeError("the name of a setting, =, a whole number")
    return name, int(value)


def _sizes(text: str) -> tuple[int, ...]:
    words = text.split(",")
    if not all(word.isdecimal() and int(word) > 0 for word in words):
        raise argparse.ArgumentTypeError("whole numbers from 1 up, with commas between")
    return tuple(int(word) for word in words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
