"""Many members and matches at once, made in bulk SQL: for tests whose point is number."""

import uuid

from tests.cast import Cast, Member, Pair


def crowd(cast: Cast, size: int, *, active: bool = True) -> list[Member]:
    """`size` members with a complete profile, each with a display name of their own; opted in if `active`."""
    members = []
    for _ in range(size):
        user_id = str(uuid.uuid4())
        members.append(Member(user_id, cast.stack.token(user_id), f"Member {user_id[:13]}"))
    ids = [member.id for member in members]
    with cast.database.transaction():
        cast.database.execute("insert into auth.users (id) select unnest(%s::uuid[])", [ids])
        cast.database.execute(
            "insert into public.users (id, display_name, birth_date, gender, lang_primary, tz)"
            " select id, name, '1990-05-17', 'female', 'en', 'Europe/Berlin'"
            " from unnest(%s::uuid[], %s::text[]) as m (id, name)",
            [ids, [member.name for member in members]],
        )
        if active:
            cast.database.execute(
                "insert into public.connect_profiles (user_id, consent_version, mode, min_age, max_age)"
                " select unnest(%s::uuid[]), 'v1', 'both', 18, 99",
                [ids],
            )
    return members


def pairs(cast: Cast, count: int, *, accepted_by_a: bool = False, chatting: bool = False) -> list[Pair]:
    """`count` new proposals, each between two new members; with a's yes or an open chat where asked for."""
    members = crowd(cast, 2 * count, active=False)
    made = []
    with cast.database.transaction():
        rows = cast.database.execute(
            "insert into public.matches (user_a, user_b, mode, expires_at, total_score, explanation,"
            " engine_version) select a, b, 'romantic', now() + interval '3 days', 80,"
            " '{shared_values}', 'test'"
            " from unnest(%s::uuid[], %s::uuid[]) as p (a, b) returning id, user_a",
            [[member.id for member in members[:count]], [member.id for member in members[count:]]],
        ).fetchall()
        match_of = {str(side_a): str(match_id) for match_id, side_a in rows}
        if accepted_by_a or chatting:
            _accept(cast, list(match_of.values()), "a")
        chat_of = _open_chats(cast, list(match_of.values())) if chatting else {}
    for a, b in zip(members[:count], members[count:], strict=True):
        match_id = match_of[a.id]
        made.append(Pair(match_id, a, b, chat_id=chat_of.get(match_id)))
    return made


def retire(cast: Cast, members: list[Member]) -> None:
    """Take them out of the pool again: a matcher that some later test runs must not have to rank them."""
    cast.database.execute(
        "delete from public.connect_profiles where user_id = any (%s::uuid[])",
        [[member.id for member in members]],
    )


def _accept(cast: Cast, match_ids: list[str], side: str) -> None:
    cast.database.execute(
        f"update public.matches set decision_{side} = 'accepted', decided_{side}_at = now(),"
        f" status = 'accepted_{side}' where id = any (%s::uuid[])",
        [match_ids],
    )


def _open_chats(cast: Cast, match_ids: list[str]) -> dict[str, str]:
    """Side b says yes too; the chat of each match."""
    _accept(cast, match_ids, "b")
    rows = cast.database.execute(
        "select m.id, private.open_chat(m) from public.matches m where m.id = any (%s::uuid[])", [match_ids]
    ).fetchall()
    cast.database.execute(
        "update public.matches set status = 'blind_chat_active' where id = any (%s::uuid[])", [match_ids]
    )
    return {str(match_id): str(chat_id) for match_id, chat_id in rows}
