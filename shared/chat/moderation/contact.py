"""Ways to reach somebody elsewhere, in the text itself: phone numbers, e-mail, web addresses, @handles.

Everything is read from folded text. A number is a phone number by its digits and by how they stand, not by
how many: dates, years, times, prices, coordinates, lotteries and countdowns have as many.
"""

from __future__ import annotations

import re
from functools import cache

from shared.chat.moderation.searching import Patterns, pattern

GIVEN = 60.0
"""Score of a number, an address or a handle that stands in the message."""
LEAST_DIGITS = 7

# A letter, a digit or _ of any script, which RE2's \w is not; and any other character: searching.Patterns
# puts one before and behind the text.
_W = r"\pL\pN_"
_END = f"[^{_W}]"
_TLD = r"(?:com|net|org|info|biz|eu|de|at|ch|uk|us|fr|it|es|nl|pl|io|me|gg|app|xyz|live|site|link|to|tv|cc)"
_DOT = r"(?:\.|\(dot\)|\[dot\]|\(punkt\)|\[punkt\]| dot | punkt |\s\.\s?)"
_NAME_AT = rf"[{_W}.+-]{{2}}\s?(?:@|\(at\)|\[at\]|\{{at\}}| at | aet |\s@\s?)\s?"
_MAIL = rf"{_NAME_AT}[{_W}-]{{2,}}(?:\s?{_DOT}\s?[{_W}-]+){{0,2}}\s?{_DOT}\s?{_TLD}{_END}"
_MAILER = (
    rf"{_NAME_AT}(?:gmail|googlemail|gmx|hotmail|outlook|yahoo|icloud|proton(?:mail)?|web\.de|t-online){_END}"
)
_SCHEME = rf"https?:|www\s?(?:\.|dot|punkt)\s?[{_W}]|\b(?:t|wa|fb|m|instagram|snapchat)\.me/\S"
# Without a scheme only endings that no sentence runs into ("Ok.me too" is two sentences).
_DOMAIN = (
    rf"[^{_W}@.][a-z0-9][a-z0-9-]{{1,40}}(?:\.[a-z0-9-]+)*"
    rf"\.(?:com|net|org|info|biz|eu|io|gg|app|xyz|de|ch|fr|nl|pl|uk){_END}"
)
_SPOKEN_DOMAIN = r"[a-z0-9-]{2} (?:dot|punkt) (?:com|net|org|de|io|me|at|ch)\b"
_NAMED_HANDLE = (
    r"\b(?:ig|insta|instagram|snap|snapchat|sc|fb|facebook|tg|telegram|discord|kik|skype|tiktok|whatsapp)\b"
    r"(?: (?:is|ist|name|id|handle))?\s*[:=>]\s*@?[a-z0-9_.]{3}"
)
_HANDLE = rf"(?:^|[^{_W}.@])@\s?[a-z][a-z0-9_.]{{2,30}}"
_NO_HANDLE = {"home", "work", "the", "noon", "night", "least", "first", "all", "that", "this", "school"} | {
    *("office", "gym", "uni", "some", "any", "you", "him", "her", "them")
}

_DIGIT_WORDS = {
    **{"zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5"},
    **{"six": "6", "seven": "7", "eight": "8", "nine": "9"},
    **{"null": "0", "eins": "1", "zwei": "2", "zwo": "2", "drei": "3", "vier": "4", "fuenf": "5"},
    **{"sechs": "6", "sieben": "7", "acht": "8", "neun": "9"},
}
_LONGEST_DIGIT = max(map(len, _DIGIT_WORDS))
_REPEATED = {"double": "×", "doppel": "×", "triple": "÷"}
_ONE_WORD = re.compile("|".join(_DIGIT_WORDS))
_LETTERS = re.compile(r"[a-z]+")
_SIGN = re.compile(r"([×÷])[\s-]*")
_SIGN_AND_DIGIT = re.compile(r"([×÷])(\d)")
_NUMBER = r"(?:\+\s?)?\(?\d(?:[\d\s().,/_:–—*-]|plus){4,60}\d"
_GROUPS = re.compile(r"\d+")

