"""After an erasure nothing of the person is left: looked for in every table there is, not in a list."""

import json
import subprocess
import uuid
from typing import Any

import psycopg
import pytest

from scripts.stack.children import plain_environment
from tests.cast import Cast, Json, Member
from tests.database.answers import ok, refused
from tests.database.lists import is_named, put_on
from tests.database.runs import ids, load, load_again, of, offer, store, with_chart
from tests.rows import OF_ONE_MEMBER, About, put, rows

# Words and numbers that are nobody else's.
NAME, EMPLOYER, INTEREST, PLACE = "Quirinia Qvist", "Qvist Qlockworks", "qlock_making", "Qaanaaq, Greenland"
PACKED = [123_454_321, -98_765_678]
UNLIKE_OTHERS: Json = {
    "work_profiles": {"employer": EMPLOYER},
    "member_interests": {"interests": [INTEREST]},
}
BORN: Json = {
    "birth_date": "1951-03-19",
    "birth_time": "03:47:11",
    "birth_time_accuracy": "exact",
    "birth_place": "Qeqertarsuaq, Greenland",
    "birth_lat": 69.24717,
    "birth_lon": -53.53713,
    "birth_tz": "America/Nuuk",
}
SECRET = "My locker at the station is number qx-7781"
COMPLAINT = "They asked me, Quirinia, for money"

# json that is about a member and holds no id; everything else that could hold one must be seeded below.
WITHOUT_IDS = {
    "public.blind_chat_messages.id",
    "public.birth_charts.radix_json",
    "public.birth_charts.design_json",
    "public.matching_preferences.algorithm_weights",
    "public.quiz_responses.answers",
    "public.matches.score_breakdown",
    "public.domain_events.payload",
    "private.funnels.funnel",
    "private.held_questions.held",
}


def _somebody(cast: Cast) -> Member:
    """A member with something in every table that can hold something, and the only one of that name."""
    cast.database.execute(
        "delete from auth.users a using public.users u where u.id = a.id and u.display_name = %s", [NAME]
    )
    pair = cast.pair(
        "revealed",
        a=cast.member(
            display_name=NAME,
            signals="{birthData,values,location,feedback,aiText}",
            home_place=PLACE,
            **BORN,
        ),
    )
    member = pair.a
    cast.pair("accepted_a", a=member)
    ok(cast.rpc(member, "give_feedback", match_id=pair.match_id, rating=4, notes=f"From {NAME}"))
    known = rows(About(member.id, pair.b.id, pair.match_id, pair.chat_id, "", ""))
    for table in OF_ONE_MEMBER:
        if table != "birth_charts":
            put(cast, table, known[table] | UNLIKE_OTHERS.get(table, {}))
    with_chart(cast, member, PACKED)
    run = load(cast)
    store(cast, [offer(cast, member, cast.member())], run, prices=[{"id": member.id, "price": 1.5}])
    ok(cast.rpc(member, "block_partner", match_id=pair.match_id))
    load(cast)
    return member


