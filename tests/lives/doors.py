"""The two doors through which a life is lived: SQL functions in one transaction, and HTTP."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import httpx
import psycopg

from tests.cast import Cast
from tests.database.transcript import Transcript, readable_tables
from tests.lives.acts import Ask
from tests.lives.sight import READS, Read

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: Any


class Door(Protocol):
    """One way in."""

    def ask(self, member: str, ask: Ask) -> Answer:
        """One request of a person."""

    def look(self, member: str, chats: list[str], told: Transcript, *, deep: bool) -> None:
        """All that they can read, written down; not `deep`: what changes at every step."""

    def age(self, seconds: int, *, swept: bool = False, served: bool = False) -> datetime:
        """The clock moves, the schedule may tick, the matcher may take all from its queue. Returns now."""


def _asked_of(chats: list[str], *, deep: bool) -> list[tuple[Read, str | None]]:
    """The questions of a look, with the chat that a question is about."""
    return [
        (read, chat)
        for read in READS
        if deep or read.each_step
        for chat in (chats if read.per_chat else [None])
    ]


def _age(database: psycopg.Connection[Any], name: str, seconds: int, swept: bool, served: bool) -> datetime:
    statement = f"select lives.{name}(make_interval(secs => %s), %s, %s)"
    row = database.execute(statement, [seconds, swept, served]).fetchone()
    assert row is not None
    now: datetime = row[0]
    return now


class Inside:
    """SQL functions as PostgREST would call them, all in the transaction of `database`."""

    def __init__(self, database: psycopg.Connection[Any]) -> None:
        self.database = database

    def ask(self, member: str, ask: Ask) -> Answer:
        """One call."""
        if ask.key is not None:
            ask = ask.once()
        named = ", ".join(
            f"{name} => %({name})s" + ("::uuid[]" if name == "message_ids" else "") for name in ask.args
        )
        args = {
            name: json.dumps(value) if isinstance(value, dict) or name == "keys" else value
            for name, value in ask.args.items()
        }
        row = self.database.execute(
            f"select lives.become(%(lives_member)s), public.{ask.function}({named}), lives.answered()",
            args | {"lives_member": member},
        ).fetchone()
        assert row is not None
        return Answer(row[2]["status"], row[2]["headers"], row[1])

    def look(self, member: str, chats: list[str], told: Transcript, *, deep: bool) -> None:
        """One statement for all of it."""
        asked = _asked_of(chats, deep=deep)
        calls = [
            f"lives.become(%(m)s), public.{read.function}({'%(c' + str(n) + ')s' if chat else ''}),"
            f" lives.answered()"
            for n, (read, chat) in enumerate(asked)
        ]
        rows = ", lives.become(%(m)s), lives.rows()" if deep else ""
        words = {"m": member} | {f"c{n}": chat for n, (_, chat) in enumerate(asked) if chat}
        row = self.database.execute(f"select {', '.join(calls)}{rows}", words).fetchone()
        assert row is not None
        for n, (read, _) in enumerate(asked):
            answered = row[3 * n + 2]
            told.write(read.function, answered["status"], answered["headers"], row[3 * n + 1])
        if deep:
            for table, found in row[-1].items():
                told.write(f"rows of {table}", 200, {}, found)

    def age(self, seconds: int, *, swept: bool = False, served: bool = False) -> datetime:
        """All that has no say in the matter."""
        return _age(self.database, "age", seconds, swept, served)


def prepare(database: psycopg.Connection[Any], tables: dict[str, list[str]]) -> None:
    """Make what Inside calls: to be somebody, what was answered besides the body, all rows that they see."""
    database.execute(
        "create function lives.become(member uuid) returns void language plpgsql as $$ begin"
        " perform set_config('request.jwt.claims',"
        "   jsonb_build_object('sub', member, 'role', 'authenticated', 'aud', 'authenticated')::text, true),"
        "   set_config('response.status', '', true), set_config('response.headers', '', true); end $$;"
        "create function lives.answered() returns jsonb language sql volatile as $$ select"
        " jsonb_build_object("
        " 'status', coalesce(nullif(current_setting('response.status', true), ''), '200')::integer,"
        " 'headers', coalesce((select jsonb_object_agg(h.key, h.value) from jsonb_array_elements("
        "   nullif(current_setting('response.headers', true), '')::jsonb) e, jsonb_each(e) h), '{}')) $$"
    )
    rows = ", ".join(
        f"'{table}', (select coalesce(jsonb_agg(to_jsonb(x)), '[]') from"
        f" (select {', '.join(columns)} from public.{table}) x)"
        for table, columns in tables.items()
    )
    database.execute(
        "create function lives.rows() returns jsonb language plpgsql volatile security definer"
        f" as $$ begin return jsonb_build_object({rows}); end $$;"
        "alter function lives.rows() owner to authenticated;"
        "grant usage on schema lives to authenticated"
    )


class Outside:
    """The functions, and PostgREST for what has no route."""

    def __init__(self, cast: Cast, superuser: psycopg.Connection[Any]) -> None:
        self.cast = cast
        self.superuser = superuser
        self._tables = readable_tables(cast)
        self._tokens = dict[str, str]()

    def _token(self, member: str) -> str:
        if member not in self._tokens:
            self._tokens[member] = self.cast.stack.token(member)
        return self._tokens[member]

    def _answer(self, response: httpx.Response) -> Answer:
        body = response.json() if response.content else None
        return Answer(response.status_code, dict(response.headers), body)

    def ask(self, member: str, ask: Ask) -> Answer:
        """One request: by its route if it has one."""
        token = self._token(member)
        if ask.path is None:
            return self._answer(self.cast.rpc(token, ask.function, **ask.args))
        headers = {} if ask.key is None else {"Idempotency-Key": ask.key}
        return self._answer(self.cast.call(token, ask.method, ask.path, ask.body, headers=headers))

    def look(self, member: str, chats: list[str], told: Transcript, *, deep: bool) -> None:
        """Each question by itself; a deep look asks PostgREST too."""
        token = self._token(member)
        for read, chat in _asked_of(chats, deep=deep):
            if read.path is not None:
                query = f"?blindChatId={chat}" if chat else ""
                told.add(f"GET {read.path}", self.cast.call(token, "GET", read.path + query))
            if deep:
                args = {"blind_chat_id": chat} if chat else {}
                told.add(read.function, self.cast.rpc(token, read.function, **args))
        for table, columns in self._tables.items() if deep else ():
            # By time: ageing rewrites every row, so the order in which they lie is not that of a life.
            order = "&order=created_at" if "created_at" in columns else ""
            path = f"/{table}?select={','.join(columns)}{order}"
            counted = {"Prefer": "count=exact"}
            told.add(f"rows of {table}", self.cast.rest(token, "GET", path, headers=counted))

    def age(self, seconds: int, *, swept: bool = False, served: bool = False) -> datetime:
        """Everything, unnoticed by any trigger."""
        return _age(self.superuser, "age_all", seconds, swept, served)
