"""Members who do not sit still: they change, pause, come back, answer, go to an event, leave; others join.

Each acts through the data API with a token of their own, and notes what was acknowledged.
"""

import datetime
import random
import threading
import uuid
from typing import Any

import httpx
import psycopg

from scripts.stack.throwaway import Running
from scripts.tools.chaos.journal import GLOBAL, Journal, Person, now

EVENT_CODE = "turmoil"
_AT_ONCE = 3
_PAUSE = (0.05, 0.35)  # seconds between two deeds of one thread
_DEEDS = {
    "change": 46,
    "pause": 8,
    "pause a while": 4,
    "answer": 26,
    "come": 6,
    "leave": 4,
    "erase": 3,
    "join": 3,
}
_NEW = (
    "insert into auth.users (id) values (%(id)s)",
    "insert into public.users (id, display_name, birth_date, gender, lang_primary, tz)"
    " values (%(id)s, 'Newcomer', %(born)s, %(gender)s, 'en', 'Europe/London')",
    "insert into public.consents (user_id, version, kind, signals) values (%(id)s, 'v1', 'activated', '{}')",
    "insert into public.connect_profiles (user_id, consent_version, mode, min_age, max_age)"
    " values (%(id)s, 'v1', 'both', %(least)s, %(most)s)",
)


class Members:
    """Context manager: inside the block everybody is busy."""

    def __init__(self, stack: Running, journal: Journal, event: str, seed: int) -> None:
        self._stack = stack
        self._journal = journal
        self._event = event
        self._seed = seed
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "Members":
        self._over.clear()
        self._seed += _AT_ONCE
        self._threads = [
            threading.Thread(target=self._act, args=(number,), daemon=True) for number in range(_AT_ONCE)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def _act(self, number: int) -> None:
        chance = random.Random(self._seed + number)  # noqa: S311 - no secret
        with httpx.Client(timeout=40, trust_env=False) as http:
            while not self._over.wait(chance.uniform(*_PAUSE)):
                # Each member is acted for by one thread only, so that their deeds have an order.
                mine = [one for one in self._journal.living() if int(one.id[:8], 16) % _AT_ONCE == number]
                deed = chance.choices(list(_DEEDS), list(_DEEDS.values()))[0]
                if deed == "join":
                    self._join(chance)
                elif mine:
                    self._do(http, chance, deed, chance.choice(mine))

    def _call(
        self, http: httpx.Client, person: Person, function: str, **asked: Any
    ) -> tuple[bool | None, Any]:
        """Whether it was done (None: nobody knows), and the answer."""
        headers = {"apikey": self._stack.anon_key, "Authorization": f"Bearer {person.token}"}
        try:
            answer = http.post(f"{self._stack.api_url}/rest/v1/rpc/{function}", json=asked, headers=headers)
        except httpx.TransportError:
            return None, None
        if answer.status_code >= 500:
            return None, None
        return answer.is_success, answer.json() if answer.content else None

    def _do(self, http: httpx.Client, chance: random.Random, deed: str, person: Person) -> None:
        began, told = now(), self._journal.told
        pools = [GLOBAL, *([self._event] if person.may_be["event"] == [True] else [])]
        match deed:
            case "change":
                ages = _window(chance)
                done, _ = self._call(
                    http,
                    person,
                    "activate",
                    mode="both",
                    consent_version="v1",
                    min_age=ages[0],
                    max_age=ages[1],
                )
                told(person, done, began, pools, searches="yes", ages=ages)
            case "pause":
                done, _ = self._call(http, person, "deactivate")
                told(person, done, began, (), searches="no")
            case "pause a while":
                until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
                done, _ = self._call(http, person, "deactivate", until=until.isoformat())
                told(person, done, until.timestamp(), pools, searches="later")
            case "come":
                done, _ = self._call(http, person, "join_event", event_code=EVENT_CODE)
                new = person.may_be["event"] == [False] and person.may_be["searches"] == ["yes"]
                told(person, done, began, [self._event] if new else (), event=True)
            case "leave":
                done, _ = self._call(http, person, "leave_event", event_code=EVENT_CODE)
                told(person, done, began, (), event=False)
            case "answer":
                self._answer(http, chance, person)
            case _:
                self._erase(person)

    def _answer(self, http: httpx.Client, chance: random.Random, person: Person) -> None:
        _, status = self._call(http, person, "get_status")
        offered = [
            one["matchId"] for one in (status or {}).get("matches", []) if one["stage"] == "match_found"
        ]
        if not offered:
            return
        match_id, action = chance.choice(offered), "accept" if chance.random() < 0.4 else "decline"
        done, _ = self._call(http, person, "respond", match_id=match_id, action=action)
        if done:
            self._journal.decided(person, match_id, action)

    def _erase(self, person: Person) -> None:
        person.gone = None
        try:
            with psycopg.connect(self._stack.database_url, connect_timeout=5) as connection:
                connection.execute("delete from auth.users where id = %s", [person.id])
        except psycopg.errors.DeadlockDetected:
            person.gone = False
            return
        except psycopg.OperationalError:
            self._journal.told(person, None, now(), ())
            return
        person.gone = True
        self._journal.told(person, True, now(), ())

    def _join(self, chance: random.Random) -> None:
        began, new, ages = now(), str(uuid.uuid4()), _window(chance)
        about = {
            "id": new,
            "gender": chance.choice(("female", "male")),
            "least": ages[0],
            "most": ages[1],
            "born": datetime.date(chance.randint(1970, 2000), 5, 17),
        }
        try:
            with psycopg.connect(self._stack.database_url, connect_timeout=5) as connection:
                for statement in _NEW:
                    connection.execute(statement, about)
        except psycopg.OperationalError:
            return
        person = Person(new, self._stack.token(new, seconds=86_400))
        self._journal.add(person, searches="yes", ages=ages, event=False)
        self._journal.told(person, True, began, [GLOBAL])


def _window(chance: random.Random) -> list[int]:
    """Ages to look for: so few that lists stay below their longest, where they need not be exact."""
    least = chance.randint(18, 40)
    return [least, least + chance.randint(6, 20)]
