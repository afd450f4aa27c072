"""Keys change while members write and read without pause: no request fails, nothing becomes unreadable."""

import base64
import contextlib
import itertools
import json
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from scripts.stack import connect_env, key_set
from scripts.stack.children import plain_environment
from scripts.stack.home import ROOT
from scripts.stack.keys import load_keys, sign_token
from scripts.stack.throwaway import Running, ThrowawayStack
from tests.cast import Cast, Member, Pair
from tests.often import often
from tests.server.served import until

pytestmark = pytest.mark.one_world

ROTATIONS = often(1, 2)
PAIRS = 4
# A busy machine may refuse like this, and an app asks again. A lacking key is no such reason.
BUSY = {"too many in line", "no turn in time", "too many wait outside", "database unreachable"}


@pytest.fixture(scope="module")
def turning() -> Iterator[Running]:
    """A stack whose keys these tests change."""
    with ThrowawayStack() as running:
        yield running


@pytest.fixture
def people(turning: Running) -> Iterator[Cast]:
    """Members of that stack, who may write as fast as they like."""
    with psycopg.connect(turning.database_url, autocommit=True) as database:
        database.execute(
            "update public.settings set reads_per_minute = 1000000, writes_per_minute = 1000000,"
            " messages_per_minute = 1000000"
        )
        cast = Cast(turning, database)
        yield cast
        cast.http.close()


