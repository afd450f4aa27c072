"""Tokens: what gets in, and a long list of what does not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jose import jwt
from jose.backends.base import Key

from shared.callers import jwks as jwks_module
from shared.callers.jwks import Jwks
from shared.callers.tokens import Verifier
from shared.errors import Unauthenticated
from tests.functions.deployment import ALICE, ISSUER, SECRET, claims

EC_PRIVATE = ec.generate_private_key(ec.SECP256R1())
RSA_PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    """A private key as python-jose signs with it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    """Its public half, as a forger would find it."""
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public.decode()


def b64(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def number(value: int) -> str:
    """A big number as a JWK writes it."""
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def documents() -> dict[str, Any]:
    """The issuer's JWKS document: one key of each kind."""
    point, modulus = EC_PRIVATE.public_key().public_numbers(), RSA_PRIVATE.public_key()
    return {
        "keys": [
            {
                "kty": "EC",
                "crv": "P-256",
                "alg": "ES256",
                "use": "sig",
                "kid": "ec-1",
                "x": b64(point.x.to_bytes(32, "big")),
                "y": b64(point.y.to_bytes(32, "big")),
            },
            {
                "kty": "RSA",
                "alg": "RS256",
                "key_ops": ["verify"],
                "kid": "rsa-1",
                "n": number(modulus.public_numbers().n),
                "e": "AQAB",
            },
        ]
    }


@pytest.fixture
def verifier(monkeypatch: pytest.MonkeyPatch) -> Verifier:
    """One that knows the secret and both public keys."""

    def known(_url: str) -> dict[tuple[str, str], Key]:
        return dict(jwks_module.read(documents()))

    monkeypatch.setattr(jwks_module, "fetch", known)
    return Verifier(ISSUER, SECRET, Jwks("http://keys.test"))


def hs256(header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token signed with the secret."""
    return str(jwt.encode(claims(**changes), SECRET, "HS256", headers=header))


def es256(kid: str | None = "ec-1", **changes: Any) -> str:
    """A token signed with the elliptic key."""
    headers = {"kid": kid} if kid is not None else None
    return str(jwt.encode(claims(**changes), private_pem(EC_PRIVATE), "ES256", headers=headers))


def rs256(kid: str = "rsa-1", **changes: Any) -> str:
    """A token signed with the RSA key."""
    headers = {"kid": kid}
    return str(jwt.encode(claims(**changes), private_pem(RSA_PRIVATE), "RS256", headers=headers))


def crafted(header: Any, payload: Any, secret: bytes = SECRET.encode()) -> str:
    """A token of exactly this header and payload (bytes as they are), signed by HMAC."""
    parts = [
        b64(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (header, payload)
    ]
    signature = hmac.new(secret, ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, b64(signature)])


def raw_claims(**texts: str) -> bytes:
    """Claims as JSON text, some of them written by hand."""
    said = {name: json.dumps(value) for name, value in claims().items()} | texts
    return ("{" + ",".join(f'"{name}":{text}' for name, text in said.items()) + "}").encode()


@pytest.mark.parametrize("sign", [hs256, es256, rs256])
def test_a_token_of_the_issuer_tells_who_asks(verifier: Verifier, sign: Callable[[], str]) -> None:
    token = sign()
    assert verifier.verify(f"Bearer {token}") == (ALICE, token)


def test_the_secret_answers_to_any_kid(verifier: Verifier) -> None:
    assert verifier.verify(f"bearer {hs256({'kid': 'legacy'})}")[0] == ALICE


def test_an_absent_is_anonymous_is_a_person(verifier: Verifier) -> None:
    assert verifier.verify(f"Bearer {hs256(is_anonymous=None)}")[0] == ALICE


def test_a_clock_may_be_a_few_seconds_off(verifier: Verifier) -> None:
    now = int(time.time())
    assert verifier.verify(f"Bearer {hs256(exp=now - 3)}")[0] == ALICE
    assert verifier.verify(f"Bearer {hs256(nbf=now + 3)}")[0] == ALICE


HS = {"alg": "HS256", "typ": "JWT"}
NOW = int(time.time())
OTHER_EC = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())


def altered(token: str, part: int, old: bytes, new: bytes) -> str:
    """The token with text of one part replaced, the signature as it was."""
    parts = token.split(".")
    raw = base64.urlsafe_b64decode(parts[part] + "==")
    assert old in raw
    parts[part] = b64(raw.replace(old, new))
    return ".".join(parts)


FORGERIES: dict[str, Callable[[], str]] = {
    "no token": lambda: "",
    "one word": lambda: "token",
    "two parts": lambda: hs256().rpartition(".")[0],
    "no signature": lambda: hs256().rpartition(".")[0] + ".",
    "four parts": lambda: hs256() + ".x",
    "five parts, encrypted": lambda: "e30.e30.e30.e30.e30",
    "padding": lambda: hs256() + "=",
    "white space inside": lambda: hs256().replace(".", " .", 1),
    "line end": lambda: hs256() + "\n",
    "two tokens": lambda: f"{hs256()}, Bearer {hs256()}",
    "not ascii": lambda: hs256() + "é",
    "header is not json": lambda: crafted(b"nonsense", claims()),
    "header is a list": lambda: crafted([["alg", "HS256"]], claims()),
    "header is a string": lambda: crafted("HS256", claims()),
    "header is null": lambda: crafted(None, claims()),
    "header without alg": lambda: crafted({"typ": "JWT"}, claims()),
    "header with two algs": lambda: crafted(b'{"alg":"HS256","alg":"HS256"}', claims()),
    "header nested deeply": lambda: crafted(b'{"typ":' + b"[" * 3000, claims()),
    "header is not utf-8": lambda: crafted(b'{"alg":"HS256\xff"}', claims()),
    "alg none": lambda: crafted({"alg": "none"}, claims()),
    "alg None, unsigned": lambda: crafted({"alg": "None"}, claims()).rpartition(".")[0] + ".",
    "alg nOnE": lambda: crafted({"alg": "nOnE"}, claims()),
    "alg empty": lambda: crafted({"alg": ""}, claims()),
    "alg is a list": lambda: crafted({"alg": ["HS256"]}, claims()),
    "alg lower case": lambda: crafted({"alg": "hs256"}, claims()),
    "alg HS512": lambda: str(jwt.encode(claims(), SECRET, "HS512")),
    "alg HS384": lambda: str(jwt.encode(claims(), SECRET, "HS384")),
    "alg ES384": lambda: str(jwt.encode(claims(), private_pem(P384), "ES384", headers={"kid": "ec-1"})),
    "alg RS512": lambda: str(
        jwt.encode(claims(), private_pem(RSA_PRIVATE), "RS512", headers={"kid": "rsa-1"})
    ),
    "alg PS256": lambda: crafted({"alg": "PS256", "kid": "rsa-1"}, claims()),
    "alg dir": lambda: crafted({"alg": "dir", "enc": "A256GCM"}, claims()),
    "wrong secret": lambda: crafted(HS, claims(), b"another secret of at least 32 bytes!"),
    "empty secret": lambda: crafted(HS, claims(), b""),
    "signed with the public RSA key": lambda: crafted(
        HS | {"kid": "rsa-1"}, claims(), public_pem(RSA_PRIVATE).encode()
    ),
    "signed with the public EC key": lambda: crafted(
        HS | {"kid": "ec-1"}, claims(), public_pem(EC_PRIVATE).encode()
    ),
    "signed with the JWK": lambda: crafted(
        HS | {"kid": "ec-1"}, claims(), json.dumps(documents()["keys"][0]).encode()
    ),
    "signed with the JWK's x": lambda: crafted(
        HS | {"kid": "ec-1"}, claims(), documents()["keys"][0]["x"].encode()
    ),
    "another EC key under our kid": lambda: str(
        jwt.encode(claims(), private_pem(OTHER_EC), "ES256", headers={"kid": "ec-1"})
    ),
    "EC key, no kid": lambda: es256(None),
    "EC key, unknown kid": lambda: es256("ec-2"),
    "EC key, kid of the RSA key": lambda: es256("rsa-1"),
    "RSA key, kid of the EC key": lambda: rs256("ec-1"),
    "kid is a path": lambda: es256("../../dev/null"),
    "kid is sql": lambda: es256("ec-1' or '1'='1"),
    "kid is empty": lambda: es256(""),
    "kid is a number": lambda: crafted(HS | {"kid": 1}, claims()),
    "kid is a list": lambda: crafted(HS | {"kid": ["ec-1"]}, claims()),
    "kid is very long": lambda: es256("k" * 5000),
    "jku brings keys": lambda: hs256({"jku": "https://evil.test/keys"}),
    "x5u brings keys": lambda: hs256({"x5u": "https://evil.test/cert"}),
    "jwk brings a key": lambda: hs256({"jwk": documents()["keys"][0]}),
    "x5c brings a certificate": lambda: hs256({"x5c": ["MII"]}),
    "crit asks for other rules": lambda: hs256({"crit": ["exp"]}),
    "b64 asks for other rules": lambda: hs256({"b64": False}),
    "zip": lambda: hs256({"zip": "DEF"}),
    "cty says nested": lambda: hs256({"cty": "JWT"}),
    "typ is a number": lambda: crafted({"alg": "HS256", "typ": 1}, claims()),
    "another subject under the same signature": lambda: altered(hs256(), 1, b"a11ce000", b"b0b00000"),
    "another alg under the same signature": lambda: altered(hs256(), 0, b"HS256", b"HS384"),
    "signature cut": lambda: hs256()[:-4],
    "signature in DER": lambda: es256().rpartition(".")[0] + "." + b64(b"0" * 70),
    "signature of zeros": lambda: es256().rpartition(".")[0] + "." + b64(bytes(64)),
    "oversized": lambda: hs256(app_metadata={"x": "y" * 9000}),
    "claims are a list": lambda: crafted(HS, [1]),
    "claims are not json": lambda: crafted(HS, b"{"),
    "claims are not utf-8": lambda: crafted(HS, b'{"sub": "\xff"}'),
    "claims nested deeply": lambda: crafted(HS, b'{"a":' + b"[" * 3000),
    "expired": lambda: hs256(exp=NOW - 60),
    "expired, elliptic": lambda: es256(exp=NOW - 60),
    "no exp": lambda: hs256(exp=None),
    "exp is text": lambda: hs256(exp=str(NOW + 3600)),
    "exp is true": lambda: crafted(HS, raw_claims(exp="true")),
    "exp is infinite": lambda: crafted(HS, raw_claims(exp="Infinity")),
    "exp is 1e999": lambda: crafted(HS, raw_claims(exp="1e999")),
    "exp is NaN": lambda: crafted(HS, raw_claims(exp="NaN")),
    "exp is null": lambda: crafted(HS, raw_claims(exp="null")),
    "exp is a list": lambda: crafted(HS, raw_claims(exp="[9999999999]")),
    "not yet valid": lambda: hs256(nbf=int(time.time()) + 600),
    "nbf is an object": lambda: crafted(HS, raw_claims(nbf="{}")),
    "no sub": lambda: hs256(sub=None),
    "sub is empty": lambda: hs256(sub=""),
    "sub is not a uuid": lambda: hs256(sub="alice"),
    "sub with a line end": lambda: hs256(sub=ALICE + "\n"),
    "sub is a number": lambda: hs256(sub=7),
    "sub is a list": lambda: hs256(sub=[ALICE]),
    "no aud": lambda: hs256(aud=None),
    "aud of another service": lambda: hs256(aud="storage"),
    "aud is a list of others": lambda: hs256(aud=["anon", "storage"]),
    "aud is an object": lambda: hs256(aud={"authenticated": 1}),
    "no iss": lambda: hs256(iss=None),
    "iss of another project": lambda: hs256(iss="http://other.test/auth/v1"),
    "iss with a slash more": lambda: hs256(iss=ISSUER + "/"),
    "iss is a list": lambda: hs256(iss=[ISSUER]),
    "no role": lambda: hs256(role=None),
    "role anon": lambda: hs256(role="anon"),
    "role service_role": lambda: hs256(role="service_role"),
    "role postgres": lambda: hs256(role="postgres"),
    "role is a list": lambda: hs256(role=["authenticated"]),
    "anonymous sign-in": lambda: hs256(is_anonymous=True),
    "anonymous as text": lambda: hs256(is_anonymous="true"),
    "anonymous as a number": lambda: hs256(is_anonymous=1),
    "anonymous as zero": lambda: crafted(HS, raw_claims(is_anonymous="0")),
    "at_hash": lambda: hs256(at_hash="x"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery(verifier: Verifier, name: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        verifier.verify(f"Bearer {FORGERIES[name]()}")
    # Every refusal is the same: nothing tells the forger how close they came.
    assert refusal.value.problem() == Unauthenticated().problem()


@pytest.mark.parametrize(
    "header",
    [
        "{}",
        "Bearer",
        "Bearer  {}",
        "Bearer\t{}",
        " Bearer {}",
        "Basic {}",
        "Token {}",
        "BearerBearer {}",
        'Bearer "{}"',
        "Bearer {} ",
        "Bearer {}, Basic x",
    ],
)
def test_other_ways_to_carry_a_token(verifier: Verifier, header: str) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(header.format(hs256()))


def test_a_deployment_with_keys_only_takes_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks_module, "fetch", lambda _url: dict(jwks_module.read(documents())))
    keys_only = Verifier(ISSUER, None, Jwks("http://keys.test"))
    assert keys_only.verify(f"Bearer {es256()}")[0] == ALICE
    with pytest.raises(Unauthenticated):
        keys_only.verify(f"Bearer {hs256()}")


def test_a_deployment_with_a_secret_only_takes_no_keys() -> None:
    secret_only = Verifier(ISSUER, SECRET, None)
    assert secret_only.verify(f"Bearer {hs256()}")[0] == ALICE
    with pytest.raises(Unauthenticated):
        secret_only.verify(f"Bearer {es256()}")


def test_a_secret_of_digits_is_a_text_not_a_number() -> None:
    secret = "1234567890" * 4
    token = jwt.encode(claims(), secret.encode(), "HS256")
    assert Verifier(ISSUER, secret, None).verify(f"Bearer {token}")[0] == ALICE
