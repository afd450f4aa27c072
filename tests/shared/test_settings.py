"""A deployment with a wrong environment does not start, and says why without quoting a secret."""

from __future__ import annotations

import subprocess
import sys

import pytest
from jose import jwt

from shared.http.front import Front
from shared.settings.deployments import Limits, Misconfigured, connect_settings, worker_settings
from tests.functions.deployment import ENVIRONMENT, ISSUER, PROJECT, PUBLISHABLE, SECRET

RING_KEY = ENVIRONMENT["CONNECT_MESSAGE_KEYS"].split(",")[0].split(":")[1]

WORKER = {
    "SUPABASE_URL": PROJECT,
    "SUPABASE_SERVICE_ROLE_KEY": "service",
    "CONNECT_BELL_KEY": "b" * 32,
    "SUPABASE_JWT_SECRET": SECRET,
}


def key_of(role: str) -> str:
    """A legacy project key."""
    return str(jwt.encode({"role": role, "iss": "supabase"}, SECRET, "HS256"))


def test_a_good_environment() -> None:
    settings = connect_settings(ENVIRONMENT)
    assert (settings.supabase_url, settings.issuer) == (PROJECT, ISSUER)
    assert (settings.publishable_key, settings.jwt_secret) == (PUBLISHABLE, SECRET)
    assert settings.jwks_url is None
    assert settings.message_keys.first == "k2"


