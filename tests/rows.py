"""One row for each table: the permission matrix tries it, and an erasure must remove it."""

import json
import random
import uuid
from dataclasses import dataclass

from tests.cast import Cast, Json

CIPHERTEXT = bytes(29)
VECTOR = "[" + ",".join(["0.25"] * 16) + "]"
OF_ONE_MEMBER = (
    "birth_charts",
    "quiz_responses",
    "user_quiz_vectors",
    "matching_preferences",
    "work_profiles",
    "member_interests",
    "user_interest_index",
    "private.own_changes",
    "user_features",
    "private.funnels",
    "private.tasks",
    "private.held_questions",
)
"""Tables where a member has one row, named by `user_id`: each furnished member has one."""


@dataclass(frozen=True)
class About:
    """Whom and what the rows are about: two members, their match and chat, an event, a run that is over."""

    a: str
    b: str
    match_id: str
    chat_id: str | None
    event: str
    run: str


def rows(about: About) -> dict[str, Json]:
    """Rows that their tables would take: only a permission can refuse them. `user_id` is member a."""
    soon = "2100-01-01T00:00:00Z"
    salt = "\\x" + bytes(32).hex()
    return {
        "genders": {"word": "".join(random.choices("abcdefgh", k=20)), "wished": True},
        "settings": {"id": True, "min_fit": 1},
        "users": {"id": about.a, "display_name": "Somebody"},
        "connect_profiles": {
            **{
                "user_id": about.a,
                "consent_version": "v1",
                "mode": "both",
                "min_age": 18,
                "max_age": 99,
            },
            "emotional_readiness_score": 100,
        },
        "consents": {"user_id": about.a, "version": "v1", "kind": "switched"},
        "birth_charts": {
            **{"user_id": about.a, "radix_json": {"sun": 1.5}, "design_json": {"sun": 2.5}},
            **{"packed": [1, 2], "input_hash": "0" * 64, "engine_version": "test"},
        },
        "quiz_responses": {"user_id": about.a, "version": "1", "answers": {"decide_myself": 6}},
        "user_quiz_vectors": {
            **{"user_id": about.a, "values_vector": VECTOR, "readiness": 50},
            **{"version": "test", "input_hash": "0" * 64, "completed": ["values", "readiness"]},
        },
        "matching_preferences": {"user_id": about.a, "traits": ["smokes"]},
        "work_profiles": {"user_id": about.a, "employer": "Acme"},
        "subjects": {"slug": "".join(random.choices("abcdefgh", k=20)), "names": {"en": "A"}, "place": 1},
        "interests": {
            **{"slug": "".join(random.choices("abcdefgh", k=20)), "subject": "games"},
            **{"names": {"en": "A"}, "place": 1},
        },
        "member_interests": {"user_id": about.a, "interests": ["chess"]},
        "user_interest_index": {"user_id": about.a, "subject": "games", "interest": "chess", "weight": 1},
        "private.own_changes": {"user_id": about.a, "day": "2026-01-01", "changes": 1},
        "user_features": {"user_id": about.a, "feature_vector": VECTOR, "activity_score": 50},
        "matches": {
            **{
                "user_a": about.a,
                "user_b": about.b,
                "mode": "romantic",
                "expires_at": soon,
            },
            **{"engine_version": "test", "total_score": 99},
        },
        "blind_chats": {
            "match_id": about.match_id,
            "pseudonym_a": "One",
            "pseudonym_b": "Other",
            "salt": salt,
        },
        "blind_chat_messages": {
            **{
                "id": str(uuid.uuid4()),
                "blind_chat_id": about.chat_id,
                "number": 900,
                "side": "b",
                "key_id": "k1",
            },
            "content_ciphertext": "\\x" + CIPHERTEXT.hex(),
        },
        "reveals": {"match_id": about.match_id, "requested_side": "b", "requested_by": about.b},
        "match_feedback": {"match_id": about.match_id, "user_id": about.a, "rating": 5},
        "blocks": {"blocker_id": about.b, "blocked_id": about.a},
        "reports": {"match_id": about.match_id, "reason": "spam"},
        "domain_events": {"event_type": "match.created", "match_id": about.match_id},
        "event_sinks": {"name": f"sink-{uuid.uuid4().hex[:12]}", "is_active": False},
        "task_queue": {"kind": "charts", "waiting": 1},
        "private.tasks": {
            **{"kind": "test", "key": uuid.uuid4().hex},
            **{"user_id": about.a, "payload": {"user": about.a}},
        },
        "job_runs": {"name": "matcher", "trigger": "hand", "scope": str(uuid.uuid4())},
        "batch_logs": {"user_a": about.a, "user_b": about.b, "run_id": about.run, "status": "ok"},
        "events": {"code": f"row-{uuid.uuid4().hex[:12]}", "name": "A row"},
        "event_members": {"event_id": about.event, "user_id": about.a},
        "all_events_members": {"event_id": about.event, "user_id": about.a},
        "matchmaking_queue": {"event_id": about.event, "user_id": about.a, "reason": "hand"},
        "matchmaking_parked": {
            **{"event_id": about.event, "user_id": about.a, "priority": 0, "reason": "hand"},
            **{"attempts": 4, "last_error": "Internal"},
        },
        "matchmaking_jobs": {"event_id": about.event, "status": "idle"},
        "match_scores": {"user_id": about.a, "candidate_user_id": about.b, "score": 99},
        "match_outcomes": {
            **{"week": "2100-01-04", "mode": "romantic", "engine_version": str(uuid.uuid4())},
            **{"in_event": False, "proposed": 1, "accepted_by_one": 0, "chat_opened": 0},
            **{"revealed": 0, "feedback_given": 0},
        },
        "match_outcome_shares": {"mode": "romantic", "engine_version": "test"},
        "queue_age": {"waiting": 0},
        "workers_alive": {"worker": "test", "engine_version": "test"},
        "job_health": {"name": "matcher", "last_error": "Internal"},
        "fairness_over_time": {"finished_at": soon, "engine_version": "test"},
        "report_queue": {"status": "open", "weight": 1},
        "message_risks": {"kind": "threat", "score_from": 90},
        "admin_actions": {"admin_id": about.a, "action": "clear"},
        "private.held_questions": {"user_id": about.a, "held": {"minAge": 30}},
        "private.funnels": {"user_id": about.a, "funnel": {}, "engine_version": "test"},
    }


def put(cast: Cast, table: str, row: Json, returning: str = "null") -> str:
    """Insert a row as the operator; returns an expression over it as text."""
    names, name = ", ".join(row), table if "." in table else f"public.{table}"
    return str(
        cast.value(
            f"insert into {name} ({names}) select {names}"
            f" from jsonb_populate_record(null::{name}, %s::jsonb) returning {returning}",
            json.dumps(row),
        )
    )
