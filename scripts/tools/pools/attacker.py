"""Accounts of an attacker, who reaches the service over HTTP, as any member does."""

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import httpx
import psycopg

from scripts.stack.home import Trouble
from scripts.stack.ring import ring
from scripts.stack.throwaway import Running

_AT_ONCE = 4
"""Accounts that act at the same time."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Face:
    """Who an account says it is, and what it asks for."""

    gender: str
    born: str
    home: str
    languages: tuple[str, str | None]
    mode: str
    ages: tuple[int, int]
    wants: tuple[str, ...]
    distance_km: int | None
    speaks_only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Account:
    """One account and its face."""

    id: str
    token: str
    face: Face


class Attacker:
    """Makes accounts and lets them act. `database` stands for the Auth server, which makes and dates them."""

    def __init__(self, stack: Running, database: psycopg.Connection[Any]) -> None:
        self._stack, self._database = stack, database
        self._http = httpx.Client(base_url=stack.functions_url, timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def join(self, faces: Sequence[Face], *, aged: bool, event: str | None = None) -> list[Account]:
        """New accounts, opted in, at the event too where its code is known. Raises Trouble when refused."""
        ids = [str(uuid.uuid4()) for _ in faces]
        self._database.execute(
            "insert into auth.users (id, created_at)"
            " select u, now() - case when %s then interval '25 hours' else '0' end from unnest(%s::uuid[]) u",
            [aged, ids],
        )
        accounts = [Account(id_, self._stack.token(id_), face) for id_, face in zip(ids, faces, strict=True)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda account: self._enter(account, event), accounts))
        return accounts

    def _enter(self, account: Account, event: str | None) -> None:
        if not self.opt_in(account):
            raise Trouble("A new account of the attacker was refused.")
        if event is not None:
            self.say(account, "POST", "/connect/events/join", {"eventCode": event})

    def opt_in(self, account: Account) -> bool:
        """Profile, switches, filters; false when the service says that this account has to wait."""
        face = account.face
        who = {
            "displayName": "Somebody",
            "birthDate": face.born,
            "gender": face.gender,
            "langPrimary": face.languages[0],
            "langSecondary": face.languages[1],
            "homePlace": face.home,
        }
        asks = {
            "mode": face.mode,
            "minAge": face.ages[0],
            "maxAge": face.ages[1],
            "distanceKm": face.distance_km,
            "preferredGenders": list(face.wants),
            "languagePref": list(face.speaks_only),
            "consentVersion": "v1",
        }
        calls = (
            ("PUT", "/connect/profile", who),
            ("PUT", "/connect/consents", {"version": "v1", "switches": {"location": True}}),
            ("POST", "/connect/activate", asks),
        )
        for method, path, body in calls:
            response = self._ask(account, method, path, body)
            if response.status_code == 429:
                return False
            if response.status_code != 200:
                raise Trouble(f"{method} {path}: {response.status_code} {response.text}")
        return True

    def proposals(self, account: Account) -> list[Json]:
        """What its status shows: id, mode and labels of each proposal, never who it is."""
        found = self.say(account, "GET", "/connect/status")["matches"]
        return [match for match in found if match["stage"] == "match_found"]

    def leave(self, account: Account) -> None:
        """Erase the account's data, in the two steps that takes."""
        code = self.say(account, "POST", "/connect/erase", {})["code"]
        self.say(account, "POST", "/connect/erase", {"code": code})

    def say(self, account: Account, method: str, path: str, body: Json | None = None) -> Json:
        """One call and its answer. Raises Trouble for any refusal."""
        response = self._ask(account, method, path, body)
        if response.status_code != 200:
            raise Trouble(f"{method} {path}: {response.status_code} {response.text}")
        answer: Json = response.json()
        return answer

    def _ask(self, account: Account, method: str, path: str, body: Json | None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {account.token}"}
        return self._http.request(method, path, headers=headers, json=body)

    def wait(self) -> None:
        """Until the schedule's next ticks have worked off the queue."""
        finished = False
        while not finished:
            answer = ring(self._stack.functions_url, self._stack.keys.bell_key, "matcher")
            finished = bool(answer.raise_for_status().json()["finished"])
