"""Tries the cells of the matrix that are about tables: rows by verb, columns by name.

Every function returns what went otherwise than written; an empty list means every cell held.
"""

from typing import Any

import httpx

from tests.cast import STATES, Cast, Json, Member, Pair
from tests.database.scene import Scene
from tests.database.truth_table import ROW_ACTORS, columns, key, rows


def refused(answer: httpx.Response) -> bool:
    """Whether PostgREST answered that a permission is missing."""
    return answer.status_code in (401, 403) and answer.json().get("code") == "42501"


def without_rows(answer: httpx.Response) -> bool:
    """Whether the database answered that this view takes no rows, whoever asks."""
    return answer.status_code >= 400 and answer.json().get("code") == "55000"


def is_view(cast: Cast, table: str) -> bool:
    """Whether this name of the page is a view's."""
    return bool(cast.value("select relkind = 'v' from pg_class where oid = %s::regclass", f"public.{table}"))


def digest(cast: Cast, table: str) -> str:
    """A fingerprint of everything a table holds; a view holds nothing, and some tell the time."""
    if is_view(cast, table):
        return ""
    return str(
        cast.value(
            f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from public.{table} t"
        )
    )


def wrong_rows(scene: Scene, table: str, states: tuple[str, ...] = STATES) -> list[str]:
    """One table: every verb for every actor, the two sides in every state."""
    wrong = []
    for state in states:
        pair = scene.pair(state)
        # Made before anything is tried: their arrival changes tables too.
        _ = scene.event
        callers = {actor: scene.caller(actor, pair) for actor in ROW_ACTORS}
        before = digest(scene.cast, table)
        for actor, caller in callers.items():
            if actor == "service" or (not actor.startswith("side") and state != states[0]):
                continue
            for verb, cells in rows()[table].items():
                said = _try(scene, table, verb, caller, pair)
                if said != cells[actor]:
                    wrong.append(
                        f"{table} {verb} by {actor} in {state}: written {cells[actor]!r}, found {said!r}"
                    )
        if digest(scene.cast, table) != before:
            wrong.append(f"{table} changed under the hands of clients in {state}")
    for verb, cells in rows()[table].items():
        said = _serve(scene, table, verb)
        if said != cells["service"]:
            wrong.append(f"{table} {verb} by service: written {cells['service']!r}, found {said!r}")
    return wrong


def _try(scene: Scene, table: str, verb: str, caller: Member | str | None, pair: Pair) -> str:
    """What a client meets: a word of the matrix, or the unexpected answer itself."""
    if verb == "select":
        return read(scene.cast, table, caller)
    method = {"insert": "POST", "update": "PATCH", "delete": "DELETE"}[verb]
    path = f"/{table}" if verb == "insert" else f"/{table}?{_where(table, pair)}"
    words: dict[str, Any] = {} if verb == "delete" else {"json": scene.row(table, pair)}
    answer = scene.cast.rest(caller, method, path, **words)
    return "no" if refused(answer) or without_rows(answer) else f"{answer.status_code} {answer.text[:200]}"


def _where(table: str, pair: Pair) -> str:
    """The rows a client would most like to change."""
    own, ours = f"user_id=eq.{pair.a.id}", f"match_id=eq.{pair.match_id}"
    if key(table) == "user_id":
        return own
    named = {
        "settings": "id=eq.true",
        "users": f"id=eq.{pair.a.id}",
        "connect_profiles": own,
        "consents": own,
        "matches": f"id=eq.{pair.match_id}",
        "blind_chat_messages": f"blind_chat_id=eq.{pair.chat_id or pair.match_id}",
        "job_runs": "name=eq.matcher",
        "matchmaking_queue": own,
    }
    _, open_columns, closed = columns()[table]
    if table in named or "match_id" in (*open_columns, *closed):
        return named.get(table, ours)
    return f"{key(table)}=not.is.null"


