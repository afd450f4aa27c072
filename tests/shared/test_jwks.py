"""The issuer's keys: kept, rotated, missed, and never taken from a document that is not in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import respx

from shared.callers import jwks
from shared.callers.jwks import WAITING, Jwks, read
from shared.errors import Unavailable
from shared.version import USER_AGENT
from tests.server.served import until
from tests.shared.test_auth import documents

URL = "http://keys.test/.well-known/jwks.json"
EC, RSA = documents()["keys"]


class Clock:
    """Seconds, moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Issuer:
    """The issuer's document, and how often it was read."""

    def __init__(self, router: respx.MockRouter) -> None:
        self.route = router.get(URL)
        self.clock = Clock()
        self.keys = Jwks(URL, self.clock)

    def publishes(self, *entries: Any) -> None:
        """From now on the document holds these keys."""
        self.route.mock(return_value=httpx.Response(200, json={"keys": list(entries)}))

    def is_away(self) -> None:
        """From now on nobody answers."""
        self.route.mock(side_effect=httpx.ConnectError("away"))

    def knows(self, kid: str, alg: str = "ES256") -> bool:
        """Whether a token of this kid could be verified now."""
        return self.keys.find(alg, kid) is not None

    @property
    def reads(self) -> int:
        """How often the document was asked for."""
        return self.route.call_count


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with respx.mock() as router:
        yield Issuer(router)


def named(kid: str, **changes: Any) -> dict[str, Any]:
    """The elliptic key under another name."""
    return {**EC, "kid": kid, **changes}


def test_one_read_serves_ten_minutes(issuer: Issuer) -> None:
    issuer.publishes(EC, RSA)
    for _ in range(50):
        assert issuer.knows("ec-1")
        assert issuer.knows("rsa-1", "RS256")
        issuer.clock.now += 11
    assert issuer.reads == 1
    issuer.clock.now += 100
    assert issuer.knows("ec-1")
    assert issuer.reads == 2


def test_a_new_key_is_seen_at_once_and_guessing_is_cheap(issuer: Issuer) -> None:
    issuer.publishes(named("old"))
    assert issuer.knows("old")
    issuer.clock.now += 60
    issuer.publishes(named("old"), named("new"))
    assert issuer.knows("new")
    assert issuer.reads == 2
    for guess in range(100):
        assert not issuer.knows(f"guess-{guess}")
    assert issuer.reads == 2
    issuer.clock.now += 31
    assert not issuer.knows("guess")
    assert not issuer.knows("another")
    assert issuer.reads == 3


def test_a_withdrawn_key_is_gone_after_ten_minutes(issuer: Issuer) -> None:
    issuer.publishes(named("old"))
    assert issuer.knows("old")
    issuer.publishes(named("new"))
    issuer.clock.now += 599
    assert issuer.knows("old")
    issuer.clock.now += 2
    assert not issuer.knows("old")
    assert issuer.knows("new")


def test_an_outage_is_bridged_for_a_day_and_tried_every_half_minute(issuer: Issuer) -> None:
    issuer.publishes(EC)
    assert issuer.knows("ec-1")
    issuer.is_away()
    issuer.clock.now += 601
    for _ in range(10):
        assert issuer.knows("ec-1")
    assert issuer.reads == 2
    issuer.clock.now += 31
    assert issuer.knows("ec-1")
    assert issuer.reads == 3
    issuer.clock.now += 86_400 - 700
    assert issuer.knows("ec-1")
    issuer.clock.now += 100
    with pytest.raises(Unavailable):
        issuer.knows("ec-1")
    issuer.publishes(EC)
    issuer.clock.now += 6
    assert issuer.knows("ec-1")


def test_without_any_keys_the_answer_is_come_back_later(issuer: Issuer) -> None:
    issuer.is_away()
    for _ in range(10):
        with pytest.raises(Unavailable) as refusal:
            issuer.knows("ec-1")
        assert refusal.value.retry_after == 5
    assert issuer.reads == 1
    issuer.publishes(EC)
    issuer.clock.now += 5
    assert issuer.knows("ec-1")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, json={"keys": [EC]}),
        httpx.Response(404, text="not here"),
        httpx.Response(302, headers={"Location": "http://evil.test/keys"}),
        httpx.Response(200, text="<h1>hello</h1>"),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(200, content=b"[" * 50_000),
        httpx.Response(200, json=[EC]),
        httpx.Response(200, json={"keys": {"ec-1": EC}}),
        httpx.Response(200, json={"keys": []}),
        httpx.Response(200, json={"keys": [None, 7, "x", [], {}]}),
        httpx.Response(200, json={"keys": [EC], "padding": "x" * 70_000}),
    ],
)
def test_a_document_out_of_order_is_no_document(issuer: Issuer, answer: httpx.Response) -> None:
    issuer.route.mock(return_value=answer)
    with pytest.raises(Unavailable):
        issuer.knows("ec-1")


