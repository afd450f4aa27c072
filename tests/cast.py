"""The people of the whole-stack tests: members, pairs in every state, strangers, and how each of them calls.

Setting up goes straight to the database, because it is fast; what a test is about goes through PostgREST or
the functions, because that is what members can reach.
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from scripts.stack.throwaway import Running

Json = dict[str, Any]

# What send_message is told of a message that was judged harmless.
HARMLESS: Json = {"risk_score": 0, "risk_kinds": []}
STATEMENT = "k1:" + "A" * 43 + "="
"""The form of the edge's word that a message did not open."""

STATES = (
    "proposed",
    "accepted_a",
    "blind_chat_active",
    "reveal_requested",
    "revealed",
    "declined",
    "expired",
    "closed",
)


@dataclass(frozen=True)
class Member:
    """One person of the cast, and the token they call with."""

    id: str
    token: str
    name: str


@dataclass(frozen=True)
class Pair:
    """A match with its two sides and the handles that exist in its state."""

    match_id: str
    a: Member
    b: Member
    chat_id: str | None = None
    reveal_id: str | None = None


@dataclass
class Cast:
    """Makes people and pairs in one stack, and calls as them."""

    stack: Running
    database: psycopg.Connection[Any]
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    def member(
        self, *, active: bool = True, signals: str = "{}", joined: str = "30 days", **columns: Any
    ) -> Member:
        """A member of Connect, opted in unless `active` is false. `columns` override those of public.users.

        `joined` is how long ago (an interval); `signals` a Postgres array of allowed consent signals.
        """
        user_id = str(uuid.uuid4())
        name = str(columns.get("display_name", f"Member {user_id[:8]}"))
        row = {
            "id": user_id,
            "display_name": name,
            "birth_date": "1990-05-17",
            "gender": "female",
            "lang_primary": "en",
            "tz": "Europe/Berlin",
        } | columns
        with self.database.transaction():
            self.database.execute("insert into auth.users (id) values (%s)", [user_id])
            self.database.execute(
                "insert into public.users select * from jsonb_populate_record(null::public.users, %s::jsonb"
                " || jsonb_build_object('created_at', now() - %s::interval))",
                [json.dumps(row), joined],
            )
            if active:
                self.database.execute(
                    "insert into public.connect_profiles (user_id, consent_version, mode, min_age, max_age)"
                    " values (%s, 'v1', 'both', 18, 99)",
                    [user_id],
                )
            self.database.execute(
                "insert into public.consents (user_id, version, kind, signals)"
                " values (%s, 'v1', 'activated', %s::public.consent_signal[])",
                [user_id, signals],
            )
        return Member(user_id, self.stack.token(user_id), name)

    def stranger(self) -> Member:
        """Somebody signed in who has never told Connect anything."""
        user_id = str(uuid.uuid4())
        self.database.execute("insert into auth.users (id) values (%s)", [user_id])
        return Member(user_id, self.stack.token(user_id), "Stranger")

    def administrator(self, member: Member | None = None) -> Member:
        """An account that an operator made an administrator, with a token signed after that."""
        member = member or self.stranger()
        claim = {"connect_admin": True}
        self.database.execute(
            "update auth.users set raw_app_meta_data = %s where id = %s", [json.dumps(claim), member.id]
        )
        return Member(member.id, self.stack.token(member.id, app_metadata=claim), member.name)

    def pair(self, state: str = "proposed", a: Member | None = None, b: Member | None = None) -> Pair:
        """Two members with a match in `state`, one of STATES. Where one side acted first, it was side a."""
        a = a or self.member()
        b = b or self.member(gender="male")
        row = self.database.execute(
            "insert into public.matches (user_a, user_b, mode, expires_at, total_score, explanation,"
            " engine_version) values (%s, %s, 'romantic', now() + interval '3 days', 80, '{shared_values}',"
            " 'test') returning id",
            [a.id, b.id],
        ).fetchone()
        assert row is not None
        pair = Pair(str(row[0]), a, b)
        if state == "proposed":
            return pair
        if state == "expired":
            self.let_end(pair)
            self.database.execute("select private.expire_matches()")
            return pair
        if state == "declined":
            self.sql_call(a, "respond", match_id=pair.match_id, action="decline")
            return pair
        self.sql_call(a, "respond", match_id=pair.match_id, action="accept")
        if state == "accepted_a":
            return pair
        opened = self.sql_call(b, "respond", match_id=pair.match_id, action="accept")
        pair = Pair(pair.match_id, a, b, chat_id=opened["blindChatId"])
        if state == "blind_chat_active":
            return pair
        if state in ("reveal_requested", "revealed"):
            self.sql_call(a, "request_reveal", match_id=pair.match_id)
            asked = self.database.execute(
                "select id from public.reveals where match_id = %s", [pair.match_id]
            ).fetchone()
            assert asked is not None
            pair = Pair(pair.match_id, a, b, chat_id=pair.chat_id, reveal_id=str(asked[0]))
        if state == "revealed":
            self.sql_call(b, "answer_reveal", reveal_id=pair.reveal_id, action="accept")
        if state == "closed":
            self.sql_call(a, "close_match", match_id=pair.match_id)
        return pair

    def let_end(self, pair: Pair, ago: str = "1 second") -> None:
        """Move the clock: the match's proposal (and chat) ended `ago`, an interval."""
        self.database.execute(
            "update public.matches set expires_at = now() - %s::interval,"
            " chat_ends_at = case when chat_ends_at is not null then now() - %s::interval end where id = %s",
            [ago, ago, pair.match_id],
        )

    def sql_call(self, member: Member, function: str, **arguments: Any) -> Json:
        """One call as `member` inside the database, without HTTP: for setting up, where speed counts."""
        claims = {"sub": member.id, "role": "authenticated", "aud": "authenticated"}
        named = ", ".join(f"{name} => %({name})s" for name in arguments)
        with self.database.transaction():
            self.database.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
            self.database.execute("set local role authenticated")
            row = self.database.execute(f"select public.{function}({named})", arguments).fetchone()
        assert row is not None
        answer: Json = row[0]
        return answer

    def rpc(self, caller: Member | str | None, function: str, **arguments: Any) -> httpx.Response:
        """One function through PostgREST, as a member, with a raw token, or (None) as nobody."""
        return self.rest(caller, "POST", f"/rpc/{function}", json=arguments)

    def rest(self, caller: Member | str | None, method: str, path: str, **words: Any) -> httpx.Response:
        """Any PostgREST request below /rest/v1."""
        headers = {"apikey": self.stack.anon_key, **words.pop("headers", {})}
        token = caller.token if isinstance(caller, Member) else caller
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.http.request(method, f"{self.stack.api_url}/rest/v1{path}", headers=headers, **words)

    def call(
        self, caller: Member | str | None, method: str, path: str, body: Any = None, **words: Any
    ) -> httpx.Response:
        """One request to the functions, as a member's app sends it."""
        headers = dict(words.pop("headers", {}))
        token = caller.token if isinstance(caller, Member) else caller
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            words["json"] = body
        return self.http.request(method, f"{self.stack.functions_url}{path}", headers=headers, **words)

    def value(self, query: str, *arguments: Any) -> Any:
        """The first column of the first row of a query, as the operator."""
        row = self.database.execute(query, list(arguments)).fetchone()
        return None if row is None else row[0]

    def free_slots(self, member: Member) -> int:
        """Live matches the member may still take."""
        return int(self.value("select free from private.capacities(array[%s::uuid])", member.id))

    @contextmanager
    def settings(self, **changes: Any) -> Iterator[None]:
        """Other settings for a while."""
        names = list(changes)
        before = self.database.execute(f"select {', '.join(names)} from public.settings").fetchone()
        assert before is not None
        assignments = ", ".join(f"{name} = %s" for name in names)
        self.database.execute(f"update public.settings set {assignments}", list(changes.values()))
        try:
            yield
        finally:
            self.database.execute(f"update public.settings set {assignments}", list(before))