def _everywhere(cast: Cast) -> Member:
    """The same in every column that can name a member, either way round, in every kind of row."""
    member = _somebody(cast)
    # On side b too, asked for a reveal, blocked, reported, in the middle of a chat.
    other = cast.pair("reveal_requested", b=member)
    for sender, text in ((member, SECRET), (other.a, "Hello")):
        body = {"blindChatId": other.chat_id, "message": text}
        assert cast.call(sender, "POST", "/connect/chat", body).status_code == 200
    chosen = cast.call(member, "GET", f"/connect/chat?blindChatId={other.chat_id}").json()["messages"]
    report = {"matchId": other.match_id, "messageIds": [message["id"] for message in chosen]}
    complaint = report | {"reason": "money", "details": COMPLAINT}
    assert cast.call(member, "POST", "/connect/report", complaint).status_code == 200
    ok(cast.rpc(other.a, "report_partner", match_id=other.match_id, reason="rude"))
    asked = cast.pair("blind_chat_active", a=member)
    ok(cast.rpc(member, "request_reveal", match_id=asked.match_id))
    blocker = cast.pair("proposed", b=member)
    ok(cast.rpc(blocker.a, "block_partner", match_id=blocker.match_id))
    event = cast.value(
        "insert into public.events (code, name, matchmaking_enabled) values (%s, 'Evening', true)"
        " returning id",
        f"q-{uuid.uuid4().hex[:12]}",
    )
    code = cast.value("select code from public.events where id = %s", event)
    ok(cast.rpc(member, "join_event", event_code=code))
    me, execute = member.id, cast.database.execute
    execute("select private.place_moves_from(%s, 'Paris', '1388.1200')", [me])
    execute(
        "insert into private.returned_proposals (user_id, proposed_at, proposals) values (%s, now(), 1)", [me]
    )
    for noted in ((me, other.a.id), (other.a.id, me)):
        execute(
            "insert into private.abuse_signals (user_id, kind, noted_by)"
            " values (%s, 'unreadable_message', %s)",
            [*noted],
        )
    put_on(cast, me, other.a)
    put_on(cast, other.a, me)
    assert is_named(cast, member)
    ok(cast.rpc(cast.stack.service_role_key, "set_stable_identifier", user_id=me, identifier="passport Q1"))
    profile = cast.value("select jsonb_build_object('profile', private.profile(%s))::text", me)
    execute(
        "insert into private.idempotency_keys (user_id, key_hash, body_hash, status, answer)"
        " values (%s, sha256('q'), sha256('q'), 200, %s)",
        [me, profile],
    )
    # They met somebody who was erased, and were erased themselves before.
    gone = cast.pair("closed", a=member).b
    execute("delete from auth.users where id = %s", [gone.id])
    execute(
        "with person as (insert into private.erased_members default values returning id)"
        " insert into private.returned_members (user_id, erased_id) select %s, id from person",
        [me],
    )
    execute("update public.connect_profiles set max_age = 98 where user_id = %s", [me])
    execute(
        "insert into public.matchmaking_parked (user_id, event_id, priority, reason, attempts, last_error)"
        " values (%s, %s, 0, 'hand', 4, 'Internal')",
        [me, event],
    )
    ok(cast.rpc(member, "erase_member"))
    return member