def rotate(stack: Running, *words: str) -> tuple[int, str]:
    """`scripts/rotate-keys` on that stack: exit code and all it said."""
    names = {"CONNECT_HOME": str(stack.home)}
    done = subprocess.run(
        [str(ROOT / "scripts" / "rotate-keys"), *words],
        env=plain_environment(**names),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


class Talk:
    """One member who writes and reads in one chat, again and again, with the newest token there is."""

    def __init__(self, stack: Running, pair: Pair, member: Member, end: threading.Event) -> None:
        self.stack, self.pair, self.member, self.end = stack, pair, member, end
        self.sent: list[str] = []
        self.seen: Counter[str] = Counter()
        self.kids: set[str] = set()
        self.thread = threading.Thread(target=self._talk)

    def _token(self) -> str:
        key = load_keys(self.stack.options.home).signing_key
        self.kids.add("hs256" if isinstance(key, str) else key["kid"])
        return sign_token(key, self.stack.api_url, self.member.id)

    def _talk(self) -> None:
        old = self._token()
        with httpx.Client(base_url=self.stack.functions_url, timeout=30, trust_env=False) as client:
            for number in itertools.count():
                if self.end.is_set():
                    return
                # Half of the requests come with the token the app has had since the beginning.
                authorized = {"Authorization": f"Bearer {old if number % 2 else self._token()}"}
                text = f"{self.member.id} {number}"
                body = {"blindChatId": self.pair.chat_id, "message": text}
                once = authorized | {"Idempotency-Key": str(uuid.uuid4())}
                self._until_taken(client, "POST", headers=once, json=body)
                self.sent.append(text)
                query = {"blindChatId": str(self.pair.chat_id), "after": cursor(len(self.sent) * 2 - 40)}
                self._until_taken(client, "GET", headers=authorized, params=query)

    def _until_taken(self, client: httpx.Client, method: str, **words: Any) -> None:
        """As an app does: a request that a busy service refuses is sent again, with its key."""
        while True:
            answer = client.request(method, "/connect/chat", **words)
            busy = answer.status_code == 503 and "Retry-After" in answer.headers
            told = "" if answer.status_code == 200 or busy else f" {answer.text[:200]}"
            self.seen[f"{method} {answer.status_code}{told}"] += 1
            if not busy:
                return
            time.sleep(0.2)


def cursor(after: int) -> str:
    """Where the page behind the message of that number begins."""
    return base64.urlsafe_b64encode(f"1:{max(0, after)}".encode()).decode().rstrip("=")


def read_all(stack: Running, pair: Pair, member: Member) -> list[str]:
    """Every message of a chat as a member reads it, page after page."""
    texts: list[str] = []
    key = load_keys(stack.options.home).signing_key
    headers = {"Authorization": f"Bearer {sign_token(key, stack.api_url, member.id)}"}
    query = {"blindChatId": str(pair.chat_id)}
    while True:
        answer = httpx.get(f"{stack.functions_url}/connect/chat", params=query, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        texts += [message["text"] for message in page["messages"]]
        if not page["messages"]:
            return texts
        query["after"] = page["next"]


@contextlib.contextmanager
def load(stack: Running, pairs: list[Pair]) -> Iterator[list[Talk]]:
    """Both members of every pair talk for as long as the block runs."""
    end = threading.Event()
    talks = [Talk(stack, pair, member, end) for pair in pairs for member in (pair.a, pair.b)]
    for talk in talks:
        talk.thread.start()
    try:
        yield talks
    finally:
        end.set()
        for talk in talks:
            talk.thread.join(60)


def each_goes_on(talks: list[Talk], messages: int = 4) -> None:
    """Waits until every member has sent so many more messages."""
    wanted = [len(talk.sent) + messages for talk in talks]
    until(lambda: all(len(talk.sent) >= most for talk, most in zip(talks, wanted, strict=True)))


def refusals(stack: Running) -> set[str]:
    """Why the deployments refused with 503, as their logs tell it; what failed in a call to the database is
    left out of the reason."""
    lines = [line for log in stack.options.home.logs.glob("*.log") for line in log.read_text().splitlines()]
    told = [json.loads(line) for line in lines if line.startswith("{")]
    refused = [line for line in told if (line.get("service"), line.get("status")) == ("connect", 503)]
    return {line.get("reason", "").partition(":")[0] for line in refused}


def test_both_kinds_of_keys_change_under_load(turning: Running, people: Cast) -> None:
    pairs = [people.pair("blind_chat_active") for _ in range(PAIRS)]
    with load(turning, pairs) as talks:
        each_goes_on(talks)
        for _ in range(ROTATIONS):
            for kind in ("messages", "jwt"):
                code, said = rotate(turning, kind)
                assert code == 0, said
                each_goes_on(talks)
    seen: Counter[str] = sum((talk.seen for talk in talks), Counter())
    print(f"{seen.total()} requests during {ROTATIONS} rotations of each kind: {dict(seen)}")
    assert set(seen) - {"POST 503", "GET 503"} == {"POST 200", "GET 200"}, seen
    assert refusals(turning) <= BUSY
    assert all(len(talk.kids) == ROTATIONS + 1 for talk in talks), [talk.kids for talk in talks]
    for pair in pairs:
        texts = {text for talk in talks if talk.pair is pair for text in talk.sent}
        assert len(texts) > 20
        for member in (pair.a, pair.b):
            read = read_all(turning, pair, member)
            assert len(read) == len(set(read))
            assert set(read) == texts
    used = people.database.execute("select distinct key_id from public.blind_chat_messages").fetchall()
    assert len(used) == ROTATIONS + 1


def test_status_names_every_key_and_what_needs_it(turning: Running, people: Cast) -> None:
    code, said = rotate(turning, "status")
    assert code == 0
    assert "rows of blind_chat_messages" in said
    assert "seals" in said
    for line in key_set.accepted(turning.options.home):
        assert line.get("kid", "HS256") in said
    secrets = [*load_keys(turning.options.home).message_keys.split(","), turning.keys.jwt_secret]
    assert not [secret for secret in secrets if secret.split(":")[-1] in said]


def test_a_key_in_use_is_not_retired_and_an_unused_one_is(turning: Running, people: Cast) -> None:
    code, said = rotate(turning, "messages", "--retire", "k1")
    assert code == 1
    assert "k1 is still needed by" in said
    seals = people.value("select message_key_id from public.settings")
    code, said = rotate(turning, "messages", "--retire", seals)
    assert (code, "seals new messages" in said) == (1, True)
    people.database.execute("delete from public.blind_chat_messages where key_id = 'k1'")
    code, said = rotate(turning, "messages", "--retire", "k1")
    assert (code, said) == (0, "k1 is out of the ring.\n")
    assert "k1:" not in load_keys(turning.options.home).message_keys
    pair = people.pair("blind_chat_active")
    body = {"blindChatId": pair.chat_id, "message": "still here"}
    assert people.call(pair.a, "POST", "/connect/chat", body).status_code == 200
    assert read_all(turning, pair, pair.b) == ["still here"]


def test_a_revoked_key_opens_nothing_and_the_secret_stays(turning: Running, people: Cast) -> None:
    assert rotate(turning, "jwt")[0] == 0
    member = people.member()
    keys = load_keys(turning.options.home)
    current = json.loads(keys.signing)
    assert rotate(turning, "jwt", "--revoke", current["kid"])[0] == 1
    assert rotate(turning, "jwt", "--revoke", "nobody")[0] == 1
    assert rotate(turning, "jwt")[0] == 0
    unused = sign_token(current, turning.api_url, member.id)
    assert people.call(unused, "GET", "/connect/status").status_code == 200
    code, said = rotate(turning, "jwt", "--revoke", current["kid"])
    assert (code, "no longer accepted" in said) == (0, True)
    fresh = sign_token(current, turning.api_url, member.id, seconds=77)
    until(lambda: people.rpc(fresh, "get_status").status_code == 401)
    code, said = rotate(turning, "jwt", "--revoke", "hs256")
    assert (code, "anon and service keys" in said) == (1, True)
    assert people.call(member, "GET", "/connect/status").status_code == 200


def test_everybody_is_told_public_keys_and_nothing_else(turning: Running) -> None:
    address = turning.api_url + key_set.ADDRESS
    told = httpx.get(address).json()["keys"]
    assert {key["kty"] for key in told} == {"EC"}
    assert not [key for key in told if {"d", "k"} & set(key)]
    assert json.loads(load_keys(turning.options.home).standby)["kid"] in {key["kid"] for key in told}
    assert httpx.post(address).status_code == 405


def test_the_admin_token_is_of_the_newest_key(turning: Running) -> None:
    told = connect_env.read(turning.options.home)
    keys = load_keys(turning.options.home)
    header = json.loads(base64.urlsafe_b64decode(told["CONNECT_ADMIN_TOKEN"].split(".")[0] + "=="))
    assert header["kid"] == json.loads(keys.signing)["kid"]
    answer = httpx.get(
        f"{turning.functions_url}/admin/matching",
        headers={"Authorization": f"Bearer {told['CONNECT_ADMIN_TOKEN']}"},
    )
    assert answer.status_code == 200


def test_the_steps_elsewhere_are_told_without_a_stack() -> None:
    for words in (["status"], ["messages"], ["jwt"]):
        done = subprocess.run(
            [str(ROOT / "scripts" / "rotate-keys"), *words, "--hosted"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, "Hosted" in done.stdout) == (0, True)
