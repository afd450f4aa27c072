"""What members speak: shares of a country from CLDR, and names of languages as people write them."""

import re
from functools import cache

import numpy as np
from babel.languages import get_territory_language_info

NEWCOMERS = 0.08  # share of members whose first language came with them from another country
BILINGUAL = 0.6  # share of members with a second language
UNOFFICIAL = 0.08  # part of its share that a language without official status has as a first one

_FROM_ELSEWHERE = ("es", "ar", "tr", "pt", "ru", "pl", "zh", "hi", "uk", "fr", "fa", "it")

# Names as profiles write them; ISO 639-1 where there is a code, else 639-3.
_NAMES = {
    "afrikaans": "af", "albanian": "sq", "ancient greek": "grc", "arabic": "ar", "armenian": "hy",
    "basque": "eu", "belarusan": "be", "belarusian": "be", "bengali": "bn", "breton": "br",
    "bulgarian": "bg", "catalan": "ca", "cebuano": "ceb", "chechen": "ce", "chinese": "zh",
    "croatian": "hr", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en",
    "esperanto": "eo", "estonian": "et", "farsi": "fa", "finnish": "fi", "french": "fr",
    "frisian": "fy", "georgian": "ka", "german": "de", "greek": "el", "gujarati": "gu",
    "hawaiian": "haw", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "icelandic": "is",
    "ilongo": "hil", "indonesian": "id", "irish": "ga", "italian": "it", "japanese": "ja",
    "khmer": "km", "korean": "ko", "latin": "la", "latvian": "lv", "lithuanian": "lt",
    "malay": "ms", "maori": "mi", "mongolian": "mn", "norwegian": "no", "occitan": "oc",
    "persian": "fa", "polish": "pl", "portuguese": "pt", "romanian": "ro", "rotuman": "rtm",
    "russian": "ru", "sanskrit": "sa", "sardinian": "sc", "serbian": "sr", "sign language": "sgn",
    "slovak": "sk", "slovenian": "sl", "spanish": "es", "swahili": "sw", "swedish": "sv",
    "tagalog": "tl", "tamil": "ta", "thai": "th", "tibetan": "bo", "turkish": "tr",
    "ukrainian": "uk", "urdu": "ur", "vietnamese": "vi", "welsh": "cy", "yiddish": "yi",
}  # fmt: skip

_SPOKEN = re.compile(r"\s*(.*?)\s*(?:\((.*?)\))?\s*")
_FLUENCY = {"fluently": 0, "": 1, "okay": 2}  # "poorly" is not enough to meet somebody in


@cache
def shares(country: str) -> tuple[tuple[str, float, float], ...]:
    """Languages of a country: code, share of people who speak it, weight as a first language."""
    spoken: dict[str, tuple[float, float]] = {}
    for tag, facts in get_territory_language_info(country).items():
        code = tag.split("_")[0]
        percent = float(str(facts["population_percent"]))
        official = facts["official_status"] in ("official", "de_facto_official")
        if len(code) > 2 and facts["official_status"] is None:
            continue  # dialects, which speakers name by their language
        before = spoken.get(code, (0.0, 0.0))
        first = percent if official else percent * UNOFFICIAL
        spoken[code] = (max(before[0], percent), max(before[1], first))
    if not any(first for _, first in spoken.values()):
        spoken["en"] = (100.0, 100.0)
    return tuple((code, percent, first) for code, (percent, first) in sorted(spoken.items()))


def draw_languages(rng: np.random.Generator, countries: list[str]) -> list[tuple[str, str | None]]:
    """First and second language of each member by the shares of the country they live in."""
    return [_draw(rng, country) for country in countries]


def _draw(rng: np.random.Generator, country: str) -> tuple[str, str | None]:
    spoken = shares(country)
    native = _pick(rng, [(code, first) for code, _, first in spoken])
    newcomer, bilingual, elsewhere = rng.random(3)
    if newcomer < NEWCOMERS:
        brought = _FROM_ELSEWHERE[int(elsewhere * len(_FROM_ELSEWHERE))]
        return (brought, native) if brought != native else (native, None)
    if bilingual >= BILINGUAL:
        return native, None
    others = [(code, percent) for code, percent, _ in spoken if code != native]
    # English is learnt everywhere, also where the statistics of a country leave it out.
    if native != "en" and "en" not in dict(others):
        others.append(("en", 10.0))
    return native, _pick(rng, others) if others else None


def _pick(rng: np.random.Generator, weighed: list[tuple[str, float]]) -> str:
    at = rng.random() * sum(weight for _, weight in weighed)
    for code, weight in weighed:
        at -= weight
        if at < 0:
            return code
    return weighed[-1][0]


def read_languages(text: str) -> tuple[str, str | None]:
    """First and second language of "english (fluently), spanish (poorly), c++, lisp".

    Fluent ones come first, then those without a remark, then the okay ones, in the order written.
    Poorly spoken and unknown ones and those of computers are left out; who is left with nothing
    speaks English.
    """
    spoken: list[tuple[int, str]] = []
    for part in text.lower().split(","):
        found = _SPOKEN.fullmatch(part)
        if found and found[1] in _NAMES and (found[2] or "") in _FLUENCY:
            spoken.append((_FLUENCY[found[2] or ""], _NAMES[found[1]]))
    codes = list(dict.fromkeys(code for _, code in sorted(spoken, key=lambda word: word[0])))
    return (codes or ["en"])[0], (codes[1] if len(codes) > 1 else None)