def test_keys_instead_of_a_secret_an_anon_key_and_a_slash() -> None:
    environment = {
        "SUPABASE_URL": f"{PROJECT}/",
        "SUPABASE_ANON_KEY": key_of("anon"),
        "SUPABASE_JWKS_URL": f"{ISSUER}/.well-known/jwks.json",
        "CONNECT_MESSAGE_KEYS": ENVIRONMENT["CONNECT_MESSAGE_KEYS"],
    }
    settings = connect_settings(environment)
    assert (settings.issuer, settings.jwt_secret) == (ISSUER, None)
    assert settings.publishable_key == environment["SUPABASE_ANON_KEY"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"SUPABASE_SERVICE_ROLE_KEY": "x"}, "SUPABASE_SERVICE_ROLE_KEY must not be set here"),
        ({"SUPABASE_SECRET_KEY": "x"}, "SUPABASE_SECRET_KEY must not be set here"),
        ({"DATABASE_URL": "x"}, "DATABASE_URL must not be set here"),
        ({"OTHER": "sb_secret_abc"}, "OTHER holds a secret key"),
        ({"SUPABASE_PUBLISHABLE_KEY": "sb_secret_a"}, "SUPABASE_PUBLISHABLE_KEY holds a secret"),
        ({"OTHER": "postgresql://u:p@h/d"}, "OTHER holds a database address"),
        ({"OTHER": "postgres://u:p@h/d"}, "OTHER holds a database address"),
        ({"SUPABASE_ANON_KEY": key_of("service_role")}, "SUPABASE_ANON_KEY holds a service role"),
        ({"SUPABASE_URL": None}, "SUPABASE_URL is missing"),
        ({"SUPABASE_URL": "project.test"}, "SUPABASE_URL is not an http(s) address"),
        ({"SUPABASE_URL": "file:///etc"}, "SUPABASE_URL is not an http(s) address"),
        ({"SUPABASE_PUBLISHABLE_KEY": None}, "SUPABASE_PUBLISHABLE_KEY or SUPABASE_ANON_KEY"),
        ({"SUPABASE_PUBLISHABLE_KEY": " "}, "SUPABASE_PUBLISHABLE_KEY or SUPABASE_ANON_KEY"),
        ({"SUPABASE_JWT_SECRET": None}, "SUPABASE_JWT_SECRET or SUPABASE_JWKS_URL is missing"),
        ({"SUPABASE_JWT_SECRET": ""}, "SUPABASE_JWT_SECRET is empty or shorter than 32 bytes"),
        ({"SUPABASE_JWT_SECRET": "x" * 31}, "SUPABASE_JWT_SECRET is empty or shorter"),
        (
            {"SUPABASE_JWT_SECRET": "", "SUPABASE_JWKS_URL": "http://keys.test"},
            "SUPABASE_JWT_SECRET is empty or shorter",
        ),
        ({"SUPABASE_JWT_SECRET": "-----BEGIN PUBLIC KEY-----" + "x" * 30}, "is a key file"),
        ({"SUPABASE_JWKS_URL": "ftp://keys.test"}, "SUPABASE_JWKS_URL is not an http(s) address"),
        ({"CONNECT_MESSAGE_KEYS": None}, "CONNECT_MESSAGE_KEYS is missing or empty"),
        ({"CONNECT_MESSAGE_KEYS": "k1:AAAA"}, "CONNECT_MESSAGE_KEYS has a key that is not 32"),
        ({"SUPABASE_URL": "http://ref.supabase.co"}, "SUPABASE_URL is http to another machine"),
        ({"SUPABASE_URL": "https://ref.supabase.co/rest/v1/"}, "leave out its path"),
        ({"SUPABASE_JWKS_URL": "http://ref.supabase.co/keys"}, "SUPABASE_JWKS_URL is http to another"),
        ({"SUPABASE_JWT_SECRET": key_of("anon")}, "SUPABASE_JWT_SECRET holds a project key"),
        ({"SUPABASE_ANON_KEY": key_of("authenticated")}, "SUPABASE_ANON_KEY holds somebody's token"),
        ({"CONNECT_BELL_KEY": "b" * 32}, "CONNECT_BELL_KEY must not be set here: only the worker"),
        ({"CONNECT_ERASURE_KEY": "b" * 32}, "CONNECT_ERASURE_KEY must not be set here: remove it"),
        (
            {"CONNECT_MESAGE_KEYS": "x"},
            "CONNECT_MESAGE_KEYS is no setting: did you mean CONNECT_MESSAGE_KEYS?",
        ),
        ({"SUPABASE_JWKS": "x"}, "SUPABASE_JWKS is no setting: did you mean SUPABASE_JWKS_URL?"),
        ({"CONNECT_TELEPORT": "x"}, "CONNECT_TELEPORT is no setting: remove it"),
        ({"SUPABASE_JWT_SECRET": RING_KEY}, "CONNECT_MESSAGE_KEYS and SUPABASE_JWT_SECRET hold the same"),
        ({"CONNECT_REQUESTS_AT_ONCE": "17"}, "CONNECT_REQUESTS_AT_ONCE is not a whole number from 1 to 16"),
        ({"CONNECT_CORS_ORIGINS": "*"}, "CONNECT_CORS_ORIGINS says *, which lets any web page"),
        ({"CONNECT_CORS_ORIGINS": "https://a.example,null"}, "CONNECT_CORS_ORIGINS names null"),
        ({"CONNECT_CORS_ORIGINS": "https://a.example/"}, "without path or trailing slash"),
        ({"CONNECT_CORS_ORIGINS": "https://a.example/app"}, "without path or trailing slash"),
        ({"CONNECT_CORS_ORIGINS": "https://A.example"}, "in lower case"),
        ({"CONNECT_CORS_ORIGINS": "https://*.example"}, "is not an origin"),
        ({"CONNECT_CORS_ORIGINS": "a.example"}, "is not an origin"),
        ({"CONNECT_CORS_ORIGINS": "https://a.example,,"}, "is not an origin"),
        ({"CONNECT_CORS_ORIGINS": "http://a.example"}, "is not this machine"),
        ({"CONNECT_CORS_ORIGINS": "https://a.example:443"}, "names a default port"),
    ],
)
def test_connect_refuses_to_start(changes: dict[str, str | None], fault: str) -> None:
    merged = {**ENVIRONMENT, **changes}
    environment = {name: value for name, value in merged.items() if value is not None}
    with pytest.raises(Misconfigured) as refusal:
        connect_settings(environment)
    assert str(refusal.value).startswith("connect refuses to start: ")
    assert fault in str(refusal.value)
    assert len(refusal.value.faults) == 1
    assert not [
        value for value in changes.values() if value and len(value) > 5 and value in str(refusal.value)
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:54321",
        "http://localhost:1",
        "http://[::1]:1",
        "http://kong:8000",
        "https://a.supabase.co",
    ],
)
def test_near_addresses_may_be_http(url: str) -> None:
    assert connect_settings({**ENVIRONMENT, "SUPABASE_URL": url}).supabase_url == url


