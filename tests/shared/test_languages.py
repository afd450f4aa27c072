"""Codes and tags of languages."""

import pytest
from babel import Locale

from scripts.tools.names import language_codes
from shared.languages import known_codes, language_of
from shared.words import LANGUAGES


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("de", "de"),
        ("deu", "de"),
        ("ger", "de"),
        ("cmn", "zh"),
        ("zho", "zh"),
        ("arb", "ar"),
        ("pes", "fa"),
        ("iw", "he"),
        ("tl", "fil"),
        ("nb", "no"),
        ("nob", "no"),
        ("nn", "no"),
        ("ase", "ase"),
        ("gsg", "gsg"),
        ("bfi", "bfi"),
        ("rom", "rom"),
        ("rmy", "rom"),
        ("yue", "yue"),
        ("zh-yue", "yue"),
        ("zh-cmn-Hans-CN", "zh"),
        ("pt-BR", "pt"),
        ("zh-Hant", "zh"),
        ("zh_TW", "zh"),
        ("es-419", "es"),
        ("sr-Latn-RS", "sr"),
        ("de-CH-1996", "de"),
        ("qaa", "qaa"),
    ],
)
def test_codes_and_tags_of_one_language_are_stored_as_one(tag: str, code: str) -> None:
    assert language_of(tag) == code
    assert language_of(code) == code


@pytest.mark.parametrize(
    "tag", ["", "german", "DE", "xx", "und", "mul", "sgn", "de-", "-de", "de--AT", "de\n", "quz9"]
)
def test_what_is_no_language(tag: str) -> None:
    assert language_of(tag) is None


def test_every_language_of_two_letters_and_every_one_that_texts_are_in_is_known() -> None:
    for code in {*Locale("en").languages, *LANGUAGES} - {"und", "mul", "zxx"}:
        if "_" not in code:
            assert language_of(code), code
    assert sum(len(code) == 2 for code in known_codes()) >= 184
    assert all(known_codes()[code] == code for code in known_codes().values())


def test_the_tables_are_what_the_pinned_packages_make() -> None:
    assert language_codes.TABLE.read_text(encoding="utf-8") == language_codes.table()
    assert language_codes.POLICY.read_text(encoding="utf-8") == language_codes.policy()
