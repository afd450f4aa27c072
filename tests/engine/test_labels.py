"""The vocabulary and its texts: closed, in every language, and without anything that gives somebody away."""

from __future__ import annotations

import inspect
import math
import re
import unicodedata
from functools import cache

import pytest
from babel import Locale

from shared.engine.configuration import CONFIGURATION
from shared.engine.scoring import labels
from shared.engine.scoring.labels import OPEN, SAYINGS, TABLES, VOCABULARIES, VOCABULARY
from shared.places.resolve import gazetteer
from shared.words import LANGUAGES, language_of
from shared.words.insight import insight
from tests.engine.vocabulary import MODES, every_list

# Words that must not occur in a text of that language, by what they would give away; "moon*" is any word so
# beginning. Each language is held against its own words alone: a planet in one is a small word in another.
FORBIDDEN = {
    "en": {
        "signs": "aries taurus gemini* leo virgo* libra* scorpi* sagittar* capricorn* aquari* pisces zodiac*"
        " sign signs",
        "planets": "sun suns moon* mercury* venus* mars jupiter* saturn* uranus* neptun* pluto* node nodes"
        " ascend* planet* star stars horoscop* astro* chart* birth* born lunar solar",
        "aspects": "aspect* conjunct* sextil* square* trine* opposit* orb orbs degree* transit* retrograd*"
        " house*",
        "human design": "gate gates channel* center* centre* throat* sacral* spleen* splenic* plexus root"
        " head ajna ego generator* manifest* projector* reflector* authorit* line lines profil* hexagram*"
        " electromagnet*",
        "distances": "distan* near* nearest close* far away mile* kilomet* km metre* meter* local* locat*"
        " region* city cities town* village* country street* neighbo* around corner place* home* live lives"
        " living",
        "numbers": "zero one two three* four* five* six* seven* eight* nine* ten eleven* twelve hundred*"
        " thousand* half halves third* quarter* dozen* twice percent* score*",
        "people": "he she him his her hers man men woman women boy* girl* age aged old older young*",
    },
    "de": {
        "signs": "widder* stier* zwilling* krebs* löwe* jungfrau* waage* skorpion* schütze* steinbock*"
        " wassermann* fisch* tierkreis* zodiak* zeichen* sternzeichen*",
        "planets": "sonne* mond* merkur* venus* mars jupiter* saturn* uranus* neptun* pluto* planet* knoten*"
        " aszend* stern* gestirn* gebur* geboren* horoskop* astro* lunar* solar*",
        "aspects": "aspekt* konjunkt* sextil* quadrat* trigon* opposit* orbis grad grade transit* haus häuser"
        " retrograd* rückläufig*",
        "human design": "tor tore kanal* kanäle* zentrum* zentren* kehle* sakral* milz* plexus wurzel* kopf*"
        " ajna ego generator* manifest* projektor* reflektor* autorität* linie* profil* hexagramm*"
        " elektromagnet*",
        "distances": "entfern* distanz* nah nähe* nahe* weit* fern* meile* kilomet* km meter* lokal* region*"
        " stadt* städt* dorf* land länder straße* nachbar* ecke ort orte heim* wohn* zuhause",
        "numbers": "null eins zwei* drei* vier* fünf* sechs* sieben* acht neun* zehn* elf zwölf* hundert*"
        " tausend* halb* drittel* viertel* dutzend* prozent* punkt*",
        "people": "er sie ihm ihn mann männer frau frauen alt älter alter jung jünger",
    },
}  # fmt: skip
TOPICS = ("signs", "planets", "aspects", "human design", "distances", "numbers", "people")

# Parts of words, by language, that only a romantic match may read.
ROMANTIC = {
    "en": "attract|drawn|romanti|love|passion|desire|kiss|chemistry",
    "de": "hingezogen|anzieh|romanti|lieb|leidenschaft|begehr|küss|prickel",
}

NO_TABLE = "xx"
"""The code of no language."""

CITIES_FROM = 300_000
PUNCTUATION = ",.:;!?¡¿'’«»-…、。"
SENTENCE_ENDS = ".!?…。"


def given_away(text: str, language: str) -> set[str]:
    """What a text in that language would give away."""
    return {
        topic
        for topic, listed in FORBIDDEN[language].items()
        for word in words(text)
        for one in listed.split()
        if word == one or (one.endswith("*") and word.startswith(one[:-1]))
    }


def texts_in(language: str) -> list[str]:
    """Everything said about a pair in that language; the labels themselves are English."""
    texts = LANGUAGES[language]
    named = [label.replace("_", " ") for label in VOCABULARY] if language == "en" else []
    return [*named, *texts.strengths.values(), *texts.sentences.values(), texts.lead, texts.conjunction]


