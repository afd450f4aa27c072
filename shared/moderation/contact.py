"""Ways to reach somebody elsewhere, in the text itself: phone numbers, e-mail, web addresses, @handles.

Everything is read from folded text. A number is a phone number by its digits and by how they stand, not by
how many: dates, years, times, prices, coordinates, lotteries and countdowns have as many.
"""

from __future__ import annotations

import re

GIVEN = 60.0
"""Score of a number, an address or a handle that stands in the message."""
LEAST_DIGITS = 7

_TLD = r"(?:com|net|org|info|biz|eu|de|at|ch|uk|us|fr|it|es|nl|pl|io|me|gg|app|xyz|live|site|link|to|tv|cc)"
_AT = r"(?:@|\(at\)|\[at\]|\{at\}| at | aet |\s@\s?)"
_DOT = r"(?:\.|\(dot\)|\[dot\]|\(punkt\)|\[punkt\]| dot | punkt |\s\.\s?)"
_NAME = r"(?<![\w.+-])[\w.+-]{2,}"
_MAIL = re.compile(rf"{_NAME}\s?{_AT}\s?[\w-]{{2,}}(?:\s?{_DOT}\s?[\w-]+){{0,2}}\s?{_DOT}\s?{_TLD}(?!\w)")
_MAILER = re.compile(
    rf"{_NAME}\s?{_AT}\s?"
    r"(?:gmail|googlemail|gmx|hotmail|outlook|yahoo|icloud|proton(?:mail)?|web\.de|t-online)(?!\w)"
)
_SCHEME = re.compile(r"https?:|www\s?(?:\.|dot|punkt)\s?\w|\b(?:t|wa|fb|m|instagram|snapchat)\.me/\S")
# Without a scheme only endings that no sentence runs into ("Ok.me too" is two sentences).
_DOMAIN = re.compile(
    r"(?<![\w@.])[a-z0-9][a-z0-9-]{1,40}(?:\.[a-z0-9-]+)*"
    r"\.(?:com|net|org|info|biz|eu|io|gg|app|xyz|de|ch|fr|nl|pl|uk)(?:/\S*)?(?![\w])"
)
_SPOKEN_DOMAIN = re.compile(r"\b[a-z0-9-]{2,40} (?:dot|punkt) (?:com|net|org|de|io|me|at|ch)\b")
_HANDLE = re.compile(r"(?<![\w.@])@\s?([a-z][a-z0-9_.]{2,30})")
_NO_HANDLE = {"home", "work", "the", "noon", "night", "least", "first", "all", "that", "this", "school"} | {
    *("office", "gym", "uni", "some", "any", "you", "him", "her", "them")
}
_NAMED_HANDLE = re.compile(
    r"\b(?:ig|insta|instagram|snap|snapchat|sc|fb|facebook|tg|telegram|discord|kik|skype|tiktok|whatsapp)\b"
    r"(?: (?:is|ist|name|id|handle))?\s*[:=>]\s*@?[a-z0-9_.]{3,}"
)

_DIGIT_WORDS = {
    **{"zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5"},
    **{"six": "6", "seven": "7", "eight": "8", "nine": "9"},
    **{"null": "0", "eins": "1", "zwei": "2", "zwo": "2", "drei": "3", "vier": "4", "fuenf": "5"},
    **{"sechs": "6", "sieben": "7", "acht": "8", "neun": "9"},
}
_REPEATED = {"double": 2, "doppel": 2, "triple": 3}
# Spelled-out digits also run together: "nulleinsfuenfeins".
_RUN = re.compile(f"(?:{'|'.join(_DIGIT_WORDS)}){{2,}}")
_ONE_WORD = re.compile("|".join(_DIGIT_WORDS))
_LETTERS = re.compile(r"[a-z]+")
_SIGN_AND_DIGIT = re.compile(r"([×÷])[\s-]*(\d)")
_NUMBER = re.compile(r"(?:\+\s?)?\(?\d(?:[\d\s().,/_:–—*-]|plus){4,60}\d")
_GROUPS = re.compile(r"\d+")

