"""Sealed messages open where they were written and nowhere else."""

from __future__ import annotations

import base64

import pytest

from shared.chat.sealing import ChatCipher, KeyRing, MalformedRing, UnknownKey, Unreadable
from tests.functions.deployment import CHAT, MATCH, RING

SALT = base64.b64encode(b"s" * 32).decode()
OTHER_SALT = base64.b64encode(b"t" * 32).decode()
ONE = "00000000-0000-4000-8000-000000000001"
TWO = "00000000-0000-4000-8000-000000000002"


@pytest.fixture
def chat() -> ChatCipher:
    return KeyRing(RING).chat(CHAT, SALT)


@pytest.mark.parametrize("text", ["hi", "", "Hallo 👋🏽\nПривет", "x" * 2000])
@pytest.mark.parametrize("key_id", ["k1", "k2"])
def test_what_was_sealed_opens(chat: ChatCipher, text: str, key_id: str) -> None:
    wire = chat.seal(ONE, "a", key_id, text)
    assert KeyRing(RING).chat(CHAT, SALT).open(ONE, "a", key_id, wire) == text


def test_the_wire_is_nonce_ciphertext_and_tag(chat: ChatCipher) -> None:
    raw = base64.b64decode(chat.seal(ONE, "a", "k1", "hello"), validate=True)
    assert len(raw) == 12 + 5 + 16
    assert b"hello" not in raw


def test_the_same_text_never_looks_the_same(chat: ChatCipher) -> None:
    wires = {chat.seal(ONE, "a", "k1", "hello") for _ in range(1000)}
    assert len(wires) == 1000
    assert len({base64.b64decode(wire)[:12] for wire in wires}) == 1000


def test_ids_in_capitals_are_the_same_ids(chat: ChatCipher) -> None:
    wire = KeyRing(RING).chat(CHAT.upper(), SALT).seal(ONE.upper(), "a", "k1", "hello")
    assert chat.open(ONE, "a", "k1", wire) == "hello"


@pytest.mark.parametrize(
    ("moved", "opener", "message_id", "side", "key_id"),
    [
        ("to another row", (CHAT, SALT), TWO, "a", "k1"),
        ("to the other side", (CHAT, SALT), ONE, "b", "k1"),
        ("to another key", (CHAT, SALT), ONE, "a", "k2"),
        ("to another chat with the same salt", (MATCH, SALT), ONE, "a", "k1"),
        ("to another chat", (MATCH, OTHER_SALT), ONE, "a", "k1"),
        ("under another salt", (CHAT, OTHER_SALT), ONE, "a", "k1"),
    ],
)
def test_a_moved_message_does_not_open(
    chat: ChatCipher,
    moved: str,
    opener: tuple[str, str],
    message_id: str,
    side: str,
    key_id: str,
) -> None:
    wire = chat.seal(ONE, "a", "k1", "hello")
    with pytest.raises(Unreadable):
        KeyRing(RING).chat(*opener).open(message_id, side, key_id, wire)


def test_what_is_bound_cannot_be_shifted_between_fields(chat: ChatCipher) -> None:
    ring = {"k": RING["k1"], "ak": RING["k1"]}
    wire = KeyRing(ring).chat(CHAT, SALT).seal(ONE, "a", "k", "hello")
    with pytest.raises(Unreadable):
        KeyRing(ring).chat(CHAT, SALT).open(ONE, "", "ak", wire)


def test_every_changed_bit_is_noticed(chat: ChatCipher) -> None:
    raw = base64.b64decode(chat.seal(ONE, "a", "k1", "hello"))
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unreadable):
            chat.open(ONE, "a", "k1", base64.b64encode(changed).decode())


def test_every_truncation_is_noticed(chat: ChatCipher) -> None:
    raw = base64.b64decode(chat.seal(ONE, "a", "k1", "hello"))
    for length in range(len(raw)):
        with pytest.raises(Unreadable):
            chat.open(ONE, "a", "k1", base64.b64encode(raw[:length]).decode())


@pytest.mark.parametrize("wire", ["", "!", "AAA", "ÄÄÄÄ", "A" * 400 + "*"])
def test_what_is_not_base64_is_unreadable(chat: ChatCipher, wire: str) -> None:
    with pytest.raises(Unreadable):
        chat.open(ONE, "a", "k1", wire)


def test_base64_as_postgres_breaks_it_opens(chat: ChatCipher) -> None:
    wire = chat.seal(ONE, "a", "k1", "x" * 300)
    broken = "\n".join(wire[start : start + 76] for start in range(0, len(wire), 76))
    assert chat.open(ONE, "a", "k1", broken) == "x" * 300


def test_rotation_opens_old_messages_and_seals_with_the_new_key() -> None:
    old = KeyRing({"k1": RING["k1"]})
    wire = old.chat(CHAT, SALT).seal(ONE, "a", old.first, "before")
    rotated = KeyRing({"k2": RING["k2"], "k1": RING["k1"]})
    assert rotated.first == "k2"
    assert rotated.chat(CHAT, SALT).open(ONE, "a", "k1", wire) == "before"
    retired = KeyRing({"k2": RING["k2"]})
    with pytest.raises(UnknownKey):
        retired.chat(CHAT, SALT).open(ONE, "a", "k1", wire)
    with pytest.raises(UnknownKey):
        retired.chat(CHAT, SALT).seal(ONE, "a", "k1", "after")


def test_the_same_id_with_another_key_opens_nothing(chat: ChatCipher) -> None:
    wire = chat.seal(ONE, "a", "k1", "hello")
    with pytest.raises(Unreadable):
        KeyRing({"k1": RING["k2"]}).chat(CHAT, SALT).open(ONE, "a", "k1", wire)


@pytest.mark.parametrize("salt", ["", "AAAA", "AAAAAAAAAAAAAAAAAAAA"])
def test_a_chat_without_a_real_salt_is_a_fault(salt: str) -> None:
    with pytest.raises(ValueError, match="not the salt of a chat"):
        KeyRing(RING).chat(CHAT, salt)


def entry(name: str, key: bytes) -> str:
    """One key as the environment writes it."""
    return f"{name}:{base64.b64encode(key).decode()}"


def test_a_ring_keeps_its_order() -> None:
    text = ", ".join(entry(name, key) for name, key in RING.items())
    assert KeyRing.parse(text).first == "k2"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is missing or empty"),
        ("  ", "is missing or empty"),
        ("k1", "has an entry that is not id:base64"),
        (entry("", b"a" * 32), "has an entry that is not id:base64"),
        (entry("k 1", b"a" * 32), "has an entry that is not id:base64"),
        (entry("k" * 33, b"a" * 32), "has an entry that is not id:base64"),
        (entry("k1", b"a" * 32) + ",", "has an entry that is not id:base64"),
        ("k1:", "has a key that is not 32 bytes"),
        ("k1:***", "has a key that is not base64"),
        (entry("k1", b"a" * 31), "has a key that is not 32 bytes"),
        (entry("k1", b"a" * 33), "has a key that is not 32 bytes"),
        (f"{entry('k1', b'a' * 32)},{entry('k1', b'b' * 32)}", "names the same id twice"),
        (f"{entry('k1', b'a' * 32)},{entry('k2', b'a' * 32)}", "holds the same key twice"),
    ],
)
def test_a_ring_out_of_order_says_what_is_wrong(text: str, fault: str) -> None:
    with pytest.raises(MalformedRing) as refusal:
        KeyRing.parse(text)
    assert str(refusal.value) == fault
