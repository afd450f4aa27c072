"""`scripts/token USER_ID`: a JWT for a member of the running local stack."""

import argparse
import sys
import uuid

from scripts.stack import connect_env
from scripts.stack.home import Trouble, options
from scripts.stack.keys import load_keys, sign_token
from scripts.stack.supervisor import make_administrator


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a uuid") from None


def main(arguments: list[str]) -> None:
    """Print the token and nothing else."""
    parser = argparse.ArgumentParser(
        prog="scripts/token", description="A JWT for a member of the local stack."
    )
    parser.add_argument("user_id", metavar="USER_ID", type=_uuid, help="the member's id (public.users.id)")
    parser.add_argument(
        "--admin", action="store_true", help="make the account an administrator, and say so in the token"
    )
    parser.add_argument("--seconds", type=int, default=86_400, help="how long it is valid (86400)")
    chosen = parser.parse_args(arguments)
    try:
        home = options().home
        told = connect_env.read(home)
    except Trouble as trouble:
        sys.exit(str(trouble))
    claims = {}
    if chosen.admin:
        make_administrator(told["DATABASE_URL"], chosen.user_id)
        claims = {"app_metadata": {"connect_admin": True}}
    print(
        sign_token(
            load_keys(home).signing_key,
            told["SUPABASE_URL"],
            chosen.user_id,
            seconds=chosen.seconds,
            **claims,
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
