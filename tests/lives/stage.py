"""One world of one life: its people are made, its steps are taken, and what the member is told is written."""

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.database.transcript import Transcript
from tests.lives import acts, clock
from tests.lives.acts import Ask, Handles
from tests.lives.doors import Answer, Door
from tests.lives.people import MEMBER, OF_ANYBODY, PAIR, PARTNERS
from tests.lives.script import Life, Step, World
from tests.lives.sight import DEALT, NAMELESS

Json = dict[str, Any]

_MAKE_HANDLES = ("accepts", "asks", "agrees", "refuses")
_CODE = re.compile(r"[2-9A-HJ-NP-Z]{8}")


class Told(Transcript):
    """A transcript in which the code that confirms an erasure is any such code."""

    def _neutral(self, value: Any, name: str = "") -> Any:
        if isinstance(value, str) and name == "code" and _CODE.fullmatch(value):
            return "<code>"
        return super()._neutral(value, name)


@dataclass
class Stage:
    """One world of one life. `database` is the platform's administrator."""

    database: psycopg.Connection[Any]
    door: Door
    life: Life
    world: World
    member: str = field(default_factory=lambda: str(uuid.uuid4()))
    other: str = field(default_factory=lambda: str(uuid.uuid4()))
    """Somebody whom partners meet besides."""
    partners: list[str] = field(default_factory=list)
    mine: list[Handles] = field(default_factory=list)
    theirs: list[Handles] = field(default_factory=list)
    time: clock.Clock = field(default_factory=clock.Clock)
    told: Told = field(init=False)
    _mutual: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.told = Told(moment=self.time.name)

    # The life.

    def play(self) -> Told:
        """From the first proposal to the end."""
        self._open()
        self._look(deep=False)
        for number, step in enumerate(self.life.steps):
            for pair, deed in self.world.secret.get(number, ()):
                self._secretly(pair, deed)
            self._move(step.age, swept=step.swept, served=step.served)
            self._step(step)
            self._look(deep=step.deep)
        if self.life.erases_themself:
            code = self._write("asks for a code", acts.erase()).body["code"]
            self._write("erases themself", acts.erase(code))
        self._move(181, swept=True)
        self._look(deep=True)
        return self.told

    def secrets(self) -> list[str]:
        """What may never be told: who the partners are, by id."""
        found = self.database.execute(
            "select id::text from public.connect_profiles where user_id = any (%s::uuid[])", [self.partners]
        ).fetchall()
        return [*self.partners, self.other, *(str(row[0]) for row in found)]

    def _open(self) -> None:
        self.partners = [str(uuid.uuid4()) for _ in self.world.partners]
        people = [
            MEMBER | {"id": self.member, "joined": "1 hour" if self.life.newcomer else "40 days"},
            *(
                PARTNERS[who] | {"id": person}
                for who, person in zip(self.world.partners, self.partners, strict=True)
            ),
        ]
        if any(deed == "meets another" for deeds in self.world.secret.values() for _, deed in deeds):
            people.append({"id": self.other, "display_name": "Other"})
        everybody = json.dumps([OF_ANYBODY | person for person in people])
        self._run("select lives.person(x) from jsonb_array_elements(%s::jsonb) x", everybody)
        self._move(1, served=True)
        for at, (partner, side) in enumerate(zip(self.partners, self.world.sides, strict=True)):
            a, b = (self.member, partner) if side == "a" else (partner, self.member)
            labels = list(self.life.labels[at])
            score = 50 + 7 * self.world.partners[at]
            words = {"a": a, "b": b, "labels": labels, "score": score, "engine": f"e{score}"}
            row = self.database.execute(PAIR, words).fetchone()
            assert row is not None
            self.mine.append(Handles(match=row[0]))
            self.theirs.append(Handles(match=row[0], known=self.mine[at].known))
            self._move(181)

    def _move(self, seconds: int, *, swept: bool = False, served: bool = False) -> None:
        now = self.door.age(seconds, swept=swept, served=served)
        self.time.shift(seconds)
        self.time.mark(now)

    def _step(self, step: Step) -> None:
        if step.openly:
            self._openly(step)
            return
        ask = acts.request(step.act, self.mine[step.pair])
        if ask is None:
            return
        if step.keyed:
            key = f"key-{step.act}-{step.pair}"
            ask = Ask(ask.function, ask.args, ask.method, ask.path, ask.body, key)
        answer = self._write(step.act, ask)
        message = answer.body.get("messageId") if isinstance(answer.body, dict) else None
        if message is not None:
            self.mine[step.pair].messages.append(message)
        if step.act in _MAKE_HANDLES:
            self._learn(step.pair)

    def _write(self, act: str, ask: Ask) -> Answer:
        answer = self.door.ask(self.member, ask)
        self.told.write(act, answer.status, answer.headers, answer.body)
        return answer

    def _look(self, *, deep: bool) -> None:
        chats = [at.chat for at in self.mine if at.chat != NAMELESS]
        self.door.look(self.member, chats, self.told, deep=deep)
        if deep:
            row = self.database.execute(DEALT, [self.member]).fetchone()
            self.told.write("dealt next", 200, {}, row and row[0])

    # What partners do.

    def _openly(self, step: Step) -> None:
        if step.act == "leaves":
            self._leave(step.pair, self.world.exits[step.pair])
            self.told.names.clear()
            return
        ask = acts.request(step.act, self.theirs[step.pair])
        assert ask is not None
        answer = self._must(step.pair, ask)
        if step.act == "says":
            self.mine[step.pair].messages.append(answer.body["messageId"])
        if step.act in _MAKE_HANDLES:
            self._learn(step.pair)

    def _learn(self, pair: int) -> None:
        """Handles that exist by now. After a mutual reveal the partner's name may be told."""
        row = self.database.execute(
            "select coalesce(c.id, %(none)s), coalesce(a.id, %(none)s), coalesce(b.id, %(none)s),"
            " c.reveal_state = 'mutual', u.display_name"
            " from public.matches m left join public.blind_chats c on c.match_id = m.id"
            " left join public.reveals a on a.match_id = m.id and a.requested_to = %(member)s"
            " left join public.reveals b on b.match_id = m.id and b.requested_by = %(member)s"
            " left join public.users u on u.id = %(partner)s where m.id = %(match)s",
            {
                **{"none": NAMELESS, "member": self.member, "partner": self.partners[pair]},
                "match": self.mine[pair].match,
            },
        ).fetchone()
        assert row is not None
        mine, theirs = self.mine[pair], self.theirs[pair]
        mine.chat = theirs.chat = str(row[0])
        mine.reveal, theirs.reveal = str(row[1]), str(row[2])
        if row[3]:
            self.told.names[row[4]] = "<a name>"

    def _must(self, pair: int, ask: Ask) -> Answer:
        answer = self.door.ask(self.partners[pair], ask)
        assert answer.status == 200, f"the script is wrong: {ask.function} {answer.status} {answer.body}"
        return answer

    def _secretly(self, pair: int, deed: str) -> None:
        at = self.theirs[pair]
        if deed in _LEAVES and deed not in ("blocks", "closes", "declines", "pauses"):
            self._leave(pair, deed)
        elif deed == "comes back":
            self._come_back(pair)
        elif deed == "meets another":
            self._meet_another(pair)
        elif deed == "looks":
            self._try(pair, Ask("get_status", method="GET", path="/connect/status"))
            self._try(pair, Ask("read_chat", {"blind_chat_id": at.chat}))
        elif deed == "is refused a message":
            said = acts.say(at, "I will kill you")
            self._try(pair, Ask("send_message", said.args | {"risk_score": 99, "risk_kinds": ["threat"]}))
        else:
            ask = acts.request(deed, at)
            assert ask is not None
            self._try(pair, ask)

    def _try(self, pair: int, ask: Ask) -> Answer:
        return self.door.ask(self.partners[pair], ask)

    def _leave(self, pair: int, how: str) -> None:
        leave = _LEAVES[how]
        if isinstance(leave, str):
            self._run(leave, id=self.partners[pair], match=self.mine[pair].match)
            self._run("select private.notice_absences()")
        else:
            leave(self, pair)

    def erase(self, pair: int) -> None:
        """The partner's own erasure, in its two steps. One who is gone already has nothing to erase."""
        answer = self._try(pair, acts.erase())
        if answer.status == 200 and answer.body.get("code"):
            self._must(pair, acts.erase(answer.body["code"]))

    def simply(self, pair: int, act: str) -> None:
        """An exit that is one request."""
        ask = acts.request(act, self.theirs[pair])
        assert ask is not None
        self._must(pair, ask)

    def _come_back(self, pair: int) -> None:
        self._run(
            "update auth.users set banned_until = null, deleted_at = null where id = %(id)s",
            id=self.partners[pair],
        )
        self._run("select private.notice_absences()")
        self._try(pair, acts.profile("Back Again"))
        self._try(pair, acts.activate())

    def _meet_another(self, pair: int) -> None:
        """A chat of the partner with somebody else, in which they write under the known id."""
        partner = self.partners[pair]
        words = {"a": partner, "b": self.other, "labels": [], "score": 61, "engine": "e61"}
        try:
            with self.database.transaction():
                row = self.database.execute(PAIR, words).fetchone()
        except (psycopg.errors.UniqueViolation, psycopg.errors.ForeignKeyViolation):
            return  # they have met, or one of them is gone
        assert row is not None
        there = Handles(match=row[0])
        for person in (partner, self.other):
            accept = acts.request("accepts", there)
            assert accept is not None
            answer = self.door.ask(person, accept)
        there.chat = (isinstance(answer.body, dict) and answer.body.get("blindChatId")) or NAMELESS
        self.door.ask(partner, acts.say(there, "", self.theirs[pair].known))

    def _run(self, statement: str, *arguments: Any, **named: Any) -> None:
        self.database.execute(statement, named or list(arguments))


_LEAVES: dict[str, str | Callable[[Stage, int], None]] = {
    "declines": lambda stage, pair: stage.simply(pair, "declines"),
    "pauses": lambda stage, pair: stage.simply(pair, "pauses"),
    "blocks": lambda stage, pair: stage.simply(pair, "blocks"),
    "closes": lambda stage, pair: stage.simply(pair, "closes"),
    "is erased": Stage.erase,
    "deletes the account": "delete from auth.users where id = %(id)s",
    "is banned": "update auth.users set banned_until = now() + interval '1 year' where id = %(id)s",
    "is soft-deleted": "update auth.users set deleted_at = now() where id = %(id)s",
    "is stopped": "select private.stop_match(%(match)s)",
    "was banned a day ago": "with banned as (update auth.users set banned_until = now() + interval '1 year'"
    " where id = %(id)s) update public.connect_profiles set absent_since = now() - interval '24 hours'"
    " where user_id = %(id)s",
}
