"""What members say of themselves, refuse in others and do for a living: what is taken, what a change does."""

from typing import Any

import pytest

from shared.engine.scoring.parts import PARTS
from tests.cast import Cast
from tests.database.base.test_catalog import as_service
from tests.database.runs import VECTOR, revision

TWENTY = "{" + ",".join(["law"] * 20) + "}"

TRAITS = "matching_preferences_traits"
DEAL_BREAKERS = "matching_preferences_deal_breakers"
INDUSTRIES = "matching_preferences_industries"
WEIGHTS = "matching_preferences_weights"
INDUSTRY = "work_profiles_industry_check"
EMPLOYER = "work_profiles_employer_check"
ACTIVITY = "user_features_activity_score_check"
FEATURES = "user_features_feature_vector_check"


@pytest.mark.parametrize(
    ("table", "column", "value", "refusal"),
    [
        ("matching_preferences", "traits", "{}", None),
        ("matching_preferences", "traits", "{smokes,wants_children}", None),
        ("matching_preferences", "traits", "{smokes,null}", TRAITS),
        ("matching_preferences", "traits", "{{smokes},{religious}}", TRAITS),
        ("matching_preferences", "traits", "{" + ",".join(["smokes"] * 20) + "}", None),
        ("matching_preferences", "traits", "{" + ",".join(["smokes"] * 21) + "}", TRAITS),
        ("matching_preferences", "deal_breakers", "{smokes}", None),
        ("matching_preferences", "deal_breakers", "{null}", DEAL_BREAKERS),
        ("matching_preferences", "deal_breakers", "{{smokes}}", DEAL_BREAKERS),
        ("matching_preferences", "deal_breakers", "{" + ",".join(["smokes"] * 21) + "}", DEAL_BREAKERS),
        ("matching_preferences", "industries", "{}", None),
        ("matching_preferences", "industries", "{law,real_estate}", None),
        ("matching_preferences", "industries", TWENTY, None),
        ("matching_preferences", "industries", TWENTY.replace("}", ",law}"), INDUSTRIES),
        ("matching_preferences", "industries", "{Law}", INDUSTRIES),
        ("matching_preferences", "industries", '{"law,health"}', INDUSTRIES),
        ("matching_preferences", "industries", '{""}', INDUSTRIES),
        ("matching_preferences", "industries", "{law,null}", INDUSTRIES),
        ("matching_preferences", "industries", "{{law},{health}}", INDUSTRIES),
        ("matching_preferences", "industries", "{law_}", INDUSTRIES),
        ("matching_preferences", "algorithm_weights", None, None),
        ("matching_preferences", "algorithm_weights", "{}", None),
        *(("matching_preferences", "algorithm_weights", f'{{"{part.name}": 0.5}}', None) for part in PARTS),
        ("matching_preferences", "algorithm_weights", '{"values": 0.5, "astro": 2}', None),
        ("matching_preferences", "algorithm_weights", '{"horoscope": 0.5}', WEIGHTS),
        ("matching_preferences", "algorithm_weights", '{"values": 0.49}', WEIGHTS),
        ("matching_preferences", "algorithm_weights", '{"values": 2.01}', WEIGHTS),
        ("matching_preferences", "algorithm_weights", '{"values": 1e400}', WEIGHTS),
        ("matching_preferences", "algorithm_weights", '{"values": "1"}', WEIGHTS),
        ("matching_preferences", "algorithm_weights", '{"values": null}', WEIGHTS),
        ("matching_preferences", "algorithm_weights", '{"values": true}', WEIGHTS),
        ("matching_preferences", "algorithm_weights", '{"values": {}}', WEIGHTS),
        ("matching_preferences", "algorithm_weights", '{"values": [0.5]}', WEIGHTS),
        ("matching_preferences", "algorithm_weights", "[]", WEIGHTS),
        ("matching_preferences", "algorithm_weights", "null", WEIGHTS),
        ("matching_preferences", "algorithm_weights", "0.5", WEIGHTS),
        ("work_profiles", "industry", None, None),
        ("work_profiles", "industry", "real_estate", None),
        ("work_profiles", "industry", "a" * 40, None),
        ("work_profiles", "industry", "a" * 41, INDUSTRY),
        ("work_profiles", "industry", "", INDUSTRY),
        ("work_profiles", "industry", "Law", INDUSTRY),
        ("work_profiles", "industry", "real estate", INDUSTRY),
        ("work_profiles", "industry", "law\n", INDUSTRY),
        ("work_profiles", "employer", "Müller & Söhne GmbH (2019)", None),
        ("work_profiles", "employer", "a" * 120, None),
        ("work_profiles", "employer", "a" * 121, EMPLOYER),
        ("work_profiles", "employer", "", EMPLOYER),
        ("work_profiles", "employer", " Acme", EMPLOYER),
        ("work_profiles", "employer", "Ac\tme", EMPLOYER),
        ("user_features", "activity_score", 0, None),
        ("user_features", "activity_score", 100, None),
        ("user_features", "activity_score", "100.01", ACTIVITY),
        ("user_features", "activity_score", "-0.01", ACTIVITY),
        ("user_features", "activity_score", "NaN", ACTIVITY),
        ("user_features", "feature_vector", None, None),
        ("user_features", "feature_vector", str([3.5] + [0.0] * 15), None),
        ("user_features", "feature_vector", str([0.0] * 16), FEATURES),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_a_table_takes(cast: Cast, table: str, column: str, value: Any, refusal: str | None) -> None:
    member = cast.member()
    insert = f"insert into public.{table} (user_id, {column}) values (%s, %s)"
    assert as_service(cast, insert, member.id, value) == refusal
    cast.database.execute(f"insert into public.{table} (user_id) values (%s)", [member.id])
    update = f"update public.{table} set {column} = %s where user_id = %s"
    assert as_service(cast, update, value, member.id) == refusal


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("matching_preferences", "traits", "{clairvoyant}"),
        ("matching_preferences", "exclude_colleagues", None),
        ("matching_preferences", "industries", None),
        ("user_features", "feature_vector", str([1.0] * 15)),
        ("user_features", "feature_vector", str([1.0] * 17)),
        ("user_features", "feature_vector", "[NaN" + ",0" * 15 + "]"),
        ("user_features", "feature_vector", "[Infinity" + ",0" * 15 + "]"),
    ],
)
def test_what_no_column_can_hold(cast: Cast, table: str, column: str, value: Any) -> None:
    member, key = cast.member(), cast.stack.service_role_key
    answer = cast.rest(key, "POST", f"/{table}", json={"user_id": member.id, column: value})
    assert answer.status_code == 400, answer.text
    assert cast.value(f"select count(*) from public.{table} where user_id = %s", member.id) == 0