def _holding(cast: Cast, word: str) -> set[str]:
    """The tables of public and private with this word in some row."""
    tables = cast.database.execute(
        "select c.oid::regclass::text from pg_class c where c.relkind = 'r'"
        " and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    ).fetchall()
    return {
        str(table)
        for (table,) in tables
        if cast.value(f"select count(*) from {table} t where t::text ilike %s", f"%{word}%")
    }


def test_nothing_of_the_person_is_left_in_any_table(cast: Cast) -> None:
    member = _somebody(cast)
    words = [member.id, NAME, EMPLOYER, INTEREST, PLACE, *map(str, PACKED)]
    found = {word: _holding(cast, word) for word in words}
    # The search finds what is there, the tables of the engine among them.
    assert found[member.id] >= {
        *("users", "connect_profiles", "consents", "matches", "birth_charts", "user_features"),
        *("matching_preferences", "work_profiles", "member_interests", "user_interest_index"),
        *("private.pool_history", "private.prices", "private.funnels", "private.pool_members"),
    }
    assert found[INTEREST] == {"member_interests"}
    assert found[str(PACKED[0])] == {"birth_charts"}
    assert found[EMPLOYER] == {"work_profiles"}

    put_on(cast, cast.member(), member)
    number = cast.value("select number from private.pool_members where user_id = %s", member.id)
    on_lists = "select count(*) from private.lists where candidates @> array[%s::integer]"
    assert cast.value(on_lists, number) == 1
    cast.database.execute("delete from auth.users where id = %s", [member.id])
    assert {word: left for word in words if (left := _holding(cast, word))} == {}
    # Nor their number on anybody's list.
    assert cast.value(on_lists, number) == 0


def _links(cast: Cast) -> list[str]:
    """Every column that can name a member, from the catalogue: by foreign key, as a bare id, within json."""
    rows = cast.database.execute(
        "select n.nspname || '.' || c.relname || '.' || a.attname"
        " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') and ("
        "   exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f'"
        "     and a.attnum = any (k.conkey)"
        "     and k.confrelid in ('public.users'::regclass, 'auth.users'::regclass))"
        "   or a.atttypid = 'text'::regtype and a.attgenerated <> ''"
        "   or a.atttypid in ('uuid'::regtype, 'uuid[]'::regtype, 'json'::regtype, 'jsonb'::regtype)"
        "     and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f'"
        "       and a.attnum = any (k.conkey))"
        # The row's own id, and what a pool is called.
        "     and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p'"
        "       and k.conkey = array[a.attnum])"
        "     and a.attgenerated = ''"
        "     and not exists (select from private.declared_columns r where r.rule = 'nobody'"
        "       and r.table_name = n.nspname || '.' || c.relname and r.column_name in (a.attname, '*')))"
    ).fetchall()
    return sorted(str(name) for (name,) in rows if name not in WITHOUT_IDS)


def _naming(cast: Cast, columns: list[str], member: Member) -> set[str]:
    """Of these columns, those with the member in some row."""
    found = set()
    for name in columns:
        table, column = name.rsplit(".", 1)
        if cast.value(f"select count(*) from {table} t where t.{column}::text like %s", f"%{member.id}%"):
            found.add(name)
    return found


def _in_any_schema(cast: Cast, words: list[str]) -> set[str]:
    """Tables of any schema but the catalogue that hold one of the words; accounts are left out."""
    with psycopg.connect(cast.stack.superuser_url, autocommit=True) as administrator:
        tables = administrator.execute(
            "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema')"
            " and n.nspname not like 'pg_toast%' and c.oid <> 'auth.users'::regclass"
        ).fetchall()
        patterns = [f"%{word}%" for word in words]
        return {
            str(table)
            for (table,) in tables
            if administrator.execute(
                f"select exists (select from {table} t where t::text ilike any (%s))", [patterns]
            ).fetchone()
            == (True,)
        }


def _sampled(cast: Cast, words: list[str]) -> set[str]:
    """Which of the words the planner's statistics hold; of a table that is empty now it keeps what it had."""
    with psycopg.connect(cast.stack.superuser_url, autocommit=True) as administrator:
        kept = administrator.execute(
            "select lower(string_agg(s::text, ' ')) from pg_stats s"
            " where schemaname in ('public', 'private') and (select c.reltuples > 0 from pg_class c"
            "   where c.oid = format('%I.%I', schemaname, tablename)::regclass)"
        ).fetchone()
    assert kept is not None
    return {word for word in words if word.lower() in str(kept[0])}


def _dump(cast: Cast) -> str:
    """The whole database as pg_dump writes it, but for the accounts."""
    done = subprocess.run(
        [cast.stack.pg_bin / "pg_dump", "--exclude-table-data=auth.users", cast.stack.superuser_url],
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.lower()


def _erase(cast: Cast, member: Member) -> None:
    """As the app does it: ask for a code, confirm with it."""
    asked = cast.call(member, "POST", "/connect/erase", {}).json()
    answer = cast.call(member, "POST", "/connect/erase", {"code": asked["code"]})
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "status": "erased"})


