"""Leaks to plant: each makes one thing that a member reads depend on what a partner does in secret.

A leak rewrites one function of the database, as a careless change would, or says a statement of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg


@dataclass(frozen=True)
class Leak:
    """In the definition of `function`, or of a view of this name, `old` becomes `new`; or `more` is said, and
    in the end `undo`."""

    name: str
    function: str = ""
    old: str = ""
    new: str = ""
    more: str = ""
    undo: str = ""
    first: int = 0
    """A seed shortly before a life that can show it, where such lives are rare."""

    @contextmanager
    def planted(self, database: psycopg.Connection[Any]) -> Iterator[None]:
        """As long as this lasts. `database` is the platform's administrator.

        Raises AssertionError where the code has moved on.
        """
        before = self._definition(database) if self.function else ""
        assert self.old in before, f"{self.function} does not say: {self.old}"
        database.execute((self.more or before.replace(self.old, self.new)).encode())
        try:
            yield
        finally:
            database.execute((self.undo or before).encode())

    def _definition(self, database: psycopg.Connection[Any]) -> str:
        row = database.execute(
            "select pg_get_functiondef(p.oid) from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
            " where n.nspname || '.' || p.proname = %(name)s union all"
            " select format('create or replace view %%s as %%s', c.oid::regclass, pg_get_viewdef(c.oid))"
            " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind = 'v' and n.nspname || '.' || c.relname = %(name)s",
            {"name": self.function},
        ).fetchone()
        assert row is not None, f"there is no {self.function}"
        return str(row[0])


LEAKS = (
    Leak(
        "a proposal vanishes when the partner has left",
        "private.status_entries",
        "and m.ends_at > now() and not s.is_over",
        "and m.ends_at > now() and not s.is_over and not (m.chat_opened_at is null and s.partner_left)",
    ),
    Leak(
        "a stage tells that the partner has said yes",
        "private.status_entries",
        "when s.decision = 'accepted' then 2",
        "when num_nonnulls(s.decision, s.partner_decision) > 0 then 2",
    ),
    Leak(
        "a time moves with the partner's answer",
        "private.status_entries",
        "'expiresAt', private.iso(m.ends_at)",
        "'expiresAt', private.iso(coalesce(m.chat_ends_at, m.updated_at + interval '3 days'))",
    ),
    Leak(
        "a name before both agreed", "private.status_entries", "when v.progress = 5", "when v.progress >= 3"
    ),
    Leak(
        "an order by the last transition",
        "private.status_entries",
        "v.progress, m.created_at, m.id",
        "v.progress, m.updated_at, m.id",
    ),
    Leak(
        "a reveal that was declined is none again for the one who asked",
        "private.status_entries",
        "when i_asked.id is not null or",
        "when i_asked.status = 'pending' or",
    ),
    Leak(
        "an error code for a yes that comes too late",
        "public.respond",
        "        perform private.emit('match.accepted',",
        "        return private.refuse('match_not_open', 'This match is not open.');\n"
        "        perform private.emit('match.accepted',",
    ),
    Leak(
        "the rate limit counts a yes to a partner who left twice",
        "public.respond",
        "    update public.matches set\n        decision_a =",
        "    if s.partner_left then perform private.count_call(caller.member, 'write'); end if;\n"
        "    update public.matches set\n        decision_a =",
    ),
    Leak(
        "a header where the partner has answered",
        "public.get_status",
        "    select coalesce(jsonb_agg(e.entry",
        "    if exists (select from public.matches m where caller.member in (m.user_a, m.user_b)"
        " and m.chat_opened_at is null and (case when m.user_a = caller.member then m.decided_b_at else"
        " m.decided_a_at end) is not null) then perform set_config('response.headers',"
        " (current_setting('response.headers')::jsonb || '[{\"X-Fresh\": \"1\"}]')::text, true); end if;\n"
        "    select coalesce(jsonb_agg(e.entry",
    ),
    Leak(
        "a row of blocks that is visible to the blocked",
        more="create policy leak on public.blocks for select to authenticated"
        " using (blocked_id = (select private.member_id()))",
        undo="drop policy leak on public.blocks",
    ),
    Leak(
        "the export shows a name as soon as there is a chat",
        "private.partner_shown",
        "and c.reveal_state = 'mutual'",
        "",
    ),
    Leak(
        "the export shows since when one waits at an event that another joins",
        more="insert into private.declared_columns (table_name, column_name, rule)"
        " values ('public.matchmaking_queue', 'enqueued_at', 'shown');"
        " update private.declared_tables set section = 'waiting', ordered_by = 't.id'"
        " where table_name = 'public.matchmaking_queue'",
        undo="delete from private.declared_columns"
        " where table_name = 'public.matchmaking_queue' and column_name = 'enqueued_at';"
        " update private.declared_tables set section = null, ordered_by = null"
        " where table_name = 'public.matchmaking_queue'",
        first=128,
    ),
    Leak(
        "a message id that is taken elsewhere",
        "public.send_message",
        "    room := private.my_chat(",
        "    if exists (select from public.blind_chat_messages x where x.id = send_message.message_id) then"
        " return private.refuse('invalid_body', 'This message id is taken.'); end if;\n"
        "    room := private.my_chat(",
    ),
    Leak(
        "the partner's exit frees a place at once",
        "private.proposals_made",
        "LEAST(m.ends_at, m.left_a_at)",
        "LEAST(m.ends_at, m.left_a_at, m.left_b_at)",
    ),
    Leak(
        "the partner's exit from a proposal queues the one who stays",
        "private.leave",
        "case when m.chat_opened_at is not null then s.partner end",
        "s.partner",
    ),
    Leak(
        "a report tells an erased chat from a closed one",
        "private.keep_evidence",
        "return s.is_over or",
        "return",
        first=336,
    ),
    Leak(
        "the reporter's words go with the partner",
        "private.report_loses_a_person",
        "if new.reporter_id is null and old.reporter_id is not null then",
        "if true then",
    ),
    Leak(
        "closing what the safety team has stopped is refused",
        "public.close_match",
        "elsif m.chat_opened_at is null then",
        "elsif m.chat_opened_at is null or m.stopped_at is not null then",
        first=86,
    ),
    Leak(
        "feedback on somebody who is gone is refused",
        "public.give_feedback",
        "elsif m.chat_opened_at is null then",
        "elsif m.chat_opened_at is null or num_nulls(m.user_a, m.user_b) > 0 then",
        first=56,
    ),
    Leak(
        "expiry frees the one who stayed only where nobody had left",
        "private.expire_matches",
        "case when m.left_a_at is null then m.user_a end, case when m.left_b_at is null then m.user_b end",
        "case when num_nonnulls(m.left_a_at, m.left_b_at) = 0 then m.user_a end,"
        " case when num_nonnulls(m.left_a_at, m.left_b_at) = 0 then m.user_b end",
    ),
    Leak(
        "the partner's yes lengthens the proposal",
        "private.set_status",
        "update public.matches set updated_at = now(),",
        "update public.matches set updated_at = now(), expires_at = expires_at + interval '1 hour',",
    ),
    Leak(
        "the sweep passes over a match without labels whose partner had left",
        "private.expire_matches",
        "and x.swept_at is null",
        "and x.swept_at is null and (x.status not in ('declined', 'expired', 'closed')"
        " or x.explanation <> '{}')",
        first=6,
    ),
)
