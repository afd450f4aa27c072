"""`make story`: two people meet. Every request and its answer, short enough to read.

Both are new and live where nobody else of the sample does, so that the matcher can only propose them to each
other; at the end both pause, so that the next story starts as alone as this one.
"""

import argparse
import json
import re
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
from postgrest.exceptions import APIError

from scripts.stack import connect_env
from scripts.stack.home import Trouble, options
from scripts.stack.keys import load_keys, sign_token
from scripts.stack.reporter import Reporter
from scripts.stack.ring import ring
from shared.quiz.questionnaire import questionnaire
from supabase import create_client

Json = dict[str, Any]

PLACE = "Stanley, FK"
_UNSHOWN = ("matches", "log", "preferences", "type", "title", "status")
_UUID = re.compile(r"([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Person:
    """Somebody in the story."""

    id: str
    name: str
    token: str


class Story:
    """Tells what two members do on a running stack, and checks that each step went as told."""

    def __init__(self, told: dict[str, str], bell_key: str, reporter: Reporter) -> None:
        """`told` is what the running stack wrote into connect.env; `bell_key` signs bells for its worker."""
        self.told = told
        self.bell_key = bell_key
        self.reporter = reporter
        self.http = httpx.Client(base_url=told["FUNCTIONS_URL"], timeout=60)

    def tell(self) -> None:
        """The whole flow; raises Trouble at the first step that does not go as told."""
        self.chapter("Two people join, and say what may be used")
        ada = self.join("Ada", "female", ["male"])
        ben = self.join("Ben", "male", ["female"])
        self.answer(ben, len(questionnaire().items))

        self.chapter("A night: Ada is on Ben's list, and little is known of the two")
        self.ring("nightly", "/jobs/nightly")
        before = self.listed(ada)

        self.chapter("Ada answers ten statements of the quiz, and reads for what they are enough")
        self.answer(ada, 10)

        self.chapter("The matcher is rung, as pg_cron does every minute, and her match has changed")
        with self._two_are_enough():
            self.ring("matcher", "/matcher")
        if self.listed(ada) == before:
            raise Trouble("Ada's match should know her values now.")

        self.chapter("Each is shown a proposal: labels and a sentence, no name, no number")
        match_id = self.current(ada, "match_found")["matchId"]

        self.chapter("Decisions are blind: Ben cannot tell that Ada has answered")
        self.say(ada, "POST", "/connect/respond", {"matchId": match_id, "action": "accept"})
        self.current(ben, "match_found")
        opened = self.say(ben, "POST", "/connect/respond", {"matchId": match_id, "action": "accept"})
        chat_id = opened["blindChatId"]

        self.chapter("They talk under pseudonyms; the database holds ciphertext")
        self.say(
            ada, "POST", "/connect/chat", {"blindChatId": chat_id, "message": "Do you also count penguins?"}
        )
        self.say(ben, "GET", f"/connect/chat?blindChatId={chat_id}")
        self.say(
            ben, "POST", "/connect/chat", {"blindChatId": chat_id, "message": "Every morning. 211 today."}
        )

        self.chapter("Names appear only when both want it")
        self.say(ada, "POST", "/connect/reveal", {"matchId": match_id, "action": "request"})
        reveal_id = self.current(ben, "reveal_requested")["revealId"]
        self.say(ben, "POST", "/connect/reveal", {"revealId": reveal_id, "action": "accept"})
        partner = self.current(ada, "revealed")["partner"]
        if partner != {"displayName": ben.name}:
            raise Trouble(f"Ada should now see {ben.name}, and sees {partner}.")

        self.chapter("Afterwards: feedback, an end, a pause")
        self.say(
            ada,
            "POST",
            "/connect/feedback",
            {"matchId": match_id, "rating": 5, "fitScore": 88, "reasons": ["humour"]},
        )
        self.say(ada, "POST", "/connect/close", {"matchId": match_id})
        self.say(ben, "GET", f"/connect/chat?blindChatId={chat_id}", expect=404)
        for person in (ada, ben):
            self.say(person, "POST", "/connect/deactivate", {})

    def join(self, name: str, gender: str, wants: list[str]) -> Person:
        """A new member: profile, consent switches, activation."""
        user_id = str(uuid.uuid4())
        with psycopg.connect(self.told["DATABASE_URL"], autocommit=True) as database:
            # Signing up is the Auth server's part; here its row is all that is needed.
            database.execute("insert into auth.users (id) values (%s)", [user_id])
        token = sign_token(self.told["SUPABASE_JWT_SECRET"], self.told["SUPABASE_URL"], user_id)
        person = Person(user_id, name, token)
        self.say(
            person,
            "PUT",
            "/connect/profile",
            {
                "displayName": name,
                "birthDate": "1994-04-08",
                "gender": gender,
                "langPrimary": "en",
                "homePlace": PLACE,
            },
        )
        self.say(
            person,
            "PUT",
            "/connect/consents",
            {"version": "v1", "switches": {"values": True, "location": True}},
        )
        self.say(
            person,
            "POST",
            "/connect/activate",
            {"mode": "romantic", "distanceKm": 40, "preferredGenders": wants, "consentVersion": "v1"},
        )
        return person

    def answer(self, person: Person, most: int) -> None:
        """The first statements of the quiz, answered as both of the story see the world."""
        quiz = questionnaire()
        leans = {scale: 2 if at % 3 else -2 for at, scale in enumerate(quiz.scales)}
        items = list(quiz.items.values())[:most]
        answers = {item.id: 4 + item.key * leans[item.scale.name] for item in items}
        self.say(person, "PUT", "/connect/quiz", {"version": quiz.version, "answers": answers})

    def ring(self, job: str, path: str) -> None:
        """One signed bell, as the schedule sends it."""
        answer = ring(self.told["FUNCTIONS_URL"], self.bell_key, job)
        self.reporter.line(
            f"  {self.reporter.bold(f'POST {path}')}\n       {answer.status_code} {_short(answer.json())}"
        )

    def listed(self, person: Person) -> list[Json]:
        """Score and labels of a member's list, as `scripts/list` shows them to an operator."""
        service = create_client(self.told["SUPABASE_URL"], self.told["SUPABASE_SERVICE_ROLE_KEY"])
        try:
            asked = {"member": person.id, "why": "the story"}
            told: Any = service.rpc("read_list", asked).execute().data
        except APIError as refused:
            raise Trouble(f"The list of {person.name} cannot be read: {refused.message}") from refused
        found = [{name: entry[name] for name in ("score", "parts", "labels")} for entry in told["list"]]
        self.reporter.line(f"  you  {self.reporter.bold(f'scripts/list {_brief(person.id)}')}")
        self.reporter.line("       " + (json.dumps(found) if found else "The list is empty."))
        return found

    @contextmanager
    def _two_are_enough(self) -> Iterator[None]:
        """Nobody else lives in Stanley, and a member is matched only while several fit what they look for."""
        change = "update public.settings set min_fit = %s where id"
        with psycopg.connect(self.told["DATABASE_URL"], autocommit=True) as database:
            [usual] = database.execute("select min_fit from public.settings")
            self.reporter.line(
                f"  you  settings.min_fit 1 for this bell, since they are two; then {usual[0]}"
            )
            database.execute(change, [1])
            try:
                yield
            finally:
                database.execute(change, usual)

    def current(self, person: Person, stage: str) -> Json:
        """GET /connect/status; raises Trouble when the person is at another stage."""
        current: Json = self.say(person, "GET", "/connect/status")["current"]
        if current["stage"] != stage:
            raise Trouble(f"{person.name} should be at {stage}, and is at {current['stage']}.")
        return current

    def say(
        self, person: Person, method: str, path: str, body: Json | None = None, expect: int = 200
    ) -> Json:
        """One request and its answer, printed; raises Trouble on any status but `expect`."""
        asked = "" if body is None else " " + _short(body)
        self.reporter.line(f"  {person.name}  {self.reporter.bold(f'{method} {_brief(path)}')}{asked}")
        headers = {"Authorization": f"Bearer {person.token}"}
        response = self.http.request(method, path, headers=headers, json=body)
        answer: Json = response.json()
        self.reporter.line(f"       {response.status_code} {_short(answer)}")
        if response.status_code != expect:
            raise Trouble(f"The story ends here: {method} {path} should answer {expect}.")
        return answer

    def chapter(self, title: str) -> None:
        """A heading."""
        self.reporter.heading(title)


def _brief(text: str) -> str:
    """`text` with each UUID cut to its first eight digits."""
    return _UUID.sub(r"\1…", text)


def _short(answer: Json) -> str:
    """An answer on one line: ids cut, nulls and what is said twice left out."""
    shown = {name: value for name, value in answer.items() if name not in _UNSHOWN}
    if isinstance(answer.get("status"), str):
        shown["status"] = answer["status"]
    if isinstance(shown.get("current"), dict):
        current = {name: value for name, value in shown["current"].items() if value is not None}
        # The sentence made from the labels is worth reading once, at the proposal.
        hidden = () if current["stage"] == "match_found" else ("labels", "insight", "mode")
        shown["current"] = {name: value for name, value in current.items() if name not in hidden}
    if isinstance(shown.get("items"), list):
        first, *more = shown["items"]
        shown["items"] = [first["text"], f"… {len(more)} more"]
    if isinstance(shown.get("answers"), dict):
        first, *more = shown["answers"].items()
        shown["answers"] = dict([first]) | ({"…": f"{len(more)} more"} if more else {})
    if isinstance(shown.get("profile"), dict):
        shown["profile"] = {name: shown["profile"][name] for name in ("displayName", "homePlace", "tz")}
    return _brief(json.dumps(shown, ensure_ascii=False))


def main() -> int:
    """Tell the story on the stack of CONNECT_HOME."""
    parser = argparse.ArgumentParser(
        prog="scripts/story",
        description="Two members of the running stack walk the whole flow, request by request.",
    )
    parser.parse_args()
    reporter = Reporter()
    try:
        home = options().home
        Story(connect_env.read(home), load_keys(home).bell_key, reporter).tell()
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except (httpx.TransportError, psycopg.OperationalError):
        print("The stack does not answer: is it running? `make up` starts it.", file=sys.stderr)
        return 1
    reporter.line("\nThat is Connect.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