def read(cast: Cast, table: str, caller: Member | str | None) -> str:
    owner, open_columns, _ = columns()[table]
    named = ",".join(open_columns or ["*"])
    answer = cast.rest(caller, "GET", f"/{table}?select={named}")
    if refused(answer):
        return "no"
    if answer.status_code != 200:
        return f"{answer.status_code} {answer.text[:200]}"
    if answer.json() == []:
        return "empty"
    if isinstance(caller, Member) and owner:
        theirs = cast.rest(
            cast.stack.service_role_key, "GET", f"/{table}?select={named}&{owner}=eq.{caller.id}"
        )
        if _sorted(answer.json()) == _sorted(theirs.json()):
            return "own"
    return f"200 with {len(answer.json())} rows that are not all the caller's, or not all of them"


def _sorted(found: list[Json]) -> list[str]:
    return sorted(map(str, found))


def _serve(scene: Scene, table: str, verb: str) -> str:
    """What the service meets. What it may do is seen done, on rows nobody else needs."""
    cast, service = scene.cast, scene.cast.stack.service_role_key
    if verb == "select":
        answer = cast.rest(service, "GET", f"/{table}?select=*&limit=1", headers={"Prefer": "count=exact"})
        if refused(answer):
            return "no"
        total = int(answer.headers["Content-Range"].split("/")[1])
        held = cast.value(f"select count(*) from public.{table}")
        return "all" if total == held else f"{total} of {held} rows"
    fresh = cast.pair("blind_chat_active" if table == "blind_chat_messages" else "proposed")
    row = scene.row(table, fresh) | _new_person(cast, table)
    told = {"headers": {"Prefer": "return=representation"}}
    if verb == "insert":
        answer = cast.rest(service, "POST", f"/{table}", json=row, **told)
        if refused(answer) or without_rows(answer):
            return "no"
        return "yes" if answer.status_code == 201 else answer.text[:200]
    name = key(table)
    row_id = _only_one(scene, table) or scene.put(table, row)
    words = {"json": {column: row[column] for column in row if column != name}} if verb == "update" else {}
    method = "PATCH" if verb == "update" else "DELETE"
    which = "is.null" if is_view(cast, table) else f"eq.{row_id}"
    answer = cast.rest(service, method, f"/{table}?{name}={which}", **words, **told)
    if refused(answer) or without_rows(answer):
        return "no"
    left = cast.value(f"select count(*) from public.{table} where {name}::text = %s", row_id)
    done = answer.status_code == 200 and len(answer.json()) == 1 and left == (verb == "update")
    return "yes" if done else f"{answer.status_code} {answer.text[:200]}"


def _only_one(scene: Scene, table: str) -> str | None:
    """The row to change where there can be no new one."""
    if table == "settings":
        return "true"
    if table == "matchmaking_jobs":
        found = scene.cast.value("select id from public.matchmaking_jobs where event_id = %s", scene.event)
        return str(found)
    return "none" if is_view(scene.cast, table) else None


def _new_person(cast: Cast, table: str) -> Json:
    """Whoever the new row is about, where a person can have only one such row; a pair may match only once."""
    if table == "users":
        return {"id": cast.stranger().id}
    if table == "connect_profiles":
        return {"user_id": cast.member(active=False).id}
    if table == "matches":
        return {"user_a": cast.member().id}
    return {}


def wrong_columns(scene: Scene, table: str) -> list[str]:
    """One table: each column by name, as side a of a revealed match, as nobody and as the service."""
    cast, pair = scene.cast, scene.pair("revealed")
    _, open_columns, closed = columns()[table]
    wrong = []

    def expect(who: str, allowed: bool, column: str, query: str) -> None:
        answer = cast.rest(scene.caller(who, pair), "GET", f"/{table}?limit=1&{query}")
        if (answer.status_code != 200) if allowed else (not refused(answer)):
            wrong.append(f"{table}.{column} by {who} ({query}): {answer.status_code} {answer.text[:120]}")

    for column in (*open_columns, *closed):
        readable = column in open_columns
        other = open_columns[0] if open_columns else column
        expect("side a", readable, column, f"select={column}")
        expect("side a", readable, column, f"select={other}&{column}=not.is.null")
        expect("side a", readable, column, f"select={other}&order={column}")
        expect("nobody", False, column, f"select={column}")
        expect("service", True, column, f"select={column}")
    if closed:
        expect("side a", False, "*", "select=*")
    return wrong