def test_every_column_that_can_name_a_member_is_empty_of_them(cast: Cast) -> None:
    """Seeds them all, so a new one must be seeded too; then tables, a dump, logs and exports are read."""
    member, columns = _everywhere(cast), _links(cast)
    assert len(columns) > 40
    assert set(columns) - _naming(cast, columns, member) == set(), "seed these in _everywhere()"
    assert _naming(cast, sorted(WITHOUT_IDS), member) == set()

    partners = [
        Member(str(row[0]), cast.stack.token(str(row[0])), "")
        for row in cast.database.execute(
            "select case when user_a = %s then user_b else user_a end from public.matches"
            " where %s in (user_a, user_b) and num_nulls(user_a, user_b) = 0",
            [member.id, member.id],
        )
    ]
    sealed = cast.value(
        "select encode(content_ciphertext, 'hex') from public.blind_chat_messages where sender_user_id = %s",
        member.id,
    )
    words = [member.id, NAME, EMPLOYER, INTEREST, PLACE, *map(str, PACKED), *map(str, BORN.values())]
    words = [word for word in words if word not in ("exact", BORN["birth_tz"])]
    words += [sealed, SECRET, COMPLAINT]
    before = _dump(cast)
    assert [word for word in words if word.lower() not in before] == [SECRET]
    for table in sorted({name.rsplit(".", 1)[0] for name in columns}):
        cast.database.execute(f"analyze {table}")

    _erase(cast, member)
    assert _naming(cast, columns, member) == set()
    assert _in_any_schema(cast, words) == set()
    # The planner never sampled their words; ids and dates are sampled anew at night.
    assert _sampled(cast, words) <= {member.id, BORN["birth_date"]}
    cast.database.execute("select private.purge()")
    assert _sampled(cast, words) == set()
    after = _dump(cast)
    assert [word for word in words if word.lower() in after] == []
    assert len(partners) > 4
    for partner in partners:
        told = cast.call(partner, "GET", "/connect/export").text
        assert [word for word in words if word in told] == []
    logs = sorted(cast.stack.options.home.logs.rglob("*.log"))
    assert len(logs) > 3
    for log in logs:
        text = log.read_text(errors="replace")
        assert [word for word in words if word in text] == [], log.name
    assert cast.value("select count(*) from auth.users where id = %s", member.id) == 1


def test_what_the_other_one_wrote_stays_theirs_until_both_have_gone(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    for sender, text in ((pair.a, "from a"), (pair.b, "from b")):
        body = {"blindChatId": pair.chat_id, "message": text}
        assert cast.call(sender, "POST", "/connect/chat", body).status_code == 200
    _erase(cast, pair.a)
    told = cast.call(pair.b, "GET", "/connect/export").json()
    assert [(row["mine"], row["text"]) for row in told["messages"]] == [(True, "from b")]
    _erase(cast, pair.b)
    left = cast.database.execute(
        "select encode(c.salt, 'hex'), (select count(*) from public.blind_chat_messages t"
        " where t.blind_chat_id = c.id) from public.blind_chats c where c.id = %s",
        [pair.chat_id],
    ).fetchall()
    assert left == [("00" * 32, 0)]


def test_a_code_is_good_once_for_one_member_for_ten_minutes_and_five_tries(cast: Cast) -> None:
    member, other = cast.member(), cast.member()

    def code() -> str:
        return str(ok(cast.rpc(member, "erase_member"))["code"])

    def wrong(caller: Member, given: str) -> None:
        said = refused(cast.rpc(caller, "erase_member", code=given), 422, "invalid_body")
        assert said.startswith("code: wrong, used, or too old.")

    first, second = code(), code()
    assert first != second
    assert cast.value("select count(*) from private.erasure_codes where user_id = %s", member.id) == 1
    wrong(member, first)
    wrong(other, second)
    ok(cast.rpc(other, "erase_member"))
    wrong(other, second)
    for _ in range(4):
        wrong(member, "AAAAAAAA")
    wrong(member, second)  # five were wrong: void
    third = code()
    cast.database.execute(
        "update private.erasure_codes set expires_at = now() - interval '1 second' where user_id = %s",
        [member.id],
    )
    wrong(member, third)
    lasts = cast.value(
        "select extract(epoch from erasure_code_lifetime)::integer from public.settings where id"
    )
    assert lasts == 600
    last = code()
    assert cast.value("select count(*) from public.users where id = %s", member.id) == 1
    assert _holding(cast, last) == set(), "kept as a hash alone"
    assert ok(cast.rpc(member, "erase_member", code=last.lower())) == {"status": "erased"}
    for again in ({"code": last}, {}):
        assert ok(cast.rpc(member, "erase_member", **again)) == {"status": "erased"}


def test_an_idempotency_key_keeps_nothing_of_an_erasure(cast: Cast) -> None:
    member = cast.member()
    key = {"Idempotency-Key": str(uuid.uuid4())}
    told = {"displayName": "Kept", "birthDate": "1990-05-17", "gender": "female", "langPrimary": "en"}
    profile = told | {"tz": "Europe/Berlin"}
    put = cast.call(member, "PUT", "/connect/profile", profile, headers={"Idempotency-Key": "k"})
    assert put.status_code == 200
    kept = "select count(*) from private.idempotency_keys where user_id = %s"
    assert cast.value(kept, member.id) > 0
    code = cast.call(member, "POST", "/connect/erase", {}, headers=key).json()["code"]
    body = {"code": code}
    for headers in ({"Idempotency-Key": str(uuid.uuid4())}, key, {}):
        answer = cast.call(member, "POST", "/connect/erase", body, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"ok": True, "status": "erased"})
    assert cast.value(kept, member.id) == 0