_YEAR = r"(?:19|20)\d\d"
_SLASH = r"\s?[./-]\s?"
_DATE = rf"(?:\d{{1,2}}{_SLASH}\d{{1,2}}{_SLASH}(?:{_YEAR}|\d\d)|{_YEAR}{_SLASH}\d{{1,2}}{_SLASH}\d{{1,2}})"
_TIME = r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?"
_AMOUNT = r"\d{1,3}(?:[.,\s]\d{3})+(?:[.,]\d{1,2})?|\d{1,6}[.,]\d{1,2}"
_COORDINATE = r"-?\d{1,3}\.\d{3,}"
# All of a number reads as dates, times, amounts or coordinates, with nothing left over.
_HARMLESS = rf"(?:(?:{_DATE}|{_YEAR}|{_TIME}|{_AMOUNT}|{_COORDINATE})(?:[\s,/–—:-]+|$))+$"
_DATED = rf"(?:{_DATE}|{_TIME})(?:\D|$)"


@cache
def _addresses() -> Patterns:
    return Patterns((_MAIL, _MAILER, _SCHEME, _DOMAIN, _SPOKEN_DOMAIN, _NAMED_HANDLE))


def holds_contact(folded: str) -> bool:
    """Whether a folded text gives a phone number, an e-mail or web address, or a handle.

    Raises Unavailable when it could not be searched.
    """
    return bool(_addresses().within(folded)) or _holds_handle(folded) or _holds_phone(folded)


def _holds_handle(folded: str) -> bool:
    return "@" in folded and any(
        found.partition("@")[2].strip().rstrip(".") not in _NO_HANDLE
        for found in pattern(_HANDLE).findall(folded)
    )


def _holds_phone(folded: str) -> bool:
    return any(
        _is_phone(found)
        for text in dict.fromkeys((folded, _in_digits(folded)))
        if sum(map(text.count, "0123456789")) >= LEAST_DIGITS
        for found in pattern(_NUMBER).findall(text)
    )


def _in_digits(folded: str) -> str:
    """The text with its spelled-out digits as digits."""
    words = set(_LETTERS.findall(folded))
    if words.isdisjoint(_DIGIT_WORDS) and not any(len(w) > _LONGEST_DIGIT and _spoken(w) for w in words):
        return folded
    digits = _LETTERS.sub(lambda word: _spoken(word[0]) or _REPEATED.get(word[0], word[0]), folded)
    return _SIGN_AND_DIGIT.sub(lambda m: m[2] * (2 if m[1] == "×" else 3), _SIGN.sub(r"\1", digits))


def _spoken(word: str) -> str:
    """The digits that a word names, several when they run together ("nulleinsfuenfeins"); else nothing."""
    if len(word) <= _LONGEST_DIGIT:
        return _DIGIT_WORDS.get(word, "")
    parts = _ONE_WORD.findall(word)
    return "".join(map(_DIGIT_WORDS.__getitem__, parts)) if "".join(parts) == word else ""


def _is_phone(number: str) -> bool:
    """Whether a run of digits and what stands between them is a phone number."""
    groups = _GROUPS.findall(number)
    digits = "".join(groups)
    if len(digits) < LEAST_DIGITS or len(set(digits)) == 1:
        return False
    dialled = number.lstrip(" (").startswith(("+", "0")) and not number.startswith(("0.", "0,"))
    if _is_count(digits) or (not dialled and digits.endswith("00000")):
        return False
    if pattern(_HARMLESS).match(number) and (not dialled or pattern(_DATED).match(number)):
        return False
    if dialled or all(len(group) == 1 for group in groups):
        return True
    # A list of things, or a lottery: commas part them, or every part is short.
    return "," not in number and ":" not in number and any(len(group) > 2 for group in groups)


def _is_count(digits: str) -> bool:
    """Counting up or down: 1234567, 7654321, 12345678910."""
    up = "".join(str(n) for n in range(21))
    down = "".join(str(n) for n in range(20, -1, -1))
    return digits in up or digits in down
