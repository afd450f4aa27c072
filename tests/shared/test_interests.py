"""The catalogue of interests: complete, evenly cut, and refused where it is broken."""

from pathlib import Path

import pytest

from shared.interests import LANGUAGES, CatalogueError, catalogue

WHOLE = """
[music]
names = { en = "Music", de = "Musik" }
[music.interests]
choirs = { en = "Choirs", de = "Chöre" }
"""


def test_there_are_about_three_hundred_interests_in_even_subjects() -> None:
    sizes = [len(subject.interests) for subject in catalogue()]
    assert 23 <= len(sizes) <= 28
    assert 280 <= sum(sizes) <= 330
    assert max(sizes) - min(sizes) <= 4


def test_names_are_short_enough_for_a_button() -> None:
    for subject in catalogue():
        for entry in (subject, *subject.interests):
            assert all(len(entry.names[language]) <= 40 for language in LANGUAGES), entry.slug


def test_nothing_sensitive_is_an_interest() -> None:
    """Health, religion, politics and sexuality have no place among what needs no switch."""
    sensitive = {
        *("vegan", "vegetarian", "halal", "kosher", "diet", "therapy", "health", "addiction", "sober"),
        *("church", "bible", "prayer", "mosque", "temple", "gospel", "religion", "spirituality", "astrology"),
        *("politics", "party", "union", "activism", "protest", "climate", "feminism", "pride", "queer"),
        *("kink", "fetish", "sex", "erotic", "meditation", "disability"),
    }
    for subject in catalogue():
        for entry in (subject, *subject.interests):
            told = {*entry.slug.split("_"), *entry.names["en"].lower().replace(",", "").split()}
            assert not told & sensitive, entry.slug


@pytest.mark.parametrize(
    ("was", "becomes", "reason"),
    [
        ("choirs =", "Choirs =", "Choirs: not lower-case words"),
        ("choirs =", "choirs_2 =", "choirs_2: not lower-case words"),
        ("choirs =", f"{'a' * 41} =", "longer than 40"),
        (', de = "Chöre"', "", "choirs: no names in en and de"),
        ('"Chöre"', '"Chöre ", fr = "Chœurs"', "choirs: no names in en and de"),
        ('"Chöre"', '" "', "choirs: a name that is no text"),
        ('"Chöre"', "7", "choirs: a name that is no text"),
        ("[music.interests]", "[music.others]", "music: a subject without interests"),
        (
            'de = "Chöre" }',
            'de = "Chöre" }\nbands = { en = "Choirs", de = "B" }',
            "bands: Choirs stands twice",
        ),
    ],
)
def test_a_broken_catalogue_is_refused(tmp_path: Path, was: str, becomes: str, reason: str) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(WHOLE)
    assert [each.slug for each in catalogue(path)[0].interests] == ["choirs"]
    path.write_text(WHOLE.replace(was, becomes))
    with pytest.raises(CatalogueError, match=reason):
        catalogue(path)


def test_a_slug_stands_in_one_subject_alone(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(WHOLE + WHOLE.replace("music", "stage").replace('"M', '"S').replace('"C', '"D'))
    with pytest.raises(CatalogueError, match="choirs: choirs stands twice among interests"):
        catalogue(path)
