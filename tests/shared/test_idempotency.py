"""Idempotency keys on their way to the database: only hashes, one pair per secret."""

from typing import Any

import pytest

from shared.errors import InvalidBody
from shared.http.idempotency import Fingerprints, well_formed

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
ASKED = ("a11ce", "key", "POST /connect/close", {"matchId": "m"})


def test_a_pair_of_hashes_for_every_secret() -> None:
    both, old = Fingerprints([NEW, OLD]).of(*ASKED), Fingerprints([OLD]).of(*ASKED)
    assert both[1:] == old
    assert both[0] not in old
    assert {len(text) for pair in both for text in pair.values()} == {64}


@pytest.mark.parametrize(
    ("at", "value", "changed"),
    [
        (0, "b0b", {"key", "body"}),
        (1, "other key", {"key"}),
        (2, "POST /connect/block", {"body"}),
        (3, {"matchId": "n"}, {"body"}),
        (3, None, {"body"}),
    ],
)
def test_what_a_hash_depends_on(at: int, value: object, changed: set[str]) -> None:
    """The key's on member and key; the body's on member, route and body."""
    other: list[Any] = list(ASKED)
    other[at] = value
    fingerprints = Fingerprints([NEW])
    (first,), (second,) = fingerprints.of(*ASKED), fingerprints.of(*other)
    assert {name for name in first if first[name] != second[name]} == changed


def test_neither_order_nor_spaces_matter() -> None:
    fingerprints = Fingerprints([NEW])
    one, two = {"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1}
    assert fingerprints.of("m", "k", "r", one) == fingerprints.of("m", "k", "r", two)
    assert fingerprints.of("m", "k", "r", {"b": [2, 1], "a": 1}) != fingerprints.of("m", "k", "r", one)


def test_a_body_of_any_characters_has_a_hash() -> None:
    assert Fingerprints([NEW]).of("m", "k", "r", {"text": "\ud800 \U0001f600 \0"})


@pytest.mark.parametrize("key", ["", " ", "a b", "a\n", "\x7f", "é", "x" * 256])
def test_a_key_is_visible_ascii(key: str) -> None:
    with pytest.raises(InvalidBody) as refusal:
        well_formed(key)
    assert "Idempotency-Key" in refusal.value.detail
    assert len(refusal.value.detail) < 100


def test_a_key_may_be_anything_visible() -> None:
    for key in ("!", '"quoted"', "x" * 255, "8e03978e-40d5-43dd-bc93-6894a57f9324"):
        assert well_formed(key) == key
