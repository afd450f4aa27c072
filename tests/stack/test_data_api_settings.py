"""PostgREST reads settings that `postgres` stored with the role it logs in as; one runs before every request.

Source: PostgREST, src/PostgREST/Config/Database.hs (role settings `pgrst.…` win over file and environment);
supabase/postgres, supautils.conf (`pgrst.*` among the settings that its `postgres` may store with the role
`authenticator`, which is reserved otherwise).
"""

from collections.abc import Iterator

import httpx
import pytest

from tests.stack.stacks import SmallStack, until


@pytest.fixture
def asked(platform: SmallStack) -> Iterator[httpx.Client]:
    """The data API as a stranger with the public key calls it, and a function that tells what was set."""
    told = platform.told
    platform.ask("create schema before")
    platform.ask("grant usage on schema before to anon")
    platform.ask(
        "create function before.request() returns void language plpgsql as $$ begin"
        " perform set_config('before.path', current_user || current_setting('request.path'), true);"
        " if current_setting('request.method') = 'GET' then"
        " perform set_config('statement_timeout', '250ms', true); end if; end $$"
    )
    platform.ask(
        "create function public.seen(seconds float default 0) returns text language sql stable as"
        " $$ select current_setting('before.path', true) from pg_sleep(seconds) $$"
    )
    platform.ask("grant execute on function public.seen to anon")
    try:
        with httpx.Client(
            base_url=told["SUPABASE_URL"] + "/rest/v1",
            headers={"apikey": told["SUPABASE_ANON_KEY"]},
        ) as client:
            assert until(lambda: client.post("/rpc/seen").status_code == 200)
            yield client
    finally:
        platform.ask("alter role authenticator reset pgrst.db_pre_request")
        platform.ask("alter role authenticator reset pgrst.openapi_mode")
        platform.ask("notify pgrst, 'reload config'")
        platform.ask("drop function public.seen")
        platform.ask("drop schema before cascade")


def test_postgres_may_have_a_function_run_before_every_request(
    platform: SmallStack, asked: httpx.Client
) -> None:
    assert asked.post("/rpc/seen").json() is None
    platform.ask("alter role authenticator set pgrst.db_pre_request = 'before.request'")
    assert asked.post("/rpc/seen").json() is None, "not before the configuration is read again"
    platform.ask("notify pgrst, 'reload config'")
    assert until(lambda: asked.post("/rpc/seen").json() == "anon/rpc/seen")


def test_what_it_sets_binds_the_main_statement(platform: SmallStack, asked: httpx.Client) -> None:
    platform.ask("alter role authenticator set pgrst.db_pre_request = 'before.request'")
    platform.ask("notify pgrst, 'reload config'")
    assert until(lambda: asked.post("/rpc/seen").json())
    assert asked.post("/rpc/seen", json={"seconds": 0.6}).status_code == 200
    stopped = asked.get("/rpc/seen", params={"seconds": 0.6})
    assert (stopped.status_code, stopped.json()["code"]) == (500, "57014")


def test_without_the_named_function_nothing_is_answered(platform: SmallStack, asked: httpx.Client) -> None:
    platform.ask("alter role authenticator set pgrst.db_pre_request = 'before.request'")
    platform.ask("notify pgrst, 'reload config'")
    assert until(lambda: asked.post("/rpc/seen").json())
    platform.ask("drop function before.request")
    assert asked.post("/rpc/seen").json()["code"] == "42883"


def test_postgres_may_switch_the_description_off(platform: SmallStack, asked: httpx.Client) -> None:
    secret = {"apikey": platform.told["SUPABASE_SECRET_KEY"]}
    assert asked.get("/", headers=secret).status_code == 200
    platform.ask("alter role authenticator set pgrst.openapi_mode = 'disabled'")
    platform.ask("notify pgrst, 'reload config'")
    assert until(lambda: asked.get("/", headers=secret).status_code == 404)
