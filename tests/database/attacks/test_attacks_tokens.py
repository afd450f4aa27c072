"""Attacks with tokens and bells that are forged, stale, swapped or sent twice."""

import base64
import datetime
import json
import uuid
from typing import Any

import httpx
import pytest
from jose import jwt

from shared.callers.bell import signed_headers
from tests.cast import Cast, Member
from tests.database.answers import ok

HOUR = 3600


def _claims(cast: Cast, member: Member) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.get_unverified_claims(member.token)
    return claims


def _segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _now() -> int:
    return int(datetime.datetime.now(datetime.UTC).timestamp())


def _wrong_secret(cast: Cast, member: Member) -> str:
    return str(jwt.encode(_claims(cast, member), "not-the-secret-but-long-enough-for-hs256", "HS256"))


def _no_algorithm(cast: Cast, member: Member) -> str:
    return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(_claims(cast, member))}."


def _signature_of_another(cast: Cast, member: Member) -> str:
    header, _, signature = cast.member().token.split(".")
    return f"{header}.{_segment(_claims(cast, member))}.{signature}"


def _signature_cut_off(cast: Cast, member: Member) -> str:
    return member.token.rsplit(".", 1)[0] + "."


def _public_key_as_secret(cast: Cast, member: Member) -> str:
    """The key everyone has, used to sign: swapped-algorithm attacks make a verifier accept it."""
    return str(jwt.encode(_claims(cast, member), cast.stack.anon_key, "HS256"))


def _header_says_rs256(cast: Cast, member: Member) -> str:
    signed = jwt.encode(_claims(cast, member), cast.stack.keys.jwt_secret, "HS256")
    return f"{_segment({'alg': 'RS256', 'typ': 'JWT'})}.{signed.split('.', 1)[1]}"


def _own_key_in_the_header(cast: Cast, member: Member) -> str:
    key = "a-key-the-attacker-brought-along-in-the-header"
    brought = {"jwk": {"kty": "oct", "alg": "HS256", "k": _segment(key)}}
    return str(jwt.encode(_claims(cast, member), key, "HS256", headers=brought))


def _expired(cast: Cast, member: Member) -> str:
    return cast.stack.token(member.id, seconds=-HOUR)


FORGED = (
    _wrong_secret,
    _no_algorithm,
    _signature_of_another,
    _signature_cut_off,
    _public_key_as_secret,
    _header_says_rs256,
    _own_key_in_the_header,
    _expired,
)

# Rightly signed, and still not the token of a signed-in member. None leaves the claim out.
UNFIT: dict[str, dict[str, Any]] = {
    "wrong audience": {"aud": "somewhere-else"},
    "audience of a list without us": {"aud": ["storage", "realtime"]},
    "anonymous sign-in": {"is_anonymous": True},
    "anonymous sign-in as text": {"is_anonymous": "true"},
    "role of the service": {"role": "service_role"},
    "role of nobody": {"role": "anon"},
    "no role": {"role": None},
    "role of the database": {"role": "postgres"},
    "subject that is no UUID": {"sub": "1"},
    "no subject": {"sub": None},
    "subject of nobody": {"sub": "00000000-0000-4000-8000-000000000000"},
    "not valid yet": {"nbf": 4102444800},
}


def _refused(response: httpx.Response) -> None:
    assert response.status_code in (401, 403), response.text


@pytest.mark.parametrize("forge", FORGED, ids=lambda forge: forge.__name__.strip("_"))
def test_a_forged_or_stale_token_is_refused_everywhere(cast: Cast, forge: Any) -> None:
    member = cast.member()
    before = cast.value("select to_jsonb(u)::text from public.users u where id = %s", member.id)
    token = forge(cast, member)
    for function, words in (("get_status", {}), ("put_profile", {"display_name": "Forged"})):
        assert cast.rpc(token, function, **words).status_code == 401
    response = cast.rest(token, "GET", "/users?select=id")
    assert response.status_code == 401
    assert member.id not in response.text
    for method, path, body in (
        ("GET", "/connect/status", None),
        ("PUT", "/connect/profile", {"displayName": "Forged"}),
    ):
        response = cast.call(token, method, path, body)
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    assert cast.value("select to_jsonb(u)::text from public.users u where id = %s", member.id) == before


@pytest.mark.parametrize("claims", UNFIT.values(), ids=UNFIT)
def test_a_token_that_is_no_signed_in_member_s_reaches_nothing(cast: Cast, claims: dict[str, Any]) -> None:
    member = cast.member()
    pair = cast.pair(a=member)
    token = cast.stack.token(member.id, **claims)
    _refused(cast.rpc(token, "get_status"))
    _refused(cast.rpc(token, "respond", match_id=pair.match_id, action="accept"))
    assert cast.value("select decision_a from public.matches where id = %s", pair.match_id) is None
    for table in ("users", "connect_profiles", "consents"):
        if claims.get("role") == "service_role":
            continue  # through PostgREST this is the service: only the signing key makes it
        response = cast.rest(
            token, "GET", f"/{table}?select=user_id" if table != "users" else "/users?select=id"
        )
        assert response.status_code in (401, 403) or response.json() == []
    for method, path, body in (
        ("GET", "/connect/profile", None),
        ("POST", "/connect/block", {"matchId": pair.match_id}),
    ):
        response = cast.call(token, method, path, body)
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    assert cast.value("select left_a_at from public.matches where id = %s", pair.match_id) is None