def test_a_document_out_of_order_does_not_take_away_the_last_good_one(issuer: Issuer) -> None:
    issuer.publishes(EC)
    assert issuer.knows("ec-1")
    issuer.route.mock(return_value=httpx.Response(200, json={"keys": []}))
    issuer.clock.now += 3600
    assert issuer.knows("ec-1")


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "oct", "alg": "HS256", "kid": "k", "k": "c2VjcmV0"},
        {"kty": "oct", "alg": "ES256", "kid": "k", "k": "c2VjcmV0"},
        named("k", use="enc"),
        named("k", key_ops=["sign"]),
        named("k", key_ops="verify"),
        named("k", alg="HS256"),
        named("k", alg="ES384"),
        named("k", alg="none"),
        named("k", crv="P-384"),
        named("k", kty="RSA"),
        named("k", kty=["EC"]),
        named("k", x="AAAA"),
        named("k", x=7),
        named("k", y=None),
        named("k", x="!!!"),
        {k: v for k, v in EC.items() if k != "kid"},
        named(""),
        EC | {"kid": 7},
        RSA | {"kid": "k", "n": "AQAB"},
        RSA | {"kid": "k", "e": "AA"},
        RSA | {"kid": "k", "alg": "HS256"},
    ],
)
def test_only_a_sound_public_verification_key_is_taken(entry: dict[str, Any]) -> None:
    assert set(read({"keys": [entry, EC]})) == {("ES256", "ec-1")}


def test_two_keys_under_one_name_are_neither() -> None:
    assert set(read({"keys": [named("k"), named("k"), RSA]})) == {("RS256", "rsa-1")}


def test_the_private_part_of_a_careless_document_is_not_kept() -> None:
    (key,) = read({"keys": [named("k", d="AAAA")]}).values()
    assert key.is_public()


def test_many_threads_make_one_read(issuer: Issuer) -> None:
    inside, release = threading.Event(), threading.Event()

    def slowly(_request: httpx.Request) -> httpx.Response:
        inside.set()
        assert release.wait(60)
        return httpx.Response(200, json={"keys": [EC]})

    issuer.route.mock(side_effect=slowly)
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(issuer.knows("ec-1"))) for _ in "x" * 8]
    for thread in threads:
        thread.start()
    assert inside.wait(60)
    release.set()
    for thread in threads:
        thread.join(60)
    assert (found, issuer.reads) == ([True] * 8, 1)


def test_nobody_with_a_known_key_waits_for_a_slow_issuer(issuer: Issuer) -> None:
    issuer.publishes(EC)
    assert issuer.knows("ec-1")
    issuer.clock.now += 700
    inside, release = threading.Event(), threading.Event()

    def slowly(_request: httpx.Request) -> httpx.Response:
        inside.set()
        assert release.wait(60)
        return httpx.Response(200, json={"keys": [EC]})

    issuer.route.mock(side_effect=slowly)
    reader = threading.Thread(target=lambda: issuer.knows("ec-1"))
    reader.start()
    assert inside.wait(60)
    assert issuer.knows("ec-1")  # while the other thread still reads
    release.set()
    reader.join(60)


def test_who_asks_for_keys_says_who_it_is(issuer: Issuer) -> None:
    issuer.publishes(EC)
    assert issuer.knows("ec-1")
    assert issuer.route.calls.last.request.headers["User-Agent"] == USER_AGENT


def test_only_a_few_wait_for_the_one_that_fetches(issuer: Issuer) -> None:
    """Anybody can name a key that nobody knows; the threads of a process are for others too."""
    issuer.publishes(EC)
    assert issuer.knows("ec-1")
    issuer.clock.now += 60
    fetching, end = threading.Event(), threading.Event()

    def slowly(_request: httpx.Request) -> httpx.Response:
        fetching.set()
        assert end.wait(30)
        return httpx.Response(200, json={"keys": [EC, named("new")]})

    issuer.route.mock(side_effect=slowly)
    with ThreadPoolExecutor(WAITING) as pool:
        waiting = [pool.submit(issuer.knows, "new")]
        assert fetching.wait(30)
        waiting += [pool.submit(issuer.knows, "new") for _ in range(WAITING - 1)]
        until(lambda: issuer.keys._places._value == 0)
        with pytest.raises(Unavailable) as refused:
            issuer.knows("another")
        assert issuer.knows("ec-1")  # whose key is known waits for nobody
        end.set()
        assert all(each.result() for each in waiting)
    assert refused.value.reason == "token keys are being fetched"
    assert not issuer.knows("another")


def test_a_document_that_comes_in_drops_is_not_waited_for(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each piece comes in time, the whole of it never."""
    given = 0

    class Drops(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            nonlocal given
            for _ in range(10_000):
                given += 1
                seconds.now += 1.0
                yield b" "

    seconds = Clock()
    monkeypatch.setattr(jwks, "time", SimpleNamespace(monotonic=seconds))
    issuer.route.mock(return_value=httpx.Response(200, stream=Drops()))
    with pytest.raises(Unavailable):
        issuer.knows("ec-1")
    assert given <= jwks.FETCH_TIMEOUT_SECONDS + 2
