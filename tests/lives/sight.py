"""What a member can read: the one list. What is added here is compared in every life, through both doors.

Rows of tables are not listed: each table of the catalogue that a member has a column of is read whole.
"""

from dataclasses import dataclass

NAMELESS = "00000000-0000-4000-8000-000000000000"
"""An id under which there is nothing."""


@dataclass(frozen=True)
class Read:
    """One question a member may ask: its SQL function, and the GET route in front of it if there is one.

    `per_chat`: asked once for each chat, whose id is `blind_chat_id` in SQL and `blindChatId` in the route.
    `each_step`: asked after every step of a life. The others are asked at some steps and at the end.
    """

    function: str
    path: str | None = None
    per_chat: bool = False
    each_step: bool = False


READS = (
    Read("get_status", "/connect/status", each_step=True),
    Read("read_chat", "/connect/chat", per_chat=True, each_step=True),
    Read("open_message", per_chat=True),
    Read("get_profile", "/connect/profile"),
    Read("get_consents", "/connect/consents"),
    Read("get_interests", "/connect/interests"),
    Read("get_preferences", "/connect/preferences"),
    Read("get_work_profile", "/connect/work-profile"),
    Read("get_funnel", "/connect/funnel"),
    Read("get_quiz", "/connect/quiz"),
    Read("export_member", "/connect/export"),
)

DEALT = (
    "select to_jsonb(c) - 'user_id' - 'waiting_since' || jsonb_build_object('waiting', ("
    " select jsonb_agg(to_jsonb(t) order by t.enqueued_at)"
    " from (select q.enqueued_at, q.available_at from public.matchmaking_queue q"
    " where q.user_id = c.user_id and q.event_id is null) t))"
    " from private.capacities(array[%s::uuid]) c"
)
"""What the matcher may deal the member next, and since when they wait for it. They read it in the proposals
that come, or do not come. At an event the coming of any other guest may let them wait again."""

NOT_READ = {
    "note_unreadable": "tells the operators of messages that the edge could not open",
    "call_once_as_admin": "administrators",
    "decide_report": "administrators",
    "get_matching": "administrators",
    "list_reports": "administrators",
    "read_evidence": "administrators",
    "read_report": "administrators",
    "steer_matching": "administrators",
    "stop_match": "administrators",
    "take_report": "administrators",
}
"""Functions that a member may call and that no life calls as one, and why."""

SAME_FOR_EVERYBODY = {"/health", "/openapi.json"}
"""GET routes that know nobody."""
