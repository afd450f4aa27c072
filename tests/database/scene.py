"""The people and rows the permission matrix is tried on: one furnished pair per state, and everybody else."""

import base64
import uuid
from dataclasses import dataclass, field
from functools import cached_property

from tests.cast import HARMLESS, STATEMENT, Cast, Json, Member, Pair
from tests.database.lists import NO_LISTS
from tests.database.truth_table import key
from tests.rows import CIPHERTEXT, OF_ONE_MEMBER, VECTOR, About, put, rows


@dataclass
class Scene:
    """Everybody who tries. Pairs are made when a state is first asked for."""

    cast: Cast
    pairs: dict[str, Pair] = field(default_factory=dict)

    def pair(self, state: str) -> Pair:
        """The pair of a state; each side has said something wherever a member can say something."""
        if state not in self.pairs:
            pair = self.pairs[state] = self.cast.pair(state)
            self._furnish(pair)
        return self.pairs[state]

    @cached_property
    def member(self) -> Member:
        """Somebody in another match, with rows of their own in every table that holds rows of members."""
        pair = self.cast.pair("blind_chat_active")
        self._furnish(pair)
        return pair.a

    @cached_property
    def event(self) -> str:
        """An event with matchmaking, and nobody there."""
        code = f"scene-{uuid.uuid4().hex[:12]}"
        return str(
            self.cast.value(
                "insert into public.events (code, name, matchmaking_enabled) values (%s, 'A scene', true)"
                " returning id",
                code,
            )
        )

    @cached_property
    def run(self) -> str:
        """A run of some job that is over."""
        return str(
            self.cast.value(
                "insert into public.job_runs (name, trigger, status, finished_at)"
                " values ('charts', 'hand', 'succeeded', now()) returning id"
            )
        )

    @cached_property
    def superseded(self) -> str:
        """An engine that is no longer in force: its workers are turned away, and change nothing."""
        self.cast.database.execute(
            "insert into private.engine_versions (version, adopted_at)"
            " values ('superseded', '2000-01-01'), ('its-successor', '2000-01-02') on conflict do nothing"
        )
        return "superseded"

    @cached_property
    def stranger(self) -> Member:
        """Signed in, and nothing else."""
        return self.cast.stranger()

    def caller(self, actor: str, pair: Pair) -> Member | str | None:
        """Who calls for an actor of the matrix. The dubious tokens claim to be side a."""
        stack = self.cast.stack
        return {
            "nobody": None,
            "other role": stack.token(pair.a.id, role="postgres"),
            "anonymous": stack.token(pair.a.id, is_anonymous=True),
            "stranger": self.stranger,
            "member": self.member,
            "side a": pair.a,
            "side b": pair.b,
            "service": stack.service_role_key,
        }[actor]

    def message(self, pair: Pair, side: str) -> str:
        """A message of one side, put straight into the table: the chat may be over, its sender erased."""
        message_id = str(uuid.uuid4())
        self.cast.database.execute(
            "insert into public.blind_chat_messages"
            " (id, blind_chat_id, number, side, sender_user_id, content_ciphertext, key_id)"
            " select %s, c.id, c.message_count + 1, %s, (select id from public.users where id = %s), %s, 'k1'"
            " from public.blind_chats c where c.id = %s",
            [message_id, side, (pair.a if side == "a" else pair.b).id, CIPHERTEXT, pair.chat_id],
        )
        self.cast.database.execute(
            "update public.blind_chats set message_count = message_count + 1 where id = %s", [pair.chat_id]
        )
        return message_id

    def _furnish(self, pair: Pair) -> None:
        for me, partner in ((pair.a, pair.b), (pair.b, pair.a)):
            for table in OF_ONE_MEMBER:
                put(self.cast, table, self.row(table, pair) | {"user_id": me.id})
            self.put(
                "match_feedback", {"match_id": pair.match_id, "user_id": me.id, "rating": 4, "notes": me.name}
            )
            self.put("blocks", {"match_id": pair.match_id, "blocker_id": me.id, "blocked_id": partner.id})
            self.put(
                "reports",
                {
                    "match_id": pair.match_id,
                    "reporter_id": me.id,
                    "reported_id": partner.id,
                    "reason": "rude",
                },
            )
        if pair.chat_id is not None:
            for side in "ab":
                self.message(pair, side)

    def put(self, table: str, row: Json) -> str:
        """Insert a row as the operator; returns its primary key as text."""
        return put(self.cast, table, row, key(table))

    def row(self, table: str, pair: Pair) -> Json:
        """The table's row about this pair."""
        about = About(pair.a.id, pair.b.id, pair.match_id, pair.chat_id, self.event, self.run)
        return rows(about)[table]

    def arguments(self, function: str, pair: Pair) -> Json:
        """Arguments a function takes gladly from whoever may call it, naming this pair's handles."""
        nothing = str(uuid.uuid4())
        match, chat = {"match_id": pair.match_id}, {"blind_chat_id": pair.chat_id or nothing}
        text = base64.b64encode(CIPHERTEXT).decode()
        once = {"keys": [{"key": "0" * 64, "body": "1" * 64}], "name": "deactivate", "args": {}}
        night = {"claim": {"id": 0, "attempt": 1}}
        piece = {**night, "first_user": nothing, "last_user": nothing}
        known: dict[str, Json] = {
            "activate": {"mode": "both", "consent_version": "v1"},
            "deactivate": {},
            "get_profile": {},
            "put_profile": {
                **{"display_name": "New Name", "birth_date": "1990-01-01", "gender": "female"},
                **{"lang_primary": "en", "tz": "Europe/Paris"},
            },
            "get_preferences": {},
            "put_preferences": {"traits": ["smokes"], "networking_goals": ["hire"]},
            "get_work_profile": {},
            "put_work_profile": {"industry": "law", "employer": "Acme", "skills": ["French"]},
            "call_once": once,
            "call_once_as_admin": once,
            "get_consents": {},
            "put_consents": {"version": "v1", "switches": {}},
            "get_interests": {},
            "put_interests": {"interests": ["chess"]},
            "get_status": {},
            "get_funnel": {},
            "get_quiz": {},
            "put_quiz": {"version": "1", "answers": {"decide_myself": 6}},
            "export_member": {},
            "erase_member": {},
            "set_stable_identifier": {"user_id": pair.a.id, "identifier": "a number of theirs"},
            "respond": {**match, "action": "accept"},
            "open_message": chat,
            "send_message": {
                **{**chat, "message_id": str(uuid.uuid4()), "ciphertext": text, "key_id": "k1"},
                **HARMLESS,
            },
            "read_chat": chat,
            "note_unreadable": {**chat, "message_ids": [nothing], "statements": [STATEMENT]},
            "request_reveal": match,
            "answer_reveal": {"reveal_id": pair.reveal_id or nothing, "action": "accept"},
            "give_feedback": {**match, "rating": 5},
            "close_match": match,
            "block_partner": match,
            "report_partner": {**match, "reason": "rude"},
            "join_event": {"event_code": "no-such-event"},
            "leave_event": {"event_code": "no-such-event"},
            "steer_matching": {"action": "clear"},
            "get_matching": {},
            "list_reports": {},
            "read_report": {"report_id": nothing, "why": "test"},
            "read_evidence": {"report_id": nothing, "why": "test"},
            "take_report": {"report_id": nothing, "why": "test"},
            "decide_report": {"report_id": nothing, "decision": "warned", "why": "test"},
            "stop_match": {"match_id": nothing, "why": "test"},
            "store_profile_vectors": {
                **{"user_id": pair.a.id, "values_vector": VECTOR, "communication_vector": VECTOR},
                **{"life_goals_vector": VECTOR, "readiness": 50},
            },
            "claim_bell": {"nonce": nothing, "rung_at": "2026-01-01T00:00:00Z"},
            "plan_charts": {"chart_version": "test", "most": 1},
            "claim_births": {"chart_version": "test", "worker": "test", "most": 1},
            "claim_tasks": {"kind": "test", "worker": "test"},
            "finish_tasks": {"claims": []},
            "fail_tasks": {"claims": [], "error": "test"},
            "park_tasks": {"claims": [], "error": "test"},
            "unpark_tasks": {},
            "store_birth_charts": {"chart_version": "test", "charts": []},
            "weigh_interests": {},
            "index_interests": {"most": 1},
            "load_quiz": {"quiz_version": "test", "most": 1},
            "claim_quiz": {"quiz_version": "test", "worker": "test", "most": 1},
            "store_quiz_vectors": {"quiz_version": "test", "made": [], "at_night": False},
            "preview_pool": {"chart_version": "test"},
            "read_list": {"member": nothing, "why": "test"},
            "load_run": {"run_id": nothing},
            "load_run_page": {"run_id": nothing},
            "load_run_matches": {"run_id": nothing},
            "store_funnels": {**night, "pool_of": nothing, "funnels": [], "last": False},
            "open_job_run": {"job": "charts", "trigger": "hand", "engine_version": "test", "scope": nothing},
            "finish_job_run": {"run_id": nothing, "metadata": {}},
            "beat_job_run": {"run_id": nothing},
            "cancel_job": {"run_id": nothing},
            "retry_job": {"run_id": nothing},
            "enqueue_event_matchmaking": {"event_id": self.event, "priority": 3},
            "unpark_matchmaking": {},
            "claim_matchmaking": {
                "worker": "test",
                "engine_version": self.superseded,
                "chart_version": "test",
            },
            "load_candidates": {"claims": [], "chart_version": "test"},
            "complete_matchmaking": {"claims": [], "engine_version": "test"},
            "fail_matchmaking": {"claims": [], "error": "test"},
            "open_nightly": {"engine_version": self.superseded, "chart_version": "test"},
            "claim_night": {"worker": "test", "engine_version": self.superseded},
            "enter_night": piece,
            "compare_night": night,
            "store_fits": {**night, "few": []},
            "store_lists": {**night, "event_id": None, "lists": NO_LISTS},
            "clear_lists": night,
            "put_lists_in_place": night,
            "requeue_night": piece,
            "end_night_step": {**night, "step": "test", "progress": 0},
            "end_night": night,
            "fail_night": {**night, "error": "test"},
            "drop_old_lists": {"most": 1},
            "adopt_engine_version": {"version": "never"},
            "get_matchmaking_queue_stats": {},
            "get_detailed_queue_info": {"event_id": self.event},
            "store_proposals": {**night, "proposals": []},
            "fail_job_run": {"run_id": nothing, "error": "test"},
            "worker_health": {},
        }
        return known[function]
