"""Messages at rest: AES-256-GCM under a key the database never holds.

    chat key   = HKDF-SHA256(key-encryption key `id` of the ring, salt = the chat's salt)
    bound data = chat id, message id, side and key id
    wire       = base64(nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes))

The salt is drawn by the database when it opens the chat; destroying it destroys every message of
the chat. Because the bound data is authenticated, a row moved to another chat, message, side or key
does not open. Whoever holds the ring and the database can read: this is encryption at rest.

A message that a report holds as evidence is a copy of the row: the report keeps the chat's id and
salt with it, so that both outlive the chat, and go with the report.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
MIN_SALT_BYTES = 16

# Separate these keys from each other and from any others made from the same ring.
_INFO = b"connect blind chat v1"
_STATEMENTS = b"connect unreadable message v1"
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class MalformedRing(ValueError):
    """The text of a key ring is not usable; the message quotes no key."""


class Unreadable(Exception):
    """A stored message fails authentication: moved, changed, or never written by us."""


class UnknownKey(Exception):
    """The ring holds no key of that id: a fault of the deployment, not of the message."""


class KeyRing:
    """Key-encryption keys by id. New chats use the first; the others open older messages."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """A ring from `id:base64(32 bytes)`, separated by commas. Raises MalformedRing."""
        keys: dict[str, bytes] = {}
        for entry in text.split(",") if text.strip() else []:
            key_id, colon, encoded = entry.strip().partition(":")
            if not colon or not _KEY_ID.fullmatch(key_id):
                raise MalformedRing("has an entry that is not id:base64")
            try:
                key = base64.b64decode(encoded, validate=True)
            except ValueError:
                raise MalformedRing("has a key that is not base64") from None
            if len(key) != KEY_BYTES:
                raise MalformedRing(f"has a key that is not {KEY_BYTES} bytes")
            if key_id in keys:
                raise MalformedRing("names the same id twice")
            if key in keys.values():
                raise MalformedRing("holds the same key twice")
            keys[key_id] = key
        if not keys:
            raise MalformedRing("is missing or empty")
        return cls(keys)

    @property
    def first(self) -> str:
        """The id new chats use."""
        return next(iter(self._keys))

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """The keys themselves, for deriving others."""
        return tuple(self._keys.values())

    def chat(self, chat_id: str, salt: str) -> ChatCipher:
        """What seals and opens the messages of one chat. `salt`: base64, as the database has it."""
        return ChatCipher(self._keys, chat_id, salt)


class ChatCipher:
    """Seals and opens messages of one chat. Derived keys live as long as this object: a request.

    Not longer, so that destroying a salt takes effect at once in every process; deriving costs
    about as much as one JSON line.
    """

    def __init__(self, keys: Mapping[str, bytes], chat_id: str, salt: str) -> None:
        self._keys = keys
        self._chat_id = chat_id.lower()
        # As below: PostgreSQL breaks base64 into lines.
        self._salt = base64.b64decode(salt.replace("\n", ""), validate=True)
        if len(self._salt) < MIN_SALT_BYTES:
            raise ValueError("not the salt of a chat")
        self._derived: dict[str, AESGCM] = {}

    def seal(self, message_id: str, side: str, key_id: str, text: str) -> str:
        """The wire form of `text`. Raises UnknownKey."""
        nonce = os.urandom(NONCE_BYTES)
        bound = self._bound(message_id, side, key_id)
        sealed = self._key(key_id).encrypt(nonce, text.encode(), bound)
        return base64.b64encode(nonce + sealed).decode()

    def open(self, message_id: str, side: str, key_id: str, wire: str) -> str:
        """The text of a stored message. Raises Unreadable or UnknownKey."""
        key = self._key(key_id)
        try:
            # PostgreSQL breaks base64 every 76 characters; line ends carry nothing.
            raw = base64.b64decode(wire.replace("\n", ""), validate=True)
            if len(raw) < NONCE_BYTES + TAG_BYTES:
                raise Unreadable("truncated")
            bound = self._bound(message_id, side, key_id)
            return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound).decode()
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise Unreadable(type(error).__name__) from None

    def state_unreadable(self, message_id: str, side: str) -> str:
        """Our word, `key id:base64(HMAC-SHA-256)`, that a message of that side did not open here."""
        key_id = next(iter(self._keys))
        return f"{key_id}:{base64.b64encode(self._statement(key_id, message_id, side)).decode()}"

    def is_stated(self, message_id: str, side: str, statement: str) -> bool:
        """Whether that is our word. Raises UnknownKey where the ring has lost its key."""
        key_id, _, encoded = statement.partition(":")
        signature = base64.b64decode(encoded, validate=True)
        return hmac.compare_digest(signature, self._statement(key_id, message_id, side))

    def _statement(self, key_id: str, message_id: str, side: str) -> bytes:
        if key_id not in self._keys:
            raise UnknownKey
        hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=self._salt, info=_STATEMENTS)
        key = hkdf.derive(self._keys[key_id])
        return hmac.digest(key, self._bound(message_id, side, key_id), "sha256")

    def _key(self, key_id: str) -> AESGCM:
        key = self._derived.get(key_id)
        if key is None:
            if key_id not in self._keys:
                raise UnknownKey
            hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=self._salt, info=_INFO)
            key = self._derived[key_id] = AESGCM(hkdf.derive(self._keys[key_id]))
        return key

    def _bound(self, message_id: str, side: str, key_id: str) -> bytes:
        # A JSON list, so that no two different quadruples make the same bytes.
        return json.dumps([self._chat_id, message_id.lower(), side, key_id]).encode()