def test_origins_of_web_pages() -> None:
    named = " https://app.example , http://localhost:3000,https://app.example:8443,http://127.0.0.1:5173"
    front = connect_settings({**ENVIRONMENT, "CONNECT_CORS_ORIGINS": named}).front
    assert front.cors.origins == {part.strip() for part in named.split(",")}
    assert connect_settings({**ENVIRONMENT, "CONNECT_CORS_ORIGINS": " "}).front == Front()


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(Misconfigured) as refusal:
        connect_settings({"DATABASE_URL": "x"})
    assert len(refusal.value.faults) == 5


@pytest.mark.parametrize("name", ["SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_SECRET_KEY"])
def test_the_worker_takes_either_service_key(name: str) -> None:
    environment = {n: v for n, v in WORKER.items() if n != "SUPABASE_SERVICE_ROLE_KEY"}
    settings = worker_settings({**environment, name: "service"})
    assert (settings.service_key, settings.bell_key) == ("service", b"b" * 32)


def test_the_worker_takes_public_keys_instead_of_a_secret() -> None:
    environment = {n: v for n, v in WORKER.items() if n != "SUPABASE_JWT_SECRET"}
    settings = worker_settings({**environment, "SUPABASE_JWKS_URL": "https://keys.test"})
    assert (settings.issuer, settings.jwt_secret, settings.jwks_url) == (ISSUER, None, "https://keys.test")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"SUPABASE_URL": ""}, "SUPABASE_URL is missing"),
        ({"SUPABASE_SERVICE_ROLE_KEY": ""}, "SUPABASE_SERVICE_ROLE_KEY or SUPABASE_SECRET_KEY"),
        ({"CONNECT_BELL_KEY": ""}, "CONNECT_BELL_KEY is missing or shorter than 32 bytes"),
        ({"CONNECT_BELL_KEY": "short"}, "CONNECT_BELL_KEY is missing or shorter than 32 bytes"),
        ({"SUPABASE_JWT_SECRET": None}, "SUPABASE_JWT_SECRET or SUPABASE_JWKS_URL is missing"),
        ({"SUPABASE_JWT_SECRET": ""}, "SUPABASE_JWT_SECRET is empty or shorter than 32 bytes"),
        ({"SUPABASE_JWKS_URL": "ftp://keys.test"}, "SUPABASE_JWKS_URL is not an http(s) address"),
        ({"SUPABASE_URL": "http://ref.supabase.co"}, "SUPABASE_URL is http to another machine"),
        ({"SUPABASE_SERVICE_ROLE_KEY": "sb_publishable_x"}, "holds a key without the service's power"),
        ({"SUPABASE_SERVICE_ROLE_KEY": key_of("anon")}, "holds a key without the service's power"),
        ({"CONNECT_MESSAGE_KEYS": "k1:x"}, "every chat could be read, so remove it"),
        ({"CONNECT_ERASURE_KEY": "x"}, "CONNECT_ERASURE_KEY must not be set here: remove it"),
        ({"CONNECT_BELL_KEYS": "x"}, "CONNECT_BELL_KEYS is no setting: did you mean CONNECT_BELL_KEY?"),
        ({"CONNECT_BELL_KEY": SECRET}, "CONNECT_BELL_KEY and SUPABASE_JWT_SECRET hold the same secret"),
        ({"CONNECT_CORS_ORIGINS": "*"}, "CONNECT_CORS_ORIGINS says *"),
        ({"BATCH_SIZE": "0"}, "BATCH_SIZE is not a whole number from 1 to 1,000"),
        ({"BATCH_SIZE": "10000"}, "BATCH_SIZE is not a whole number from 1 to 1,000"),
        ({"BATCH_SIZE": "1001"}, "BATCH_SIZE is not a whole number"),
        ({"BATCH_SIZE": "-1"}, "BATCH_SIZE is not a whole number"),
        ({"BATCH_SIZE": "abc"}, "BATCH_SIZE is not a whole number"),
        ({"BATCH_SIZE": "2.5"}, "BATCH_SIZE is not a whole number"),
        ({"BATCH_SIZE": "٢"}, "BATCH_SIZE is not a whole number"),
        ({"BATCH_SIZE": "9" * 5000}, "BATCH_SIZE is not a whole number"),
        ({"MAX_RUNTIME_MS": "0"}, "MAX_RUNTIME_MS is not a whole number from 100 to 3,600,000"),
        ({"MAX_RUNTIME_MS": "99"}, "MAX_RUNTIME_MS is not a whole number"),
        ({"MAX_RUNTIME_MS": "3600001"}, "MAX_RUNTIME_MS is not a whole number"),
        ({"MAX_RUNTIME_MS": "45s"}, "MAX_RUNTIME_MS is not a whole number"),
    ],
)
def test_the_worker_refuses_to_start(changes: dict[str, str | None], fault: str) -> None:
    merged = {**WORKER, **changes}
    with pytest.raises(Misconfigured) as refusal:
        worker_settings({name: value for name, value in merged.items() if value is not None})
    assert fault in str(refusal.value)
    assert len(refusal.value.faults) == 1
    assert not [
        value for value in changes.values() if value and len(value) > 5 and value in str(refusal.value)
    ]