def test_who_was_never_there_is_erased_at_once_and_still_counted(cast: Cast) -> None:
    stranger = cast.stranger()
    with cast.settings(writes_per_minute=5):
        for _ in range(5):
            assert ok(cast.rpc(stranger, "erase_member")) == {"status": "erased"}
        refused(cast.rpc(stranger, "erase_member"), 429, "rate_limited")


def test_without_its_key_nobody_who_met_somebody_is_erased(cast: Cast) -> None:
    """A block would be forgotten. Better that it fails, loudly, and can be repeated."""
    pair = cast.pair()
    with psycopg.connect(cast.stack.superuser_url) as administrator:
        administrator.execute("delete from vault.secrets where name = 'connect_erasure_key'")
        with pytest.raises(psycopg.Error, match="connect_erasure_key"):
            administrator.execute("delete from auth.users where id = %s", [pair.a.id])
        administrator.rollback()
    assert cast.value("select count(*) from public.users where id = %s", pair.a.id) == 1


def test_the_next_run_and_every_replay_go_on_without_them(cast: Cast) -> None:
    member, other = _somebody(cast), cast.member()
    run = load(cast)
    cast.database.execute("delete from auth.users where id = %s", [member.id])
    assert of(load_again(cast, run), member) is None
    assert other.id in ids(load(cast))


@pytest.mark.parametrize("first", ["users", "connect_profiles"])
def test_an_erasure_that_follows_a_change_in_one_transaction(cast: Cast, first: str) -> None:
    """Deleting a member's rows changes their profile once more, while it is going itself."""
    member = _somebody(cast)
    column = {"users": "id", "connect_profiles": "user_id"}[first]
    change = {"users": "lang_secondary = 'fr'", "connect_profiles": "max_age = 50"}[first]
    with cast.database.transaction():
        cast.database.execute(f"update public.{first} set {change} where {column} = %s", [member.id])
        cast.database.execute("delete from public.work_profiles where user_id = %s", [member.id])
        cast.database.execute("delete from auth.users where id = %s", [member.id])
    assert _holding(cast, member.id) == set()


def test_a_dump_without_the_key_does_not_tell_who_was_erased(cast: Cast) -> None:
    """Nothing kept of an erased member is a plain hash of their id, and two keys make two hashes."""
    pair = cast.pair()
    hashes: Any = cast.value("select private.erasure_hashes('member ' || %s)", pair.a.id)
    cast.database.execute("delete from auth.users where id = %s", [pair.a.id])
    kept = {bytes(row[0]) for row in cast.database.execute("select hash from private.erased_hashes")}
    assert bytes(hashes[0]) in kept
    with cast.database.transaction(force_rollback=True):
        secret = cast.value("select id from vault.secrets where name = 'connect_erasure_key'")
        cast.database.execute("select vault.update_secret(%s, %s)", [secret, "another key altogether"])
        other: Any = cast.value("select private.erasure_hashes('member ' || %s)", pair.a.id)
    assert bytes(other[0]) not in kept
    guesses = [
        cast.value("select sha256(convert_to(%s, 'UTF8'))", words)
        for words in (pair.a.id, f"member {pair.a.id}", json.dumps(pair.a.id))
    ]
    assert not kept & {bytes(guess) for guess in guesses}
