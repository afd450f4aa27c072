"""The one front door: what goes where, what is passed on, what happens when nobody is behind it."""

import http.client

import httpx

from scripts.stack.throwaway import Running
from tests.stack.stacks import SmallStack, family, until


def test_only_the_data_api_is_served_at_its_port(platform: SmallStack) -> None:
    told = platform.told
    headers = {"apikey": told["SUPABASE_SERVICE_ROLE_KEY"]}
    assert httpx.get(told["SUPABASE_URL"] + "/rest/v1/", headers=headers).json()["swagger"] == "2.0"
    assert httpx.get(told["SUPABASE_URL"] + "/rest/v1", headers=headers).status_code == 200
    for path in ("/", "/rest/v10/", "/auth/v1/user", "/health"):
        refused = httpx.get(told["SUPABASE_URL"] + path)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found"), path


def test_a_new_function_can_be_called_at_once(platform: SmallStack) -> None:
    told = platform.told
    platform.ask("create or replace function public.echo(word text) returns text language sql return word")
    platform.ask("grant execute on function public.echo to anon")

    def answer() -> httpx.Response:
        headers = {"apikey": told["SUPABASE_ANON_KEY"]}
        return httpx.post(told["SUPABASE_URL"] + "/rest/v1/rpc/echo", json={"word": "ü"}, headers=headers)

    assert until(lambda: answer().status_code == 200)
    assert answer().json() == "ü"
    platform.ask("drop function public.echo")


def test_nobody_behind_it_is_a_problem_that_says_when_to_return(platform: SmallStack) -> None:
    away = httpx.post(platform.told["FUNCTIONS_URL"] + "/connect/respond", json={"a": 1})
    assert away.status_code == 503
    assert away.headers["content-type"] == "application/problem+json"
    assert away.headers["retry-after"] == "1"
    assert (away.json()["ok"], away.json()["code"]) == (False, "unavailable")


def test_it_listens_on_this_machine_only(small: SmallStack) -> None:
    with small.running() as supervisor:
        listening = {
            c.laddr.ip
            for p in family(supervisor.pid)
            for c in p.net_connections("tcp")
            if c.status == "LISTEN"
        }
    assert listening == {"127.0.0.1"}


def test_a_body_without_length_arrives_whole(platform: SmallStack) -> None:
    told = platform.told
    platform.ask(
        "create or replace function public.size(word text) returns int language sql return length(word)"
    )
    platform.ask("grant execute on function public.size to anon")
    url = told["SUPABASE_URL"] + "/rest/v1/rpc/size"

    def chunks() -> list[bytes]:
        return [b'{"word": "', *([b"x" * 1000] * 50), b'"}']

    def answer() -> httpx.Response:
        headers = {"apikey": told["SUPABASE_ANON_KEY"], "Content-Type": "application/json"}
        return httpx.post(url, content=iter(chunks()), headers=headers)

    assert until(lambda: answer().status_code == 200)
    assert answer().json() == 50_000
    platform.ask("drop function public.size")


def test_both_deployments_answer_at_one_address(stack: Running) -> None:
    services = {
        path: httpx.get(stack.functions_url + path).json().get("service")
        for path in ("/health", "/worker/health")
    }
    assert services == {"/health": "connect", "/worker/health": "worker"}
    unsigned = httpx.post(stack.functions_url + "/matcher", json={"job": "matcher"})
    assert (unsigned.status_code, unsigned.json()["code"]) == (401, "unauthenticated")


def test_a_connection_is_kept_for_the_next_request(stack: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stack.options.functions_port)
    ports = set()
    for _ in range(3):
        connection.request("GET", "/health")
        assert connection.getresponse().read()
        ports.add(connection.sock.getsockname()[1])
    connection.close()
    assert len(ports) == 1
