"""The routes of the blind chat."""

from __future__ import annotations

from functions.connect.chat.chat import ChatPage, Page, Send, Sent, read_chat, send_message
from shared.errors import NotFound
from shared.http.edge import Route, Routes

ROUTES: Routes = {
    ("POST", "/connect/chat"): Route(send_message, Sent, body=Send, refusals=(NotFound,)),
    ("GET", "/connect/chat"): Route(read_chat, ChatPage, query=Page, refusals=(NotFound,)),
}
