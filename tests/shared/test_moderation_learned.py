"""The classifier beside the rules: what it adds to them, and what it leaves alone."""

from __future__ import annotations

import pytest

from shared.chat.moderation import learned, rules
from shared.chat.moderation.kinds import MOST
from shared.chat.moderation.moderator import assess


def test_its_weights_are_those_of_this_version_and_whole() -> None:
    weights = learned.weights()
    assert len(weights.table) == learned.SIZE
    assert [len(table) for table in weights.kinds] == [learned.SIZE_OF_KIND] * len(learned.KINDS)
    assert weights.doubted < weights.flagged < weights.refused


def test_weights_of_another_version_are_refused() -> None:
    with pytest.raises(ValueError, match="version 0, not 2"):
        learned.unpacked(learned.packed({"version": 0}, b"", []))
    with pytest.raises(ValueError, match=r"another words\.toml"):
        learned.unpacked(learned.packed({"version": 2, "words": "?"}, b"", []))


def test_packed_weights_are_the_same_unpacked() -> None:
    told = {"version": 2, "words": learned.digest_of_words()}
    head = told | {"scale": 0.5, "bias": -1.0, "doubted": -2.0, "flagged": 1.0, "refused": 2.0}
    table = bytes([255, 2, *bytes(learned.SIZE - 2)])
    weights = learned.unpacked(learned.packed(head, table, [bytes(learned.SIZE_OF_KIND)] * 5))
    assert (list(weights.table[:3]), len(weights.kinds)) == ([-1, 2, 0], 5)
    assert weights.total({0, 1}) == pytest.approx(-1.0 + 0.5 * (2 - 1) / 30**0.5)


def test_only_kinds_that_may_be_refused_are_learned() -> None:
    assert all(MOST[kind] == 100 for kind in learned.KINDS)


def test_a_piece_is_never_longer_than_said_and_no_word_is_lost() -> None:
    words = [f"w{number}" for number in range(200)]
    way = " ".join(word + ("; x" if int(word[1:]) % 17 == 0 else "") for word in words)
    pieces = list(learned.pieces(way))
    assert max(map(len, pieces)) <= learned.MOST_WORDS
    assert [word for piece in pieces for word in piece if word != "x"] == words


def test_sentences_stay_whole_where_they_are_short() -> None:
    assert list(learned.pieces("a b; c")) == [["a", "b", "c"]]
    long = "a " * 14
    assert [len(piece) for piece in learned.pieces(f"{long}; {long}; b")] == [14, 14, 1]


@pytest.mark.parametrize("text", ["Shall we meet on Friday?", "Wollen wir telefonieren?"])
def test_a_text_without_a_grave_word_is_not_looked_at(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(learned, "places", never)
    assert assess(text, revealed=True).score == 0


def test_the_order_of_words_counts() -> None:
    assert learned.places(["i", "kill", "you"]) != learned.places(["you", "kill", "i"])


def test_a_score_grows_with_the_sum_and_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    real = learned.weights()
    scores = []
    for above in (-0.01, 0, 0.5, 1, 1000):
        total = real.flagged + above * (real.refused - real.flagged)
        monkeypatch.setattr(learned.Weights, "total", lambda *_, total=total: total)
        scores.append([score for _, score in learned.found(["i kill you"])])
    assert scores == [[], [learned.FLAGGED], [70.0], [learned.REFUSED], [learned.MOST]]


def test_one_rule_alone_is_doubted_where_its_text_looks_innocent(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "I will kill you"
    for sure, kind, looks_innocent, score in (
        (1, "threat", True, learned.DOUBTED),
        (1, "threat", False, 97),
        (2, "threat", True, 97),
        (1, "scam", True, 97),
    ):
        monkeypatch.setattr(rules, "found", lambda *_, n=sure, k=kind, **__: [(k, 97.0)] * n)
        monkeypatch.setattr(learned, "doubts", lambda _, doubted=looks_innocent: doubted)
        assert assess(text, revealed=True).score == score


def test_a_clause_excuses_none_beside_it() -> None:
    assert learned.doubts(["the pasta was slow"])
    assert not learned.doubts(["the pasta was slow; i will kill you"])
    assert not learned.doubts(["the pasta was slow, i will kill you"])
    assert not learned.doubts(["without any word that is grave here"])
