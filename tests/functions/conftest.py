"""The connect deployment behind a test client, and a database that answers what a test says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import functions_framework
import pytest
import respx
from flask import Flask
from flask.testing import FlaskClient

from shared.callers import database
from tests.functions.deployment import ENVIRONMENT, Member, Rpc


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FlaskClient]:
    """Starts the deployment with the environment of the tests, and more of it where a test says so."""

    def start(**more: str) -> FlaskClient:
        for name in os.environ:
            if name.startswith(("SUPABASE_", "CONNECT_", "DATABASE_")):
                monkeypatch.delenv(name)
        for name, value in {**ENVIRONMENT, **more}.items():
            monkeypatch.setenv(name, value)
        # The framework writes these itself; set here, they go away with the test.
        for name in ("FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE"):
            monkeypatch.setenv(name, "")
            monkeypatch.delenv(name)
        app: Flask = functions_framework.create_app(  # type: ignore[no-untyped-call]
            "connect", "functions/connect/main.py"
        )
        return app.test_client()

    return start


@pytest.fixture
def client(deployed: Callable[..., FlaskClient]) -> FlaskClient:
    return deployed()


@pytest.fixture
def rpc() -> Iterator[Rpc]:
    with respx.mock(assert_all_called=True, assert_all_mocked=True) as router:
        yield Rpc(router)
    database.close()


@pytest.fixture
def member(client: FlaskClient) -> Member:
    return Member(client)
