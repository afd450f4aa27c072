"""Keys of tokens: one on standby, one that signs, those before it that are still accepted.

A key is known to everybody before it signs anything. As on hosted projects; here the data API reads a file,
and the functions the same address as there.
"""

import json
import time
import uuid
from dataclasses import replace

import httpx
import psycopg

from scripts.stack import connect_env, key_set
from scripts.stack.home import Options, Trouble
from scripts.stack.keys import Keys, keep_keys, load_keys, make_signing_key, sign_token
from scripts.tools.rotate_keys.renewal import renew
from shared.callers.jwks import REFETCH_SECONDS

_PATIENCE = 20.0  # seconds for the data API to read its file again


def rotate(options: Options, database: psycopg.Connection[tuple[object, ...]]) -> str:
    """The standby signs from now on, and a new one stands by. Returns the id of the one that signs."""
    keys = load_keys(options.home)
    signing = json.loads(keys.standby)
    # A function that meets an unknown key looks again, but not so soon after it has looked.
    known_since = time.time() - keys.standby_since
    if 0 <= known_since < REFETCH_SECONDS:
        time.sleep(REFETCH_SECONDS - known_since)
    standby = make_signing_key()
    accepted = key_set.accepted(options.home)
    key_set.keep(options.home, [*accepted, key_set.public(json.loads(standby))])
    since = time.time()
    database.execute("notify pgrst, 'reload config'")
    told = connect_env.read(options.home)
    _wait_until_accepted(told["SUPABASE_URL"], told["SUPABASE_SECRET_KEY"], json.loads(standby))
    keep_keys(options.home, replace(keys, signing=keys.standby, standby=standby, standby_since=since))
    renew(options.home)
    return str(signing["kid"])


def revoke(options: Options, database: psycopg.Connection[tuple[object, ...]], kid: str) -> None:
    """Accept no token of this key any more. Raises Trouble where that would lock everybody out."""
    keys = load_keys(options.home)
    if kid.lower() == "hs256":
        raise Trouble(
            "The HS256 secret also signs the anon and service keys of this stack, which would end with it."
            " On a hosted project replace those by sb_ keys first; here `make reset` makes everything new."
        )
    if kid in (json.loads(keys.standby)["kid"], _kid(keys)):
        raise Trouble(f"{kid} signs tokens now, or is to sign them next: rotate first.")
    accepted = key_set.accepted(options.home)
    left = [key for key in accepted if key.get("kid") != kid]
    if len(left) == len(accepted):
        raise Trouble(f"No key {kid} is accepted: `scripts/rotate-keys status` names those that are.")
    key_set.keep(options.home, left)
    database.execute("notify pgrst, 'reload config'")


def _kid(keys: Keys) -> str | None:
    return str(json.loads(keys.signing)["kid"]) if keys.signing else None


def _wait_until_accepted(supabase_url: str, api_key: str, key: dict[str, str]) -> None:
    """Return when the data API accepts tokens of this key. Each try has a token of its own: it remembers."""
    end = time.monotonic() + _PATIENCE
    with httpx.Client(timeout=5, trust_env=False) as client:
        while True:
            token = sign_token(key, supabase_url, str(uuid.uuid4()), seconds=60)
            headers = {"apikey": api_key, "Authorization": f"Bearer {token}"}
            answer = client.head(f"{supabase_url}/rest/v1/", headers=headers)
            if answer.status_code != 401:
                return
            if time.monotonic() > end:
                raise Trouble("The data API does not read its keys again; its log says why.")
            time.sleep(0.1)


def describe(options: Options) -> list[str]:
    """One line per accepted key."""
    keys = load_keys(options.home)
    standby = json.loads(keys.standby)["kid"]
    lines = []
    for key in key_set.accepted(options.home):
        if key.get("kty") == "oct":
            signs = "signs tokens, and " if not keys.signing else "accepted, and "
            lines.append(f"HS256 secret  {signs}signed the anon and service keys")
            continue
        role = {standby: "on standby", _kid(keys): "signs tokens"}.get(key["kid"], "accepted until revoked")
        lines.append(f"{key['kid']}  {role}")
    return lines
