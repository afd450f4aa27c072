"""Lists of candidates, as a night or a worker of the queue would have stored them."""

import base64
from collections.abc import Mapping, Sequence

from shared.engine.charts import chart_version
from shared.engine.pool.pool import MODE_BITS
from shared.engine.runs.facts import ABSENT, LABELS, WIDTH, WORDS
from shared.engine.scoring.parts import PARTS
from shared.engine.scoring.scores import SHARED
from tests.cast import Cast, Json, Member
from tests.database.runs import revision


def packed(mode: str, parts: Mapping[str, float], labels: Sequence[str]) -> bytes:
    """What is told of a pair, as `shared.engine.runs.facts` packs it."""
    names = [PARTS[part].name for part in SHARED[MODE_BITS[mode]]]
    assert set(parts) <= set(names), "a part that does not play in this mode"
    scores = [round(parts[name] * 100) if name in parts else ABSENT for name in names]
    scores += [ABSENT] * (WIDTH - len(scores))
    codes = [1 + WORDS.index(label) for label in labels]
    codes += [0] * (LABELS - len(codes))
    return bytes([MODE_BITS[mode], *codes]) + b"".join(score.to_bytes(2, "big") for score in scores)


def be_numbered(cast: Cast, *members: str) -> None:
    """Lists may name these members, searching or not: each has a row of private.pool_members."""
    cast.database.execute(
        "select private.refresh_pool_members(%s::uuid[], %s)", [list(members), chart_version()]
    )


def put_on(
    cast: Cast,
    owner: Member | str,
    *candidates: Member | str,
    event: str | None = None,
    generation: int | None = None,
    score: float = 60,
    mode: str = "romantic",
    parts: Mapping[str, float] | None = None,
    labels: Sequence[str] = (),
) -> None:
    """Put candidates at the end of a member's list, in the generation in use unless another is given."""
    whose, *who = [one if isinstance(one, str) else one.id for one in (owner, *candidates)]
    be_numbered(cast, whose, *who)
    cast.database.execute(
        "insert into private.lists as l (generation, user_id, event_id, candidates, scores, facts)"
        " select coalesce(%(generation)s, g.generation), %(whose)s, %(event)s,"
        " array_agg(m.number order by w.at), array_agg(%(score)s::smallint),"
        " string_agg(%(facts)s, ''::bytea)"
        " from private.score_generation g, unnest(%(who)s::uuid[]) with ordinality w (id, at)"
        " join private.pool_members m on m.user_id = w.id group by g.generation"
        " on conflict on constraint lists_pkey do update set"
        " candidates = l.candidates || excluded.candidates, scores = l.scores || excluded.scores,"
        " facts = l.facts || excluded.facts",
        {
            "generation": generation,
            "whose": whose,
            "event": event,
            "who": who,
            "score": round(score * 100),
            "facts": packed(mode, parts or {}, labels),
        },
    )


def listed_with(cast: Cast, owner: Member) -> set[str]:
    """Who is on a member's lists, in whichever pool and generation."""
    rows = cast.database.execute(
        "select m.user_id::text from private.lists l join private.pool_members m"
        " on m.number = any (l.candidates) where l.user_id = %s",
        [owner.id],
    ).fetchall()
    return {str(candidate) for (candidate,) in rows}


def is_named(cast: Cast, member: Member) -> bool:
    """Whether a member has a list or is on one, in whichever pool and generation, or any list holds a number
    that is nobody's, and may have been theirs."""
    return bool(
        cast.value(
            "select exists (select from private.lists l where l.user_id = %s) or exists ("
            " select from private.lists l cross join lateral unnest(l.candidates) c (number)"
            " left join private.pool_members m on m.number = c.number"
            " where m.user_id is null or m.user_id = %s)",
            member.id,
            member.id,
        )
    )


NO_LISTS: Json = {"people": [], "revisions": [], "numbers": [], "of": []}


def as_array(entries: Sequence[int]) -> str:
    """Whole numbers as Postgres writes an array."""
    return "{" + ",".join(map(str, entries)) + "}"


def number_of(cast: Cast, member: Member) -> int:
    """By which lists name a member; 0 where they have none."""
    sql = "select coalesce((select m.number from private.pool_members m where m.user_id = %s), 0)"
    return int(cast.value(sql, member.id))


def entry(cast: Cast, owner: Member, *candidates: Member) -> Json:
    """A list, as a worker stores it."""
    people = [owner, *candidates]
    numbers = [number_of(cast, member) for member in people]
    facts = packed("romantic", {"values": 70}, []) * len(candidates)
    return {
        "people": [member.id for member in people],
        "revisions": [revision(cast, member) for member in people],
        "numbers": numbers,
        "of": [
            {
                **{"m": 0, "c": as_array(numbers[1:]), "s": as_array([7000] * len(candidates))},
                "f": base64.b64encode(facts).decode(),
            }
        ],
    }
