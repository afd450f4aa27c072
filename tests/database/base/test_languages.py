"""Languages in the database: one code for each, whoever writes the row."""

import pytest

from scripts.tools.names.language_codes import POLICY
from shared.languages import known_codes, language_of
from tests.cast import Cast
from tests.database.answers import ok, refused
from tests.database.member.test_profile import WHOLE

TAGS = ["pt-BR", "zh-Hant", "zh-yue", "zh_TW", "zh-cmn-Hans", "es-419", "de-CH-1996", "sr-Latn-RS"]
NO_LANGUAGES = ["", "german", "DE", "xx", "und", "sgn", "de-", "-de", "de--AT", "de\n"]


def test_sql_and_python_know_the_same_codes(cast: Cast) -> None:
    tags = [*known_codes(), *TAGS, *NO_LANGUAGES]
    rows = cast.database.execute(
        "select t, private.language_of(t) from unnest(%s::text[]) as t", [tags]
    ).fetchall()
    assert dict(rows) == {tag: language_of(tag) for tag in tags}


def test_a_member_is_told_the_code_that_is_stored(cast: Cast) -> None:
    member = cast.member(active=False)
    told = {"lang_primary": "cmn", "lang_secondary": "pt-BR"}
    profile = ok(cast.rpc(member, "put_profile", **(WHOLE | told)))["profile"]
    assert (profile["langPrimary"], profile["langSecondary"]) == ("zh", "pt")


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"lang_primary": "xx"}, "langPrimary"),
        ({"lang_secondary": "und"}, "langSecondary"),
        ({"lang_primary": "deu", "lang_secondary": "de-AT"}, "langSecondary"),
    ],
)
def test_what_is_no_language_or_the_same_is_refused_by_field(
    cast: Cast, told: dict[str, str], field: str
) -> None:
    member = cast.member(active=False)
    assert refused(cast.rpc(member, "put_profile", **(WHOLE | told)), 422, "invalid_body").startswith(field)


def test_wanted_languages_are_stored_as_one_code_each_once(cast: Cast) -> None:
    member, path = cast.member(), "/connect_profiles?user_id=eq."
    key = cast.stack.service_role_key
    row = "select language_pref from public.connect_profiles where user_id = %s"
    body = {"language_pref": ["deu", "pt-BR", "de", "ase"]}
    assert cast.rest(key, "PATCH", path + member.id, json=body).status_code == 204
    assert cast.value(row, member.id) == ["de", "pt", "ase"]
    for nonsense in (["xx"], [None], [""], [["de", "en"]], ["de,en"]):
        answer = cast.rest(key, "PATCH", path + member.id, json={"language_pref": nonsense})
        assert (answer.status_code, answer.json()["code"]) == (400, "23514"), nonsense
    assert cast.value(row, member.id) == ["de", "pt", "ase"]
    assert cast.rest(key, "PATCH", path + member.id, json={"language_pref": []}).status_code == 204
    assert cast.value(row, member.id) == []


def test_a_code_that_a_release_brings_reaches_the_rows_that_are_there(cast: Cast) -> None:
    member = cast.member()
    with cast.database.transaction(force_rollback=True):
        for table, trigger in (("users", "user_speaks"), ("connect_profiles", "profile_speaks")):
            cast.database.execute(f"alter table public.{table} disable trigger {trigger}")
        cast.database.execute(
            "update public.users set lang_primary = 'tl', lang_secondary = 'fil' where id = %s", [member.id]
        )
        cast.database.execute(
            "update public.connect_profiles set language_pref = '{nb,no,de}' where user_id = %s", [member.id]
        )
        for table, trigger in (("users", "user_speaks"), ("connect_profiles", "profile_speaks")):
            cast.database.execute(f"alter table public.{table} enable trigger {trigger}")
        cast.database.execute(POLICY.read_text())
        spoken = "select array[lang_primary, lang_secondary] from public.users where id = %s"
        assert cast.value(spoken, member.id) == ["fil", None]
        wanted = "select language_pref from public.connect_profiles where user_id = %s"
        assert cast.value(wanted, member.id) == ["no", "de"]