@pytest.mark.parametrize(
    "claims", [{"iss": "https://elsewhere.example/auth/v1"}, {"iss": None}, {"aud": None}], ids=repr
)
def test_the_functions_also_want_issuer_and_audience(cast: Cast, claims: dict[str, Any]) -> None:
    response = cast.call(cast.stack.token(cast.member().id, **claims), "GET", "/connect/profile")
    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")


def test_a_token_in_another_place_is_no_token(cast: Cast) -> None:
    member = cast.member()
    url = f"{cast.stack.functions_url}/connect/profile"
    for headers, query in (
        ({}, f"?access_token={member.token}"),
        ({"Cookie": f"sb-access-token={member.token}"}, ""),
        ({"apikey": member.token}, ""),
        ({"Authorization": member.token}, ""),
        ({"Authorization": f"Basic {member.token}"}, ""),
        ({"X-Forwarded-Authorization": f"Bearer {member.token}"}, ""),
    ):
        assert cast.http.get(url + query, headers=headers).status_code == 401
    forged = {"request.jwt.claims": json.dumps({"sub": member.id, "role": "authenticated"})}
    assert cast.rest(None, "POST", "/rpc/get_profile", json={}, headers=forged).status_code == 401


def _ring(cast: Cast, headers: dict[str, str], body: bytes = b"{}", path: str = "/matcher") -> httpx.Response:
    return cast.http.post(
        f"{cast.stack.functions_url}{path}",
        content=body,
        headers={"Content-Type": "application/json"} | headers,
    )


def _signed(
    cast: Cast, *, path: str = "/matcher", body: bytes = b"{}", seconds: int = 0, key: bytes | None = None
) -> dict[str, str]:
    now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    return signed_headers(key or cast.stack.keys.bell_key.encode(), path, body, now, str(uuid.uuid4()))


def test_a_replayed_bell_is_refused(cast: Cast) -> None:
    headers = _signed(cast)
    assert _ring(cast, headers).status_code == 200
    runs = cast.value("select count(*) from public.job_runs")
    for _ in range(3):
        response = _ring(cast, headers)
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    assert cast.value("select count(*) from public.job_runs") == runs


def test_a_bell_read_from_the_queue_fits_no_other_bell(cast: Cast) -> None:
    """Any SQL role can read what pg_net sends: a signature fits its own nonce, time, path and body."""
    runs = cast.value("select count(*) from public.job_runs")
    other = {"X-Connect-Nonce": str(uuid.uuid4())}
    later = {"X-Connect-Timestamp": str(_now() + 1)}
    attempts = [
        _ring(cast, _signed(cast) | other),
        _ring(cast, _signed(cast) | later),
        _ring(cast, _signed(cast), body=b'{"trigger":"hand"}'),
        _ring(cast, _signed(cast, path="/jobs/other")),
        _ring(cast, _signed(cast, seconds=-301)),
        _ring(cast, _signed(cast, seconds=301)),
    ]
    assert {response.status_code for response in attempts} == {401}
    assert len({response.json()["detail"] for response in attempts}) == 1
    assert cast.value("select count(*) from public.job_runs") == runs


def test_the_matcher_is_not_started_by_keys_members_hold(cast: Cast) -> None:
    runs = cast.value("select count(*) from public.job_runs")
    for token in (
        cast.stack.anon_key,
        cast.member().token,
        cast.stack.service_role_key,
        cast.stack.admin_token,
    ):
        assert _ring(cast, {"Authorization": f"Bearer {token}", "apikey": token}).status_code == 401
        assert _ring(cast, _signed(cast, key=token.encode())).status_code == 401
    assert _ring(cast, {}).status_code == 401
    for caller in (None, cast.stack.anon_key, cast.member()):
        for function in ("ring", "http_post", "schedule"):
            assert cast.rpc(caller, function, job="matcher").status_code == 404
    assert cast.value("select count(*) from public.job_runs") == runs


def test_the_right_bell_still_rings(cast: Cast) -> None:
    """So that the refusals above are not those of a bell nobody can ring."""
    # Whom earlier tests left waiting is not this test's to match.
    cast.database.execute("delete from public.matchmaking_queue")
    answer = _ring(cast, _signed(cast))
    assert answer.status_code == 200
    assert answer.json()["ok"] is True
    ok(cast.rpc(cast.member(), "get_status"))
