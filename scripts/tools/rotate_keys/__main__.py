"""`scripts/rotate-keys`: new keys for messages or tokens, without a moment in which anything fails."""

import argparse
import sys

import httpx
import psycopg

from scripts.stack import connect_env
from scripts.stack.commands import alone
from scripts.stack.home import Options, Trouble, options
from scripts.stack.keys import load_keys
from scripts.tools.rotate_keys import hosted, message_keys, token_keys

Database = psycopg.Connection[tuple[object, ...]]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="scripts/rotate-keys",
        description="New keys for the running stack while it serves. --hosted: the steps elsewhere.",
    )
    actions = made.add_subparsers(dest="action", required=True, metavar="COMMAND")
    status = actions.add_parser("status", help="which keys there are, and what still needs them")
    messages = actions.add_parser("messages", help="a new key seals messages; older ones open theirs")
    messages.add_argument("--retire", metavar="ID", help="instead: take out a key that nothing needs")
    tokens = actions.add_parser("jwt", help="the standby key signs tokens; older tokens stay good")
    tokens.add_argument("--revoke", metavar="KID", help="instead: accept no token of this key any more")
    for each in (status, messages, tokens):
        each.add_argument("--hosted", action="store_true", help="only tell the steps of a hosted project")
    return made


def main(arguments: list[str]) -> None:
    """Do what is asked; a Trouble becomes one sentence and exit 1."""
    chosen = parser().parse_args(arguments)
    if chosen.hosted:
        told = {"messages": [hosted.MESSAGES], "jwt": [hosted.TOKENS]}
        print("\n\n".join(told.get(chosen.action, [hosted.MESSAGES, hosted.TOKENS])))
        return
    try:
        asked = options()
        database_url = connect_env.read(asked.home)["DATABASE_URL"]
        with alone(asked.home), psycopg.connect(database_url, autocommit=True) as database:
            {"status": status, "messages": messages, "jwt": tokens}[chosen.action](asked, database, chosen)
    except Trouble as trouble:
        sys.exit(str(trouble))
    except httpx.HTTPError as error:
        sys.exit(f"The data API does not answer ({error}): nothing was changed that matters; try again.")
    except psycopg.Error as error:
        sys.exit(f"The database cannot be asked: {str(error).strip()}")
    except KeyboardInterrupt:
        sys.exit(130)


def status(asked: Options, database: Database, _chosen: argparse.Namespace) -> None:
    """Every key, what it does, and how many rows need it."""
    known = message_keys.ring(load_keys(asked.home))
    seals, rows = message_keys.sealing(database, known), message_keys.in_use(database)
    print("Messages")
    for key_id in sorted({*known, *rows}, key=list({**known, **rows}).index):
        does = "seals" if key_id == seals else "opens" if key_id in known else "MISSING from the ring"
        needed = ", ".join(f"{count:,} rows of {table}" for table, count in rows.get(key_id, {}).items())
        print(f"  {key_id}  {does}; {needed or 'nothing needs it'}")
    print("Tokens")
    for line in token_keys.describe(asked):
        print(f"  {line}")


def messages(asked: Options, database: Database, chosen: argparse.Namespace) -> None:
    """A new key, or the end of an old one."""
    if chosen.retire:
        message_keys.retire(asked, database, chosen.retire)
        print(f"{chosen.retire} is out of the ring.")
        return
    fresh = message_keys.rotate(asked, database)
    print(f"{fresh} seals messages from now on; every older key still opens its own.")


def tokens(asked: Options, database: Database, chosen: argparse.Namespace) -> None:
    """The next key, or the end of an old one."""
    if chosen.revoke:
        token_keys.revoke(asked, database, chosen.revoke)
        print(
            f"{chosen.revoke} is no longer accepted. Who has verified one of its tokens may remember"
            " that: the data API for 5 minutes, the functions for 10."
        )
        return
    kid = token_keys.rotate(asked, database)
    print(f"{kid} signs tokens from now on (scripts/token, CONNECT_ADMIN_TOKEN); older tokens stay good.")


if __name__ == "__main__":
    main(sys.argv[1:])
