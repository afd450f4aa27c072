"""Tries the cells of the matrix that are about calls: functions by actor and by state, kinds of tokens."""

import time
import uuid

import httpx
from jose import jwt

from tests.cast import Cast, Json, Member, Pair
from tests.database.row_cells import read, refused
from tests.database.scene import Scene
from tests.database.truth_table import FUNCTION_ACTORS, functions, section

# The key of a success body that says what happened.
_RESULT = {
    "respond": "status",
    "request_reveal": "revealState",
    "answer_reveal": "revealState",
    "close_match": "status",
}


def wrong_functions(scene: Scene, function: str) -> list[str]:
    """One function, for every actor."""
    wrong = []
    pair = scene.pair("reveal_requested")
    cast = scene.cast
    for actor in FUNCTION_ACTORS:
        caller = scene.caller(actor, pair)
        if actor in ("stranger", "member"):
            caller = (
                cast.stranger() if actor == "stranger" else cast.member()
            )  # some calls change who they are
        named = pair
        if function == "store_profile_vectors":
            named = Pair(pair.match_id, cast.member(signals="{values}"), pair.b)
        answer = cast.rpc(caller, function, **scene.arguments(function, named))
        said = "no" if refused(answer) else str(answer.status_code)
        if said != functions()[function][actor]:
            written = functions()[function][actor]
            wrong.append(f"{function} by {actor}: written {written!r}, found {said!r} {answer.text[:200]}")
    return wrong


def wrong_tokens(scene: Scene) -> list[str]:
    """Every kind of token, on a table and on a function."""
    wrong = []
    cast = scene.cast
    for row in section("Tokens"):
        member = cast.member()
        token = _token(cast, row["token"], member)
        users, status = cast.rest(token, "GET", "/users?select=id"), cast.rpc(token, "get_status")
        # Whoever a token makes of its bearer, what is theirs is what the member's rows are.
        bearer = None if token is None else Member(member.id, token, member.name)
        said = {
            "users": _verdict(users, read(cast, "users", bearer)),
            "get_status": _verdict(status, str(status.status_code)),
        }
        for probe, found in said.items():
            if found != row[probe]:
                wrong.append(f"token {row['token']}, {probe}: written {row[probe]!r}, found {found!r}")
    return wrong


def _verdict(answer: httpx.Response, otherwise: str) -> str:
    """Whether the token itself was turned away, or the permission was missing, or else what was answered."""
    if answer.status_code == 401 and answer.json().get("code") not in ("42501", "unauthenticated"):
        return "invalid"
    return "no" if refused(answer) else otherwise


def _token(cast: Cast, kind: str, member: Member) -> str | None:
    stack, now = cast.stack, int(time.time())
    if kind == "none":
        return None
    if kind == "of a deleted account":
        cast.database.execute("delete from auth.users where id = %s", [member.id])
        return member.token
    if kind == "signed with another secret":
        return str(
            jwt.encode(
                jwt.get_unverified_claims(member.token), "another secret, quite long enough to sign with"
            )
        )
    if kind == "unsigned":
        return "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + member.token.split(".")[1] + "."
    if kind.startswith("role "):
        return stack.token(member.id, role=kind.removeprefix("role "))
    changed: dict[str, Json] = {
        "of the member": {},
        "without a role": {"role": None},
        "anonymous sign-in": {"is_anonymous": True},
        "another audience": {"aud": "somewhere"},
        "without a subject": {"sub": None},
        "subject no UUID": {"sub": "1"},
        "expired": {"exp": now - 120},
        "not valid yet": {"nbf": now + 600},
    }
    return stack.token(member.id, **changed[kind])


def ask(cast: Cast, caller: Member, pair: Pair, call: str, message_id: str | None = None) -> httpx.Response:
    """Make one call about a pair: `call` is a function's name and, for two of them, an action behind it."""
    function, _, action = call.partition(" ")
    arguments = Scene(cast).arguments(function, pair)
    if action:
        arguments["action"] = action
    if function == "note_unreadable":
        arguments["message_ids"] = [message_id or str(uuid.uuid4())]  # with one statement
    return cast.rpc(caller, function, **arguments)


def outcome(call: str, answer: httpx.Response) -> str:
    """What an answer says, in the words of the page: a status, a result, or `ok`."""
    function, body = call.split(" ")[0], answer.json()
    if answer.status_code != 200:
        code = {404: "not_found", 409: "match_not_open"}.get(answer.status_code)
        return str(answer.status_code) if body.get("code") == code else f"{answer.status_code} {body}"
    if function == "get_status":
        return str(body["current"]["stage"])
    return str(body[_RESULT[function]]) if function in _RESULT else "ok"
