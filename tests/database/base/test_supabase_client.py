"""The unmodified Supabase client, as an app or a pipeline uses it, through the same front door."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import pytest
from postgrest.exceptions import APIError

from scripts.stack.throwaway import Running
from supabase import Client, ClientOptions, create_client
from tests.cast import Cast, Member, Pair

# The client warns about arguments that it gives its own PostgREST client itself.
pytestmark = pytest.mark.filterwarnings("ignore:The '(timeout|verify)' parameter:DeprecationWarning")


@contextmanager
def _client(stack: Running, key: str, **headers: str) -> Iterator[Client]:
    with httpx.Client() as http:
        yield create_client(stack.api_url, key, ClientOptions(headers=headers, httpx_client=http))


def _as(stack: Running, member: Member) -> AbstractContextManager[Client]:
    return _client(stack, stack.anon_key, Authorization=f"Bearer {member.token}")


def test_a_member_s_client_reads_their_own_and_calls_functions(cast: Cast, stack: Running) -> None:
    pair = cast.pair("proposed")
    with _as(stack, pair.a) as client:
        _answer_and_look(client, pair)


def _answer_and_look(client: Client, pair: Pair) -> None:
    assert client.table("users").select("id, birth_date").execute().data == [
        {"id": pair.a.id, "birth_date": "1990-05-17"}
    ]
    answer = client.rpc("respond", {"match_id": pair.match_id, "action": "accept"}).execute()
    assert answer.data == {"status": "accepted_a", "blindChatId": None}
    status: Any = client.rpc("get_status").execute().data
    assert status["current"]["stage"] == "waiting"


def test_a_member_s_client_is_refused_what_is_not_theirs(cast: Cast, stack: Running) -> None:
    pair = cast.pair("proposed")
    with _as(stack, pair.a) as client:
        for table in (
            "matches",
            "blind_chats",
            "blind_chat_messages",
            "reveals",
            "settings",
            "domain_events",
        ):
            with pytest.raises(APIError, match="permission denied"):
                client.table(table).select("*").execute()
        with pytest.raises(APIError, match="permission denied"):
            client.table("users").update({"display_name": "Somebody else"}).eq("id", pair.b.id).execute()


def test_a_pipeline_stores_vectors_with_the_service_key(cast: Cast, stack: Running) -> None:
    member = cast.member(signals="{values}")
    vectors = dict.fromkeys(
        ("values_vector", "communication_vector", "life_goals_vector"), [2.0] + [0.0] * 15
    )
    with _client(stack, stack.service_role_key) as service:
        words = {"user_id": member.id, "readiness": 72, **vectors}
        assert service.rpc("store_profile_vectors", words).execute().data == {}
    stored = "select values_vector::text from public.connect_profiles where user_id = %s"
    assert cast.value(stored, member.id) == "[1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