_YEAR = r"(?:19|20)\d\d"
_SLASH = r"\s?[./-]\s?"
_DATE = rf"(?:\d{{1,2}}{_SLASH}\d{{1,2}}{_SLASH}(?:{_YEAR}|\d\d)|{_YEAR}{_SLASH}\d{{1,2}}{_SLASH}\d{{1,2}})"
_TIME = r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?"
_AMOUNT = r"\d{1,3}(?:[.,\s]\d{3})+(?:[.,]\d{1,2})?|\d{1,6}[.,]\d{1,2}"
_COORDINATE = r"-?\d{1,3}\.\d{3,}"
_PARTS = tuple(re.compile(rf"(?:{part})(?!\d)") for part in (_DATE, _YEAR, _TIME, _AMOUNT, _COORDINATE))
_JOINTS = re.compile(r"[\s,;/–—:-]+")


def holds_contact(folded: str) -> bool:
    """Whether a folded text gives a phone number, an e-mail or web address, or a handle."""
    if ("@" in folded or " at " in folded or "at)" in folded or "at]" in folded or " aet " in folded) and (
        _MAIL.search(folded) or _MAILER.search(folded) or _holds_handle(folded)
    ):
        return True
    if _SCHEME.search(folded) or _DOMAIN.search(folded) or _SPOKEN_DOMAIN.search(folded):
        return True
    return bool(_NAMED_HANDLE.search(folded)) or _holds_phone(folded)


def _holds_handle(folded: str) -> bool:
    return any(name.rstrip(".") not in _NO_HANDLE for name in _HANDLE.findall(folded))


def _holds_phone(folded: str) -> bool:
    return any(
        _is_phone(found[0])
        for text in dict.fromkeys((folded, _in_digits(folded)))
        if sum(map(text.count, "0123456789")) >= LEAST_DIGITS
        for found in _NUMBER.finditer(text)
    )


def _in_digits(folded: str) -> str:
    """The text with its spelled-out digits as digits."""
    words = set(_LETTERS.findall(folded))
    if words.isdisjoint(_DIGIT_WORDS) and not any(len(w) > 7 and _RUN.fullmatch(w) for w in words):
        return folded
    digits = _LETTERS.sub(_digits_of, folded)
    return _SIGN_AND_DIGIT.sub(lambda m: m[2] * (2 if m[1] == "×" else 3), digits)


def _digits_of(word: re.Match[str]) -> str:
    digit = _DIGIT_WORDS.get(word[0])
    if digit is not None:
        return digit
    if word[0] in _REPEATED:
        return "×" if _REPEATED[word[0]] == 2 else "÷"
    if len(word[0]) > 7 and _RUN.fullmatch(word[0]):
        return "".join(_DIGIT_WORDS[one] for one in _ONE_WORD.findall(word[0]))
    return word[0]


def _is_phone(number: str) -> bool:
    """Whether a run of digits and what stands between them is a phone number."""
    groups = _GROUPS.findall(number)
    digits = "".join(groups)
    if len(digits) < LEAST_DIGITS or len(set(digits)) == 1:
        return False
    dialled = number.lstrip(" (").startswith(("+", "0")) and not re.match(r"0[.,]", number)
    if _is_count(digits) or (not dialled and digits.endswith("00000")):
        return False
    if _harmless_parts(number, dialled=dialled):
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


def _harmless_parts(number: str, *, dialled: bool) -> bool:
    """Whether all of it reads as dates, times, amounts or coordinates, with nothing left over."""
    text = number.strip()
    if dialled and not re.match(rf"(?:{_DATE}|{_TIME})(?!\d)", text):
        return False
    while text:
        end = max((found.end() for part in _PARTS if (found := part.match(text))), default=0)
        if not end:
            return False
        text = _JOINTS.sub("", text[end:], count=1)
    return True
