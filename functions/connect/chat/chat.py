"""POST and GET /connect/chat: a blind chat, sealed on the way in and opened on the way out.

Sending takes two calls. `open_message` gives the chat's salt and key id, and `send_message` checks the chat's
state again under lock. The message id is drawn here because the text is sealed to it.

Between the two calls the text is judged (shared/chat/moderation). Its score and kinds go with the sealed
message, and the database refuses a score that is too high. A member who calls `send_message` themself can
claim any score. But only this function makes messages that open, so a message that the partner can read
always has the score given here. Without a judgement nothing is sent.
"""

from __future__ import annotations

import base64
import re
import uuid
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from shared.callers.member import Caller
from shared.chat.sealing import UnknownKey, Unreadable
from shared.errors import ApiError, Unavailable
from shared.http.json_body import Closed, example
from shared.http.request_fields import SOME_ID, Id, Message
from shared.http.response_models import Answer, Moment, Part, Uuid, sample
from shared.logs import log

PAGE_SIZE = 100
_CURSOR = re.compile(r"1:(\d{1,9})", re.ASCII)
# Every valid cursor as a client sees it: base64 of the above, with three digits in four characters.
_GROUP = "([MN][DTjz]|O[DT])[AEIMQUYcgk]"
_CURSOR_ON_THE_WIRE = f"^MTo[w-z0-5]({_GROUP}[w-z0-5]){{0,2}}([MN][AQgw]|O[AQ]|{_GROUP})?$"


def _position(cursor: str) -> int:
    """The number of the last message read. The 1 is the version of the cursor's form."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except ValueError:
        text = ""
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise ValueError("must be the next of an earlier page")
    return int(match[1])


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"1:{position}".encode()).decode().rstrip("=")


class Send(
    Closed,
    json_schema_extra=example(blindChatId=SOME_ID, message="Hello there"),
):
    """One message to a blind chat."""

    blind_chat_id: Id
    message: Message


class Page(Closed, json_schema_extra=example(blindChatId=SOME_ID)):
    """The chat to read. `after`: the `next` of an earlier page, to go on behind it."""

    blind_chat_id: Id
    after: (
        Annotated[
            int,
            BeforeValidator(_position),
            WithJsonSchema({"type": "string", "pattern": _CURSOR_ON_THE_WIRE}),
        ]
        | None
    ) = None


class Sent(
    Answer,
    json_schema_extra=sample(
        messageId="5c9a3a0e-2f0b-4a0c-8a0d-3b1f2c4d5e6f",
        createdAt="2026-11-30T18:20:11.482913Z",
    ),
):
    """The message is stored and can be read by the other side."""

    message_id: Uuid
    created_at: Moment


class ChatMessage(Part):
    """One message, the caller's own or the other side's."""

    id: Uuid
    mine: bool
    text: str
    created_at: Moment


class ChatPage(
    Answer,
    json_schema_extra=sample(
        messages=[
            {
                "id": "5c9a3a0e-2f0b-4a0c-8a0d-3b1f2c4d5e6f",
                "mine": False,
                "text": "Hello there",
                "createdAt": "2026-11-30T18:20:11.482913Z",
            }
        ],
        next="MTox",
    ),
):
    """A page of messages, oldest first."""

    messages: Annotated[list[ChatMessage], Field(max_length=PAGE_SIZE)]
    next: str | None = Field(
        description="Where to go on, for `after`, behind the last message too: the same again until there is"
        " more. Null in a chat without a message."
    )


def send_message(caller: Caller, body: Send) -> dict[str, Any]:
    """`{messageId, createdAt}`. Raises InvalidBody for a message that the database refuses to deliver."""
    chat_id, message_id = body.blind_chat_id, str(uuid.uuid4())
    opened = caller.ask("open_message", blind_chat_id=chat_id)
    key_id = opened["keyId"] or caller.message_keys.first
    risk = caller.moderator.judge(body.message, revealed=opened["revealed"])
    try:
        chat = caller.message_keys.chat(chat_id, opened["salt"])
        sealed = chat.seal(message_id, opened["side"], key_id, body.message)
    except UnknownKey:
        raise Unavailable(reason="the ring lacks the key of a chat") from None
    return caller.call(
        "send_message",
        blind_chat_id=chat_id,
        message_id=message_id,
        ciphertext=sealed,
        key_id=key_id,
        risk_score=risk.score,
        risk_kinds=list(risk.kinds),
    )


def read_chat(caller: Caller, query: Page) -> dict[str, Any]:
    """`{messages: [{id, mine, text, createdAt}], next}`, oldest first. Send `next` as `after` to go on.

    A message that does not open is left out, and the page goes on behind it. If the other side sent it, the
    database is told: a member does not accuse themself.
    """
    answer = caller.call(
        "read_chat", blind_chat_id=query.blind_chat_id, after=query.after or 0, page_size=PAGE_SIZE
    )
    rows = answer["messages"]
    chat = caller.message_keys.chat(query.blind_chat_id, answer["salt"])
    messages = []
    unreadable = {}
    for row in rows:
        try:
            text = chat.open(row["id"], row["side"], row["keyId"], row["ciphertext"])
        except Unreadable:
            if not row["mine"]:
                unreadable[row["id"]] = chat.state_unreadable(row["id"], row["side"])
            continue
        except UnknownKey:
            # Our ring lacks a key. This is no abuse, and the message can be read again once the key is back.
            log("ERROR", "the ring lacks the key of a message")
            continue
        messages.append({"id": row["id"], "mine": row["mine"], "text": text, "createdAt": row["createdAt"]})
    if unreadable:
        _note_unreadable(caller, query.blind_chat_id, unreadable)
    behind = rows[-1]["number"] if rows else query.after
    return {"messages": messages, "next": None if behind is None else _cursor(behind)}


def _note_unreadable(caller: Caller, chat_id: str, statements: dict[str, str]) -> None:
    """Tell the database in one call, so that garbage does not use up its reader's budget. Each message comes
    with our signed statement, because the caller could call the function too.

    If the database refuses (rate limit) or is away, the page is shown all the same.
    """
    try:
        caller.call(
            "note_unreadable",
            blind_chat_id=chat_id,
            message_ids=list(statements),
            statements=list(statements.values()),
        )
    except ApiError as error:
        log("WARNING", "unreadable messages were not noted", code=error.code)
