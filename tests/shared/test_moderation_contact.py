"""Contacts in a message: found before the reveal however they are written, nothing afterwards."""

from __future__ import annotations

import pytest

from shared.chat.moderation.kinds import Risk
from shared.chat.moderation.moderator import assess

CONTACTS = [
    "0151 23456789",
    "call me +49 (0)151 / 234 567 89",
    "+44 7700 900123",
    "(555) 123-4567",
    "555-1234567",
    "06 12 34 56 78",
    "0 1 5 1 2 3 4 5 6 7 8",
    "0151-2345.6789",
    "０１５１ ２３４５６７８",
    "٠١٥١٢٣٤٥٦٧٨",
    "0️⃣1️⃣5️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣",
    "zero one five one two three four five six seven",
    "my digits: oh one five one, two three four, five six seven",
    "null eins fünf eins zwei drei vier fünf sechs sieben",
    "nulleinsfünfeinszweidreivierfünf",
    "0151 zwei drei vier fünf sechs",
    "0151 double two three four five six",
    "anna@example.com",
    "anna (at) example (dot) com",
    "anna at gmail dot com",
    "anna ät gmx punkt de",
    "anna.b @ gmail",
    "a n n a: anna[at]web.de",
    "https://example.org/anna",
    "www.anna-b.de",
    "find me on anna-b.com",
    "t.me/annab",
    "anna dot com",
    "@anna_b92",
    "I'm @anna.b there",
    "ig: anna_b92",
    "insta = annab",
    "My insta is anna b",
    "add me on snapchat",
    "text me on WhatsApp",
    "WhatsApp?",
    "do you have insta",
    "Do you have WhatsApp?",
    "let's switch to Telegram",
    "can we move to signal instead",
    "what's your number",
    "My number is on its way",
    "give me your phone number please",
    "can I have your number",
    "here's my email",
    "Mein Insta ist anna b",
    "Hast du WhatsApp?",
    "schreib mir auf Instagram",
    "Wollen wir lieber auf Telegram schreiben?",
    "gib mir deine Handynummer",
    "Kann ich deine Nummer haben?",
    "Meine Nummer ist nicht geheim",
    "ruf mich an unter",
    "Sollen wir Nummern tauschen?",
    "wh4tsapp me",
    "whats app?",
    "W h a t s A p p",
]


@pytest.mark.parametrize("text", CONTACTS)
def test_before_the_reveal_it_is_flagged_and_below_what_is_refused(text: str) -> None:
    risk = assess(text, revealed=False)
    assert risk.kinds == ("contact_exchange",), risk
    assert 0 < risk.score < 90


@pytest.mark.parametrize("text", CONTACTS)
def test_after_the_reveal_it_counts_nothing(text: str) -> None:
    assert assess(text, revealed=True) == Risk()


def test_a_threat_counts_before_and_after() -> None:
    text = "I will kill you, call 0151 23456789"
    assert assess(text, revealed=False).kinds == ("threat", "contact_exchange")
    assert assess(text, revealed=True).kinds == ("threat",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "5",
        "2026",
        "31.12.2026",
        "2026-12-31 23:59",
        "12/31/2026 - 01/02/2027",
        "1990, 1995, 2000, 2005",
        "1000000",
        "1.000.000 Euro",
        "99,99 / 129,99",
        "1234567",
        "0000000",
        "7777777",
        "12:30-13:45",
        "10.30 - 18.45",
        "0.1234567",
        "48.137154, 11.576124",
        "3, 14, 159, 2653",
        "12 34 56 77",
        "I'm 29, 180 cm, 75 kg",
        "drei, vier Mal im Jahr",
        "one or two",
        "z.B. so etwas",
        "e.g. this",
        "at noon",
        "Dot is my cat, com is nothing",
        "punkt 8 Uhr",
        "@ 8",
        "@home",
    ],
)
def test_numbers_and_words_that_only_look_like_one(text: str) -> None:
    assert assess(text, revealed=False) == Risk()
