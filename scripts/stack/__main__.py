"""The commands of the local stack: run, up, down, reset. `supervise` is what `up` and the tests start."""

import argparse
import sys

from scripts.stack import commands
from scripts.stack.home import Trouble, options

_VARIABLES = """
CONNECT_HOME            where all state of this stack lives (.local)
CONNECT_FUNCTIONS_PORT  both deployments behind one proxy (8080)
CONNECT_API_PORT        /rest/v1 (54321)
CONNECT_DB_PORT         Postgres (54322)
CONNECT_API_SECONDS     after which a call of the data API is cut (60, as on hosted projects)
CONNECT_SAMPLE_SIZE, CONNECT_SAMPLE_SEED, CONNECT_SAMPLE_FILE   shape the sample community
CONNECT_SCHEDULE        off: nothing rings the matcher by itself
CONNECT_PG              18 or 16, for a new stack
CONNECT_FSYNC           off: faster, and lost when the machine loses power; for tests
CONNECT_DEFAULT_GRANTS  open or closed: what an older or a newer hosted project grants on new objects
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m scripts.stack", description=__doc__)
    actions = made.add_subparsers(dest="action", required=True, metavar="COMMAND")

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(
            name,
            prog=f"scripts/{name}",
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=_VARIABLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    action("run", "start everything in the foreground and show the first matcher run; Ctrl-C stops")
    action("up", "start everything in the background; returns when healthy")
    action("down", "stop whatever of this stack runs")
    action("reset", "stop this stack and wipe all its state")
    supervise = action("supervise", "start and run until stopped, saying little")
    supervise.add_argument("--without", action="append", default=[], choices=sorted(commands.EVERYTHING))
    supervise.add_argument("--throwaway", action="store_true", help="wipe the stack when it stops")
    supervise.add_argument("--background", action="store_true", help="outlive the parent once ready")
    return made


def main(arguments: list[str]) -> None:
    """Do what is asked; a Trouble becomes one sentence and exit 1."""
    chosen = parser().parse_args(arguments)
    try:
        asked = options()
        if chosen.action == "supervise":
            commands.supervise(
                asked,
                wanted=commands.EVERYTHING - set(chosen.without),
                throwaway=chosen.throwaway,
                background=chosen.background,
            )
        else:
            getattr(commands, chosen.action)(asked)
    except Trouble as trouble:
        sys.exit(str(trouble))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main(sys.argv[1:])
