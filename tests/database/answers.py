"""What PostgREST answers, taken apart for assertions."""

from typing import Any

import httpx

from tests.cast import Cast, Json, Member, Pair

# What every absent, foreign and over id is told.
NOT_FOUND = {"ok": False, "code": "not_found", "detail": "There is nothing here for you under this id."}


def ok(response: httpx.Response) -> Json:
    """The body of a success."""
    assert response.status_code == 200, response.text
    body: Json = response.json()
    assert "ok" not in body, body
    return body


def refused(response: httpx.Response, status: int, code: str) -> str:
    """The detail of a refusal with exactly this status and code."""
    body = response.json()
    assert (response.status_code, body.get("ok"), body.get("code")) == (status, False, code), response.text
    detail: str = body["detail"]
    return detail


def not_found(response: httpx.Response) -> None:
    """The one refusal that tells nothing."""
    assert (response.status_code, response.json()) == (404, NOT_FOUND)


def events(cast: Cast, match_id: str) -> list[tuple[str, str | None, str | None]]:
    """What the outbox holds about a match, in order: type, who did it, and the new status if there is one."""
    rows = cast.database.execute(
        "select event_type, user_id::text, payload ->> 'new_status' from public.domain_events"
        " where match_id = %s order by id",
        [match_id],
    ).fetchall()
    return [(row[0], row[1], row[2]) for row in rows]


def status_of(cast: Cast, match_id: str) -> str:
    """The true status of a match, as admins see it."""
    return str(cast.value("select status from public.matches where id = %s", match_id))


def truth(cast: Cast, pair: Pair) -> Any:
    """Everything stored about a match, to see that an attack changed nothing."""
    return cast.value(
        "select jsonb_build_object("
        " 'match', to_jsonb(m),"
        " 'chat', (select to_jsonb(c) from public.blind_chats c where c.match_id = m.id),"
        " 'reveals', (select jsonb_agg(r) from public.reveals r where r.match_id = m.id),"
        " 'feedback', (select jsonb_agg(f) from public.match_feedback f where f.match_id = m.id))::text"
        " from public.matches m where m.id = %s",
        pair.match_id,
    )


def denied(cast: Cast, caller: Member | str | None, method: str, path: str, **words: Any) -> None:
    """No grant at all: 401 for nobody, 403 for somebody, and only the table's name in the answer."""
    response = cast.rest(caller, method, path, **words)
    assert response.status_code in (401, 403), response.text
    assert response.json()["code"] == "42501"