def letters_and_points(text: str) -> bool:
    """Whether a text holds letters, marks of letters, spaces and a sentence's punctuation alone."""
    return all(unicodedata.category(character)[0] in "LMZ" or character in PUNCTUATION for character in text)


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())


@cache
def every_told_list(mode: str) -> frozenset[tuple[str, ...]]:
    return frozenset(every_list(mode))


def test_labels_are_words_the_database_takes_and_few() -> None:
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", label) for label in VOCABULARY)
    assert {mode: len(VOCABULARIES[mode]) for mode in MODES} == {
        "romantic": 21,
        "friendship": 20,
        "professional": 9,
    }
    assert len(VOCABULARY) == 26
    assert all(OPEN in known for known in VOCABULARIES.values())


def test_the_vocabulary_follows_the_configuration() -> None:
    """Every block of a mode speaks, but for location and position; in the order of the score's sum."""
    assert set(SAYINGS) == set(CONFIGURATION.shares)
    for mode, sayings in SAYINGS.items():
        order = [block.name for block in CONFIGURATION.blocks if block.name in CONFIGURATION.shares[mode]]
        assert list(sayings) == [name for name in order if name not in ("location", "position")]


def test_no_label_is_a_strength_here_and_a_tension_there() -> None:
    every = [saying for sayings in SAYINGS.values() for saying in sayings.values()]
    strengths = {label for one in every for label in (one.strength, *one.families.values())}
    assert not strengths & {one.tension for one in every}


def test_friends_and_colleagues_are_told_nothing_romantic() -> None:
    assert {label for label in VOCABULARY if re.search(ROMANTIC["en"], label)} == {"natural_attraction"}
    for language, parts in ROMANTIC.items():
        written = {**LANGUAGES[language].strengths, **LANGUAGES[language].sentences}
        suspects = {label for label, text in written.items() if re.search(parts, text.casefold())}
        assert suspects == {"natural_attraction"}, language
    assert "natural_attraction" in VOCABULARIES["romantic"]
    assert "natural_attraction" not in VOCABULARIES["friendship"] | VOCABULARIES["professional"]
    personal = {"astro", "hd", "values", "communication", "life_goals", "readiness"}
    assert not personal & SAYINGS["professional"].keys()


def test_a_place_is_never_told() -> None:
    assert not any("location" in sayings for sayings in SAYINGS.values())


def test_every_language_has_its_own_words_that_would_give_somebody_away() -> None:
    """Whoever adds a language writes them down here: nobody else can tell what its texts must not name."""
    assert FORBIDDEN.keys() == LANGUAGES.keys()
    assert ROMANTIC.keys() == LANGUAGES.keys()
    for language, topics in FORBIDDEN.items():
        assert tuple(topics) == TOPICS, language
        assert all(listed.split() for listed in topics.values()), language
        assert ROMANTIC[language], language
    assert NO_TABLE not in LANGUAGES


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_label_has_one_text_in_every_language(language: str) -> None:
    texts = LANGUAGES[language]
    every = [saying for sayings in SAYINGS.values() for saying in sayings.values()]
    strengths = {label for one in every for label in (one.strength, *one.families.values())}
    assert set(texts.strengths) == strengths
    assert set(texts.sentences) == VOCABULARY - strengths
    written = [*texts.strengths.values(), *texts.sentences.values()]
    assert len(set(written)) == len(written)
    # Of what has capital letters at all.
    assert all(not part.endswith(".") and part[0] == part[0].lower() for part in texts.strengths.values())
    assert all(text[0] == text[0].upper() for text in texts.sentences.values())
    assert all(text[-1] in SENTENCE_ENDS for text in texts.sentences.values())


@pytest.mark.parametrize("language", list(FORBIDDEN))
def test_no_text_names_what_it_was_made_from(language: str) -> None:
    found = {text: given_away(text, language) for text in texts_in(language)}
    assert {text: topics for text, topics in found.items() if topics} == {}


@pytest.mark.parametrize(
    ("language", "text", "topics"),
    [
        ("en", "Your Moon meets their Venus.", {"planets"}),
        ("de", "Eure Mondzeichen passen, ihr wohnt nah beieinander.", {"planets", "distances"}),
        ("en", "Together you define the channel of two gates.", {"human design", "numbers"}),
        ("de", "Ein Trigon zur Waage im siebten Haus.", {"aspects", "signs"}),
        ("de", "Euer Jupiter stützt das Sakral.", {"planets", "human design"}),
        ("en", "She was born around the corner.", {"people", "planets", "distances"}),
        ("en", "Don't miss the moon's path.", {"planets"}),
        ("en", "You care about the same things.", set()),
        ("de", "Man lacht gern miteinander.", set()),
    ],
)
def test_the_guard_of_the_texts_sees_what_it_should(language: str, text: str, topics: set[str]) -> None:
    assert given_away(text, language) == topics


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_no_text_holds_a_digit_a_roman_number_or_a_symbol(language: str) -> None:
    for text in texts_in(language):
        assert letters_and_points(text), text
        assert not re.search(r"\b[IVXLCDM]{2,}\b", text)


