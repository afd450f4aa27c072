"""Who lives: the partners of whom each world draws its own, and what makes people and proposals."""

from typing import Any

import psycopg

from tests.lives import acts, clock, doors
from tests.lives.script import PEOPLE

Json = dict[str, Any]

PARTNERS: tuple[Json, ...] = (
    {
        **{"display_name": "Ada Partner", "birth_date": "1961-11-23", "birth_time": "04:30"},
        **{"birth_time_accuracy": "exact", "birth_place": "Auckland, New Zealand", "birth_lat": -36.85},
        **{"birth_lon": 174.76, "birth_tz": "Pacific/Auckland", "gender": "female", "lang_primary": "mi"},
        **{"lang_secondary": "en", "tz": "Pacific/Auckland", "home_place": "Wellington, New Zealand"},
        **{"home_cell": "487.1200", "signals": "{birthData,values,location,feedback,aiText}"},
        "joined": "3 years",
    },
    {"display_name": "B" * 80, "gender": "non_binary", "lang_primary": "de", "joined": "1 hour"},
    {"display_name": "Ço Partner", "birth_date": "2004-02-29", "signals": "{values}", "joined": "49 hours"},
    {"display_name": "Dan Partner", "gender": "male", "tz": "America/Lima", "lang_primary": "es"},
    {
        "display_name": "Eve Partner",
        "signals": "{feedback,location}",
        "home_place": "Oslo",
        "home_cell": "487.1201",
    },
    {"display_name": "Flo Partner", "birth_date": "1948-06-30", "lang_secondary": "fr", "joined": "200 days"},
)
assert len(PARTNERS) == PEOPLE
MEMBER: Json = {"display_name": "Same", "gender": "male", "signals": "{values}"}
OF_ANYBODY: Json = {
    **{"birth_date": "1990-05-17", "gender": "female", "lang_primary": "en", "tz": "Europe/Berlin"},
    **{"signals": "{}", "joined": "40 days"},
}

_PERSON = """
create function lives.person(p jsonb) returns void language plpgsql as $$ begin
    insert into auth.users (id) values ((p ->> 'id')::uuid);
    insert into public.users select * from jsonb_populate_record(null::public.users,
        p || jsonb_build_object('created_at', now() - (p ->> 'joined')::interval));
    insert into public.connect_profiles (user_id, consent_version, mode, min_age, max_age)
        values ((p ->> 'id')::uuid, 'v1', 'both', 18, 99);
    insert into public.consents (user_id, version, kind, signals)
        values ((p ->> 'id')::uuid, 'v1', 'activated', (p ->> 'signals')::public.consent_signal[]);
end $$"""
PAIR = (
    "insert into public.matches (user_a, user_b, mode, expires_at, total_score, values_score, explanation,"
    " engine_version, created_at) values (%(a)s, %(b)s, 'romantic', now() + interval '3 days', %(score)s,"
    " %(score)s, %(labels)s, %(engine)s, now()) returning id::text"
)


def prepare(database: psycopg.Connection[Any], tables: dict[str, list[str]]) -> None:
    """Make, once in a database, what stages call. `database` is the platform's administrator."""
    database.execute("create schema lives")
    database.execute(_PERSON)
    doors.prepare(database, tables)
    clock.prepare(database)
    database.execute("update public.settings set exports_per_day = 1000, message_key_id = 'k1'")
    database.execute(
        "insert into public.events (code, name, matchmaking_enabled)"
        " values (%s, 'An event', true), (%s, 'Another', true)",
        [acts.EVENT, acts.OTHER_EVENT],
    )
