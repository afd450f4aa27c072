"""The queue from the database's side: what stands in it, and a worker's calls."""

import uuid
from typing import Any

from shared.engine import engine_version
from shared.engine.charts import chart_version
from tests.cast import Cast, Json, Member
from tests.database.answers import ok

ENGINE = engine_version()
GLOBAL = "event_id is null"


def empty(cast: Cast) -> None:
    """Nobody waits: what other tests left is gone."""
    cast.database.execute("delete from public.matchmaking_queue")
    cast.database.execute("delete from public.matchmaking_parked")


def waiting(cast: Cast, member: Member, event: str | None = None) -> Json | None:
    """The member's row of the queue, in the global pool or an event's."""
    row = cast.value(
        "select to_jsonb(q) from public.matchmaking_queue q"
        " where q.user_id = %s and q.event_id is not distinct from %s::uuid",
        member.id,
        event,
    )
    found: Json | None = row
    return found


def parked(cast: Cast, member: Member) -> Json | None:
    """The member's row among the parked."""
    row: Json | None = cast.value(
        "select to_jsonb(k) from public.matchmaking_parked k where k.user_id = %s", member.id
    )
    return row


def claim(cast: Cast, size: int = 20, worker: str = "worker-1", **words: Any) -> Json:
    """claim_matchmaking(), as a worker of the engine in force."""
    asked = {"worker": worker, "engine_version": ENGINE, "chart_version": chart_version(), "batch_size": size}
    return ok(cast.rpc(cast.stack.service_role_key, "claim_matchmaking", **(asked | words)))


def claims(claimed: Json) -> list[Json]:
    """What a worker names again of what it claimed."""
    return [{"id": one["id"], "attempt": one["attempt"]} for one in claimed["claimed"]]


def users(claimed: Json) -> list[str]:
    """Who was claimed."""
    return [one["user"] for one in claimed["claimed"]]


def load(cast: Cast, named: list[Json]) -> Json:
    """load_candidates() for these claims."""
    key = cast.stack.service_role_key
    return ok(cast.rpc(key, "load_candidates", claims=named, chart_version=chart_version()))


def complete(cast: Cast, named: list[Json], **found: Any) -> Json:
    """complete_matchmaking() with what a worker found."""
    key = cast.stack.service_role_key
    return ok(cast.rpc(key, "complete_matchmaking", claims=named, engine_version=ENGINE, **found))


def fail(cast: Cast, named: list[Json], error: str = "PoolError") -> Json:
    """fail_matchmaking(): the worker could not."""
    return ok(cast.rpc(cast.stack.service_role_key, "fail_matchmaking", claims=named, error=error))


def let_lease_end(cast: Cast) -> None:
    """Move the clock: every lease is over, every wait after a failure too."""
    cast.database.execute("update private.matchmaking_leases set leased_until = now() - interval '1 second'")
    cast.database.execute("update public.matchmaking_queue set available_at = now() - interval '1 second'")


def event(cast: Cast, *, enabled: bool = True, ends: str | None = None) -> tuple[str, str]:
    """A new event: its id and code."""
    code = f"event-{uuid.uuid4().hex[:10]}"
    event_id = cast.value(
        "insert into public.events (code, name, matchmaking_enabled, ends_at)"
        " values (%s, 'An evening', %s, now() + %s::interval) returning id::text",
        code,
        enabled,
        ends,
    )
    return str(event_id), code


def joined(cast: Cast, event_id: str, *members: Member) -> None:
    """These members are at the event."""
    for member in members:
        cast.database.execute(
            "insert into public.event_members (event_id, user_id) values (%s, %s)", [event_id, member.id]
        )
