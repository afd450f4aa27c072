"""The outside model: what leaves, what its answer means, and that without one nothing is sent."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx

from shared.chat.moderation.kinds import MOST, Risk
from shared.chat.moderation.moderator import Moderator
from shared.chat.moderation.outside import KINDS, ModerationApi, ModerationSettings
from shared.errors import Unavailable
from shared.settings.deployments import Misconfigured, connect_settings
from tests.functions.deployment import ENVIRONMENT

URL = "https://moderation.test/v1"
KEY = "a key of the tests"
TEXT = "Shall we meet at the lake?"


@pytest.fixture
def model() -> Iterator[respx.Route]:
    with respx.mock(assert_all_called=False) as router:
        yield router.post(f"{URL}/moderations")


@pytest.fixture
def api() -> Iterator[ModerationApi]:
    api = ModerationApi(ModerationSettings(URL, KEY))
    yield api
    api.close()


def scores(**named: float | None) -> httpx.Response:
    """An answer as OpenAI gives it; `_` in a name stands for `/`, `__` for `-`."""
    given = {name.replace("__", "-").replace("_", "/"): value for name, value in named.items()}
    return httpx.Response(
        200, json={"id": "m", "model": "x", "results": [{"flagged": False, "category_scores": given}]}
    )


def test_the_text_leaves_and_nothing_else(api: ModerationApi, model: respx.Route) -> None:
    model.return_value = scores(hate=0.0001)
    assert api.judge(TEXT) == Risk()
    sent = model.calls.last.request
    assert json.loads(sent.content) == {"input": TEXT}
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert set(sent.headers) == {
        *("host", "accept", "accept-encoding", "connection", "user-agent", "authorization"),
        *("content-type", "content-length"),
    }


def test_a_model_is_named_when_one_is_set(model: respx.Route) -> None:
    model.return_value = scores(hate=0)
    api = ModerationApi(ModerationSettings(URL, KEY, "omni-moderation-latest"))
    api.judge(TEXT)
    api.close()
    assert json.loads(model.calls.last.request.content)["model"] == "omni-moderation-latest"


def test_categories_become_our_kinds(api: ModerationApi, model: respx.Route) -> None:
    model.return_value = scores(harassment_threatening=0.931, harassment=0.5, violence=None, sexual=0.05)
    assert api.judge(TEXT) == Risk(93.1, ("threat", "harassment"))
    model.return_value = scores(sexual_minors=0.2, self__harm_intent=0.99, sexual=0.99)
    assert api.judge(TEXT) == Risk(80, ("sexual", "self_harm", "minor"))
    model.return_value = scores(something_new=0.95)
    assert api.judge(TEXT) == Risk(95, ("harassment",))
    assert set(KINDS.values()) <= set(MOST)


def test_the_higher_judgement_counts(api: ModerationApi, model: respx.Route) -> None:
    moderator = Moderator(api)
    model.return_value = scores(hate=0.4)
    assert moderator.judge("I will kill you", revealed=False) == Risk(97, ("threat", "hate"))
    assert moderator.judge(TEXT, revealed=False) == Risk(40, ("hate",))
    assert Moderator().judge(TEXT, revealed=False) == Risk()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(429, json={"error": {}}),
        httpx.Response(401),
        httpx.Response(302, headers={"Location": "https://elsewhere.test"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"results": []}),
        httpx.Response(200, json={"results": [{"flagged": True}]}),
        httpx.Response(200, json={"results": [{"category_scores": {}}]}),
        httpx.Response(200, json={"results": [{"category_scores": {"hate": "0.9"}}]}),
        httpx.Response(200, json={"results": [{"category_scores": {"hate": 1.5}}]}),
        httpx.Response(200, json={"results": [{"category_scores": {"hate": True}}]}),
        httpx.Response(200, text='{"results": [{"category_scores": {"hate": NaN}}]}'),
        httpx.Response(200, text="[" * 60_000),
        httpx.Response(200, text="[" * 70_000),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
    ],
    ids=repr,
)
def test_without_a_judgement_there_is_none(api: ModerationApi, model: respx.Route, answer: Any) -> None:
    model.side_effect = [answer]
    with pytest.raises(Unavailable) as away:
        Moderator(api).judge(TEXT, revealed=True)
    assert away.value.retry_after == 5
    assert TEXT not in str(away.value.reason)


def test_it_is_waited_for_two_seconds(api: ModerationApi, model: respx.Route) -> None:
    model.return_value = scores(hate=0)
    api.judge(TEXT)
    assert set(model.calls.last.request.extensions["timeout"].values()) == {2.0}


def test_nothing_of_it_is_logged(
    api: ModerationApi, model: respx.Route, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    model.return_value = scores(hate=0)
    api.judge(TEXT)
    assert TEXT not in caplog.text
    assert KEY not in caplog.text + repr(api) + repr(ModerationSettings(URL, KEY))


FAR = "CONNECT_MODERATION_URL is http to another machine"
SET = {"CONNECT_MODERATION_URL": URL, "CONNECT_MODERATION_KEY": KEY.replace(" ", "-")}


def test_settings() -> None:
    assert connect_settings(ENVIRONMENT).moderation is None
    named = connect_settings({**ENVIRONMENT, **SET, "CONNECT_MODERATION_MODEL": "m:1"}).moderation
    assert named == ModerationSettings(URL, SET["CONNECT_MODERATION_KEY"], "m:1")
    for near in ("http://127.0.0.1:9000", "http://moderation:8000/v1/", "http://[::1]", "http://10.0.0.7"):
        given = connect_settings({**ENVIRONMENT, **SET, "CONNECT_MODERATION_URL": near}).moderation
        assert given is not None
        assert given.url == near.rstrip("/")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"CONNECT_MODERATION_URL": None}, "CONNECT_MODERATION_URL is missing"),
        ({"CONNECT_MODERATION_URL": ""}, "CONNECT_MODERATION_URL is missing"),
        ({"CONNECT_MODERATION_URL": "api.test"}, "CONNECT_MODERATION_URL is not an http(s) address"),
        ({"CONNECT_MODERATION_URL": "http://api.example"}, FAR),
        ({"CONNECT_MODERATION_URL": "http://8.8.8.8"}, FAR),
        ({"CONNECT_MODERATION_URL": f"{URL}?a=b"}, "CONNECT_MODERATION_URL has more than a path"),
        ({"CONNECT_MODERATION_KEY": None}, "CONNECT_MODERATION_KEY is missing"),
        ({"CONNECT_MODERATION_KEY": " "}, "CONNECT_MODERATION_KEY is missing"),
        ({"CONNECT_MODERATION_KEY": "a\nb"}, "CONNECT_MODERATION_KEY holds characters"),
        ({"CONNECT_MODERATION_MODEL": ""}, "CONNECT_MODERATION_MODEL is not the name of a model"),
        ({"CONNECT_MODERATION_MODEL": "a b"}, "CONNECT_MODERATION_MODEL is not the name of a model"),
    ],
)
def test_half_a_setting_does_not_start(changes: dict[str, str | None], fault: str) -> None:
    merged = {**ENVIRONMENT, **SET, **changes}
    with pytest.raises(Misconfigured) as refusal:
        connect_settings({name: value for name, value in merged.items() if value is not None})
    assert fault in str(refusal.value)
