"""The gateway asks for a project key, knows both kinds of them, and cuts what takes too long.

Sources: Supabase's guides on API keys (keys go into `apikey`; no sb_ key as a bearer token) and on timeouts
(API calls end after 60 seconds); supabase/supabase, docker/volumes/api, kong-entrypoint.sh and Envoy's
listener template (a key becomes a token where there is none); erfianugrah/supabase-lab,
data-api-defaults/RUNLOG.md (statuses and words as measured on hosted projects). There an sb_ key that is also
the bearer token was let through where it equals `apikey`, against the guide: here it is refused.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.stack.keys import sign_token
from tests.stack.conftest import reachable
from tests.stack.stacks import SmallStack, until

MEMBER = "00000000-0000-4000-8000-00000000000a"
SEEN = """
create function public.seen() returns jsonb language sql stable as $$ select jsonb_build_object(
    'role', current_user, 'sub', current_setting('request.jwt.claims')::jsonb ->> 'sub',
    'apikey', current_setting('request.headers')::jsonb ? 'apikey') $$
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallStack]:
    """A gateway that cuts after a second; a function that tells how a call arrives, and one that is late."""
    home = reachable(tmp_path_factory.mktemp("gateway")) / "home"
    stack = SmallStack(home, {"CONNECT_API_SECONDS": "1"})
    with stack.running():
        stack.ask(SEEN)
        stack.ask("create table public.marks (at timestamptz)")
        stack.ask(
            "create function public.late() returns void language plpgsql as"
            " $$ begin perform pg_sleep(1.6); insert into public.marks values (now()); end $$"
        )
        stack.ask("grant execute on all functions in schema public to anon, authenticated, service_role")
        stack.ask("grant all on public.marks to service_role")
        assert until(lambda: ask(stack, apikey=stack.told["SUPABASE_ANON_KEY"]).status_code == 200)
        yield stack


def ask(stack: SmallStack, function: str = "seen", /, **headers: str) -> httpx.Response:
    """One call of a function with exactly these headers about who calls."""
    return httpx.post(f"{stack.told['SUPABASE_URL']}/rest/v1/rpc/{function}", json={}, headers=headers)


def seen(stack: SmallStack, **headers: str) -> tuple[Any, Any]:
    """Role and member that a call arrives as."""
    answer = ask(stack, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["apikey"] is False, "the key goes no further than the gateway"
    return answer.json()["role"], answer.json()["sub"]


def token(stack: SmallStack) -> str:
    """A member's own."""
    return sign_token(stack.told["SUPABASE_JWT_SECRET"], stack.told["SUPABASE_URL"], MEMBER)


@pytest.mark.parametrize(
    ("key", "role"),
    [
        ("SUPABASE_ANON_KEY", "anon"),
        ("SUPABASE_PUBLISHABLE_KEY", "anon"),
        ("SUPABASE_SERVICE_ROLE_KEY", "service_role"),
        ("SUPABASE_SECRET_KEY", "service_role"),
    ],
)
def test_a_key_alone_is_a_role(guarded: SmallStack, key: str, role: str) -> None:
    assert seen(guarded, apikey=guarded.told[key]) == (role, None)


@pytest.mark.parametrize("key", ["SUPABASE_ANON_KEY", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY"])
def test_beside_any_key_a_token_says_who_asks(guarded: SmallStack, key: str) -> None:
    bearer = f"Bearer {token(guarded)}"
    assert seen(guarded, apikey=guarded.told[key], Authorization=bearer) == ("authenticated", MEMBER)


def test_without_a_key_nothing_is_asked(guarded: SmallStack) -> None:
    for headers in ({}, {"Authorization": f"Bearer {token(guarded)}"}):
        refused = ask(guarded, **headers)
        assert (refused.status_code, refused.json()["message"]) == (401, "No API key found in request")


def test_what_is_no_key_of_the_project_is_refused(guarded: SmallStack) -> None:
    for wrong in ("sb_secret_guessed", "x", token(guarded)):
        refused = ask(guarded, apikey=wrong)
        assert (refused.status_code, refused.json()["message"]) == (401, "Invalid API key")


@pytest.mark.parametrize("key", ["SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY"])
def test_a_key_that_is_no_token_is_refused_as_one(guarded: SmallStack, key: str) -> None:
    value = guarded.told[key]
    for apikey in (value, guarded.told["SUPABASE_ANON_KEY"]):
        assert ask(guarded, apikey=apikey, Authorization=f"Bearer {value}").status_code == 401


def test_only_a_secret_key_is_shown_what_there_is(guarded: SmallStack) -> None:
    address = guarded.told["SUPABASE_URL"] + "/rest/v1/"
    for key, status in (
        ("SUPABASE_ANON_KEY", 401),
        ("SUPABASE_PUBLISHABLE_KEY", 401),
        ("SUPABASE_SERVICE_ROLE_KEY", 200),
        ("SUPABASE_SECRET_KEY", 200),
    ):
        assert httpx.get(address, headers={"apikey": guarded.told[key]}).status_code == status, key


def test_a_browser_may_ask_without_a_key_what_it_may_ask(guarded: SmallStack) -> None:
    address = f"{guarded.told['SUPABASE_URL']}/rest/v1/rpc/seen"
    preflight = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    assert httpx.options(address, headers=preflight).status_code == 200
    assert httpx.options(address).status_code == 401


def test_a_call_is_cut_and_what_it_asked_for_is_done_all_the_same(guarded: SmallStack) -> None:
    secret = guarded.told["SUPABASE_SECRET_KEY"]
    cut = ask(guarded, "late", apikey=secret)
    assert (cut.status_code, cut.json()["message"]) == (504, "The upstream server is timing out")
    assert guarded.ask("select count(*) from public.marks") == 0
    assert until(lambda: guarded.ask("select count(*) from public.marks") == 1)
    assert seen(guarded, apikey=secret) == ("service_role", None)


def test_the_keys_stand_in_no_command_line(guarded: SmallStack) -> None:
    keys = json.loads(Path(guarded.path, "keys.json").read_text())
    lines = b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())
    assert keys["secret_key"].encode() not in lines
    assert Path(guarded.path, "gateway.json").stat().st_mode & 0o077 == 0
