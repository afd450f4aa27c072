"""`scripts/ring JOB`: one signed bell, as pg_cron sends it; waits and prints the answer."""

import argparse
import json
import sys
import uuid
from datetime import UTC, datetime
from typing import get_args

import httpx

from functions.worker.ring import Job, Only
from scripts.stack import connect_env
from scripts.stack.home import Trouble, options
from scripts.stack.keys import load_keys
from shared.callers.bell import signed_headers

_PATIENCE = 600.0  # seconds; a bell answers when its work is done


def ring(
    functions_url: str, key: str, job: str, trigger: str = "hand", only: str | None = None
) -> httpx.Response:
    """Ring one job by hand; of a night, all or one part. Raises httpx.HTTPError when nobody answers."""
    path = "/matcher" if job == "matcher" else f"/jobs/{job}"
    body = json.dumps({"job": job, "trigger": trigger} | ({"only": only} if only else {})).encode()
    headers = signed_headers(key.encode(), path, body, datetime.now(UTC), str(uuid.uuid4()))
    return httpx.post(
        functions_url + path,
        content=body,
        headers={"Content-Type": "application/json", **headers},
        timeout=_PATIENCE,
        trust_env=False,
    )


def main(arguments: list[str]) -> None:
    """Ring, print the answer, exit 1 when it is a refusal."""
    parser = argparse.ArgumentParser(
        prog="scripts/ring",
        description="One signed bell to the worker of the running stack, as the schedule sends it.",
    )
    parser.add_argument("job", metavar="JOB", choices=get_args(Job), help=", ".join(get_args(Job)))
    parser.add_argument("--only", choices=get_args(Only), help="of nightly, this part alone")
    chosen = parser.parse_args(arguments)
    if chosen.only and chosen.job != "nightly":
        parser.error("--only goes with nightly")
    try:
        asked = options()
        told = connect_env.read(asked.home)
        answer = ring(told["FUNCTIONS_URL"], load_keys(asked.home).bell_key, chosen.job, only=chosen.only)
    except Trouble as trouble:
        sys.exit(str(trouble))
    except httpx.HTTPError as error:
        sys.exit(f"The worker does not answer ({error}): is the stack running? `make up` starts it.")
    try:
        print(json.dumps(answer.json(), indent=2, ensure_ascii=False))
    except ValueError:
        print(answer.text)
    sys.exit(0 if answer.is_success else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