@pytest.mark.parametrize(
    ("told", "limits"),
    [
        ({}, Limits(20, 45_000)),
        ({"BATCH_SIZE": "", "MAX_RUNTIME_MS": " "}, Limits(20, 45_000)),
        ({"BATCH_SIZE": "1", "MAX_RUNTIME_MS": "100"}, Limits(1, 100)),
        ({"BATCH_SIZE": " 1000 ", "MAX_RUNTIME_MS": "3600000"}, Limits(1000, 3_600_000)),
    ],
)
def test_how_much_one_call_of_the_matcher_does(told: dict[str, str], limits: Limits) -> None:
    assert worker_settings({**WORKER, **told}).limits == limits


def test_limits_and_keys_that_are_wrong_are_said_at_once() -> None:
    with pytest.raises(Misconfigured) as refusal:
        worker_settings({**WORKER, "BATCH_SIZE": "0", "MAX_RUNTIME_MS": "soon", "CONNECT_BELL_KEY": ""})
    assert len(refusal.value.faults) == 3


def test_no_setting_shows_a_secret() -> None:
    shown = repr(connect_settings(ENVIRONMENT)) + repr(worker_settings(WORKER))
    for secret in (SECRET, PUBLISHABLE, ENVIRONMENT["CONNECT_MESSAGE_KEYS"], "b" * 32):
        assert secret not in shown


def test_a_refusal_quotes_no_value() -> None:
    values = {"SUPABASE_JWT_SECRET": "tooshort", "OTHER": "sb_secret_abc", "SUPABASE_URL": "nope"}
    with pytest.raises(Misconfigured) as refusal:
        connect_settings({**ENVIRONMENT, **values})
    assert not any(value in str(refusal.value) for value in values.values())


def test_loading_the_function_is_what_refuses() -> None:
    """A server that loads before it forks ends with one sentence instead of serving."""
    code = "import functions.connect.main"
    environment = {**ENVIRONMENT, "SUPABASE_SERVICE_ROLE_KEY": "x", "PYTHONPATH": "."}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert "refuses to start: SUPABASE_SERVICE_ROLE_KEY must not be set here: " in last