def test_a_member_has_one_row_of_each(cast: Cast) -> None:
    member = cast.member()
    for table in ("matching_preferences", "work_profiles", "user_features"):
        insert = f"insert into public.{table} (user_id) values (%s)"
        cast.database.execute(insert, [member.id])
        assert as_service(cast, insert, member.id) == f"{table}_pkey"


CHANGES = [
    ("matching_preferences", "traits", "{religious}"),
    ("matching_preferences", "deal_breakers", "{smokes}"),
    ("matching_preferences", "exclude_competitors", "true"),
    ("matching_preferences", "algorithm_weights", '{"values": 0.5}'),
    ("work_profiles", "employer", "Acme"),
    ("user_features", "feature_vector", str(VECTOR)),
]


@pytest.mark.parametrize(("table", "column", "value"), CHANGES)
def test_every_change_is_a_new_revision_of_that_member_alone(
    cast: Cast, table: str, column: str, value: str
) -> None:
    """Proposals computed before it are not stored."""
    member, other = cast.member(), cast.member()
    untouched, seen = revision(cast, other), [revision(cast, member)]
    for change in (
        f"insert into public.{table} (user_id) values (%(member)s)",
        f"update public.{table} set {column} = %(value)s where user_id = %(member)s",
        f"delete from public.{table} where user_id = %(member)s",
    ):
        cast.database.execute(change, {"member": member.id, "value": value})
        seen.append(revision(cast, member))
    assert seen == sorted(set(seen)), "each of the three is a new one"
    assert revision(cast, other) == untouched


def test_a_new_line_of_the_ledger_is_a_new_revision(cast: Cast) -> None:
    member = cast.member()
    before = revision(cast, member)
    cast.database.execute(
        "insert into public.consents (user_id, version, kind) values (%s, 'v1', 'switched')", [member.id]
    )
    assert revision(cast, member) > before


def test_who_has_not_activated_may_say_it_all_the_same(cast: Cast) -> None:
    for table, column, value in CHANGES:
        member = cast.member(active=False)
        insert = f"insert into public.{table} (user_id, {column}) values (%s, %s)"
        cast.database.execute(insert, [member.id, value])
        assert cast.value(f"select count(*) from public.{table} where user_id = %s", member.id) == 1
