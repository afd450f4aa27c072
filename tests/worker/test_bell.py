"""The bell's signature by itself: known values, every way to bend it, and its window."""

from __future__ import annotations

import datetime
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.callers.bell import (
    MAX_BODY_BYTES,
    NONCE,
    SIGNATURE,
    TIMESTAMP,
    WINDOW_SECONDS,
    Bell,
    BellRefused,
    announced,
    signed_headers,
)

KEY = b"k" * 32
NOW = datetime.datetime(2026, 11, 20, 12, 0, 0, 700_000, tzinfo=datetime.UTC)
UUID = "0b9f8c1e-3c6d-4a52-9a7e-2f1d5b6c7d8e"


def verify(key: bytes, headers: dict[str, str], path: str, body: bytes, now: datetime.datetime) -> Bell:
    """Both steps, with a length as it is."""
    return announced(headers, len(body), now).signed(key, path, body)


def test_the_signature_is_hmac_sha256_over_time_nonce_path_and_body() -> None:
    headers = signed_headers(KEY, "/matcher", b"{}", NOW, UUID)
    seconds = str(int(NOW.timestamp()))
    signed = seconds.encode() + b"." + UUID.encode() + b"./matcher.{}"
    assert headers == {
        TIMESTAMP: seconds,
        NONCE: UUID,
        SIGNATURE: hmac.new(KEY, signed, hashlib.sha256).hexdigest(),
    }


@given(
    st.binary(min_size=1), st.sampled_from(["/matcher", "/jobs/expiry"]), st.binary(max_size=900), st.uuids()
)
def test_a_signed_bell_is_heard(key: bytes, path: str, body: bytes, nonce: object) -> None:
    bell = verify(key, signed_headers(key, path, body, NOW, str(nonce)), path, body, NOW)
    assert bell.nonce == str(nonce)
    assert bell.rung_at == NOW.replace(microsecond=0)


@given(st.integers(0, 10**9), st.integers(0, 7))
def test_one_changed_bit_of_the_body_is_a_forgery(at: int, bit: int) -> None:
    body = bytearray(b'{"job": "matcher"}')
    headers = signed_headers(KEY, "/matcher", bytes(body), NOW, UUID)
    body[at % len(body)] ^= 1 << bit
    with pytest.raises(BellRefused, match="forged"):
        verify(KEY, headers, "/matcher", bytes(body), NOW)


@pytest.mark.parametrize(
    ("seconds", "heard"),
    [
        (0, True),
        (WINDOW_SECONDS - 1, True),
        (WINDOW_SECONDS + 1, False),
        (-WINDOW_SECONDS + 1, True),
        (-WINDOW_SECONDS - 1, False),
        (10**8, False),
    ],
)
def test_the_window_is_open_in_both_directions(seconds: int, heard: bool) -> None:
    rung = NOW - datetime.timedelta(seconds=seconds)
    headers = signed_headers(KEY, "/matcher", b"", rung, UUID)
    if heard:
        assert verify(KEY, headers, "/matcher", b"", NOW).nonce == UUID
    else:
        with pytest.raises(BellRefused, match="stale"):
            verify(KEY, headers, "/matcher", b"", NOW)


@pytest.mark.parametrize("name", [TIMESTAMP, NONCE, SIGNATURE])
def test_a_missing_header_is_no_signature(name: str) -> None:
    headers = signed_headers(KEY, "/matcher", b"", NOW, UUID)
    del headers[name]
    with pytest.raises(BellRefused, match="without"):
        verify(KEY, headers, "/matcher", b"", NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (TIMESTAMP, ""),
        (TIMESTAMP, "now"),
        (TIMESTAMP, "1.5e9"),
        (TIMESTAMP, "-1795176000"),
        (TIMESTAMP, " 1795176000"),
        (TIMESTAMP, "1795176000\n"),
        (TIMESTAMP, "９" * 10),
        (TIMESTAMP, "9" * 400),
        (NONCE, ""),
        (NONCE, "7"),
        (NONCE, UUID.upper()),
        (NONCE, UUID + "."),
        (NONCE, "{" + UUID + "}"),
        (SIGNATURE, ""),
        (SIGNATURE, "0" * 63),
        (SIGNATURE, "0" * 65),
        (SIGNATURE, "G" * 64),
        (SIGNATURE, "é" * 64),
    ],
)
def test_a_malformed_header_is_refused_before_anything_is_computed(name: str, value: str) -> None:
    headers = signed_headers(KEY, "/matcher", b"", NOW, UUID) | {name: value}
    with pytest.raises(BellRefused, match="malformed"):
        verify(KEY, headers, "/matcher", b"", NOW)


def test_an_upper_case_signature_is_malformed() -> None:
    headers = signed_headers(KEY, "/matcher", b"", NOW, UUID)
    with pytest.raises(BellRefused, match="malformed"):
        verify(KEY, headers | {SIGNATURE: headers[SIGNATURE].upper()}, "/matcher", b"", NOW)


@pytest.mark.parametrize("key", [b"K" * 32, b"k" * 31, KEY + b"\n"])
def test_another_key_is_a_forgery(key: bytes) -> None:
    headers = signed_headers(key, "/matcher", b"", NOW, UUID)
    with pytest.raises(BellRefused, match="forged"):
        verify(KEY, headers, "/matcher", b"", NOW)


def test_an_empty_key_signs_and_hears_nothing() -> None:
    with pytest.raises(ValueError, match="key"):
        signed_headers(b"", "/matcher", b"", NOW, UUID)
    with pytest.raises(ValueError, match="key"):
        verify(b"", signed_headers(KEY, "/matcher", b"", NOW, UUID), "/matcher", b"", NOW)


@pytest.mark.parametrize("declared", [None, MAX_BODY_BYTES + 1, 10**12])
def test_a_long_bell_is_refused_before_its_body_is_there(declared: int | None) -> None:
    headers = signed_headers(KEY, "/matcher", b"", NOW, UUID)
    assert announced(headers, MAX_BODY_BYTES, NOW).nonce == UUID
    with pytest.raises(BellRefused, match="long"):
        announced(headers, declared, NOW)