def test_apostrophes_are_no_symbols() -> None:
    assert all(map(letters_and_points, ("vous aimez l'imprévu", "l’un et l’autre, peut-être", "don't")))
    assert not any(
        map(letters_and_points, ("score 7", "½", "Ⅳ", "☉", "♈", "19°", "a 50% match", "a=b", "#"))
    )


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_no_text_names_a_place(language: str) -> None:
    """Names as they are written: "van" is a city in Turkey and a small word in Dutch."""
    cities = {city.name for city in gazetteer().cities if city.population >= CITIES_FROM}
    named = {name for name in cities | set(Locale(language).territories.values()) if name.isalpha()}
    assert "Berlin" in named
    found = {word for text in texts_in(language) for word in re.findall(r"[^\W\d_]+", text)} & named
    assert not found


def test_no_label_names_a_place() -> None:
    named = {city.name.casefold() for city in gazetteer().cities if city.population >= CITIES_FROM}
    named |= {name.casefold() for name in Locale("en").territories.values()}
    assert {"berlin", "france"} <= named
    assert not {word for label in VOCABULARY for word in label.split("_")} & named


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_list_has_its_own_text(mode: str, language: str) -> None:
    texts: dict[str, tuple[str, ...]] = {}
    for told in every_told_list(mode):
        text = insight(told, language)
        assert not re.search(r"\d", text)
        assert text[0] == text[0].upper()
        assert text[-1] in SENTENCE_ENDS
        assert ".." not in text
        assert "  " not in text
        assert 10 < len(text) <= 1000
        assert texts.setdefault(text, told) == told


def test_a_text_follows_from_labels_and_language_alone() -> None:
    """Nothing else goes in, so nothing else can be in the text."""
    assert list(inspect.signature(insight).parameters) == ["labels", "language"]


def test_the_bits_a_list_tells_are_those_of_the_documentation() -> None:
    documented = re.findall(r"log2\((\d+)\) = (\d+\.\d)", str(labels.__doc__))
    personal = [
        2 + 1 + len(SAYINGS["romantic"][block].families) for block in ("astro", "hd")
    ]  # a strength, a tension, silence, and finer strengths
    counts = [3, math.prod(personal), *(len(every_told_list(mode)) for mode in MODES)]
    assert [int(count) for count, _ in documented] == counts
    assert [float(bits) for _, bits in documented] == [round(math.log2(count), 1) for count in counts]
    assert f"{math.log2(50 * 365.25):.0f}" == "14"
    assert f"{math.log2(50 * 365.25 * 24 * 60):.0f}" == "25"


def test_insight_in_both_languages() -> None:
    told = ["shared_values", "ready_together", "different_communication"]
    assert insight(told, "en") == (
        "You care about the same things and are both ready to get to know someone new. "
        "You may express yourselves differently: give it time."
    )
    assert insight(told, "de") == (
        "Euch sind dieselben Dinge wichtig und ihr seid beide bereit, jemanden kennenzulernen. "
        "Ihr drückt euch vielleicht verschieden aus: gebt euch Zeit."
    )
    told = ["related_work", "common_interests", "similar_pace", "different_work"]
    assert insight(told, "en") == (
        "You come from related kinds of work, have interests in common and keep a similar pace. "
        "Your kinds of work may differ: a fresh view can do you both good."
    )
    assert insight([OPEN], "de") == "Ein offener Anfang: findet heraus, was euch verbindet."


@pytest.mark.parametrize("told", [[], ["destiny"], ["shared_values", "score 87"], ["shared values"]])
def test_labels_outside_the_vocabulary_are_refused_without_being_repeated(told: list[str]) -> None:
    with pytest.raises(ValueError, match="label") as refused:
        insight(told, "en")
    assert "87" not in str(refused.value)


def test_a_language_without_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match=f"there are: {', '.join(sorted(LANGUAGES))}$"):
        insight([OPEN], NO_TABLE)


def test_a_text_is_in_the_reader_s_language_where_it_has_a_table() -> None:
    assert language_of("de") == "de"
    assert language_of(NO_TABLE) == language_of("") == "en"


def test_the_version_covers_every_label_and_no_word_that_is_made_when_it_is_read() -> None:
    said = str(TABLES)
    assert all(label in said for label in VOCABULARY)
    for texts in LANGUAGES.values():
        assert not any(text in said for text in (*texts.strengths.values(), *texts.sentences.values()))


def test_every_label_has_a_text_in_every_language() -> None:
    for texts in LANGUAGES.values():
        assert {*texts.strengths, *texts.sentences} == VOCABULARY
