"""The outside model: an OpenAI-compatible `POST {url}/moderations`.

What leaves the server is the text of one message, and the name of the model where one is set: no id, no
token, no language, nothing about either member. Without an answer there is no judgement, and the message
is not sent.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from shared.chat.moderation.kinds import Risk, weigh
from shared.errors import Unavailable
from shared.per_process import PerProcess

SECONDS = 2.0
"""To connect, and from then for the answer: a member waits for it."""
MAX_ANSWER_BYTES = 64 * 1024

# The model's categories in our words. One that is not named here counts as harassment: a model that learns
# to see something new must not be silently unheard.
KINDS = {
    "harassment": "harassment",
    "harassment/threatening": "threat",
    "hate": "hate",
    "hate/threatening": "hate",
    "illicit": "scam",
    "illicit/violent": "violence",
    "self-harm": "self_harm",
    "self-harm/intent": "self_harm",
    "self-harm/instructions": "harassment",
    "sexual": "sexual",
    "sexual/minors": "minor",
    "violence": "violence",
    "violence/graphic": "violence",
}
# Below this a category is noise: a model gives every category some thousandths.
LEAST = 0.1


@dataclass(frozen=True, slots=True)
class ModerationSettings:
    """Where the outside model listens. `url` has no trailing slash; `model` None: its own choice."""

    url: str
    key: str = field(repr=False)
    model: str | None = None


class ModerationApi:
    """An OutsideModel over HTTP, with one pool of connections per process."""

    def __init__(self, settings: ModerationSettings) -> None:
        self._settings = settings
        self._clients = PerProcess(self._open)

    def judge(self, text: str) -> Risk:
        """The judgement of the model. Raises Unavailable when it fails, is late or answers nonsense."""
        words = {"input": text} | ({"model": self._settings.model} if self._settings.model else {})
        try:
            with self._clients.get().stream(
                "POST", f"{self._settings.url}/moderations", content=json.dumps(words).encode()
            ) as response:
                if response.status_code != 200:
                    raise Unavailable(reason=f"moderation answered {response.status_code}")
                body, end = b"", time.monotonic() + SECONDS
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MAX_ANSWER_BYTES or time.monotonic() > end:
                        raise Unavailable(reason="moderation answered too much or too slowly")
        except (httpx.HTTPError, httpx.StreamError) as error:
            # `from None`: a transport error may quote the address, an encoding error the text.
            raise Unavailable(reason=f"moderation unreachable: {type(error).__name__}") from None
        return _risk(body)

    def close(self) -> None:
        """Close the pool of this process, if it has one."""
        self._clients.close()

    def _open(self) -> httpx.Client:
        return httpx.Client(
            timeout=httpx.Timeout(SECONDS),
            headers={
                "Authorization": f"Bearer {self._settings.key}",
                "Content-Type": "application/json",
            },
            follow_redirects=False,  # a redirect would carry a message somewhere else
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )


def _risk(body: bytes) -> Risk:
    """What `{"results": [{"category_scores": {name: 0…1}}]}` means. Raises Unavailable for anything else."""
    try:
        results = json.loads(body)["results"]
        scores: list[Mapping[str, Any]] = [result["category_scores"] for result in results]
        found = [
            (KINDS.get(name, "harassment"), _score(value)) for each in scores for name, value in each.items()
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unavailable(reason="moderation answered nonsense") from None
    if not found:
        raise Unavailable(reason="moderation answered nothing")
    return weigh((kind, score) for kind, score in found if score >= LEAST * 100)


def _score(value: Any) -> float:
    if value is None:  # some servers name categories they do not judge
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("not a probability")
    return float(value) * 100
