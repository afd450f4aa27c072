"""The figures, against sklearn and against what can be counted by hand."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, log_loss, ndcg_score, roc_auc_score

from scripts.tools.evaluate.judged import Judged, figures, together
from scripts.tools.evaluate.realised import realised
from scripts.tools.evaluate.starts import shrunk_rates

SIDE = 8


def drawn(waves: int = 6, seed: int = 0) -> Judged:
    random = np.random.default_rng(seed)
    pairs = [
        (w, 2 * SIDE * w + i, 2 * SIDE * w + SIDE + j)
        for w in range(waves)
        for i in range(SIDE)
        for j in range(SIDE)
    ]
    wave, low, high = (np.array(column) for column in zip(*pairs, strict=True))
    chance = random.random(len(pairs)).round(2)
    matched = (random.random(len(pairs)) < 0.1 + 0.3 * chance).astype(np.float64)
    likes = np.sqrt(chance)
    constant = np.full(len(pairs), 0.25)
    return Judged(
        low, high, wave, likes, likes, np.clip(chance, 0.01, 0.99), constant, matched, np.zeros_like(wave)
    )


def test_figures_agree_with_sklearn() -> None:
    judged = drawn()
    value = {figure.name.strip(): figure.value for figure in figures(judged)}
    waves = [judged.wave == wave for wave in range(6)]
    aucs = [roc_auc_score(judged.matched[w], judged.chance[w]) for w in waves]
    compared = [judged.matched[w].sum() * (1 - judged.matched[w]).sum() for w in waves]
    assert value["AUC within waves"] == pytest.approx(np.average(aucs, weights=compared))
    assert value["mean of waves"] == pytest.approx(np.mean(aucs))
    assert value["log loss"] == pytest.approx(log_loss(judged.matched, judged.chance))
    assert value["of a constant"] == pytest.approx(log_loss(judged.matched, judged.constant))


def test_average_precision_and_gain_agree_with_sklearn_where_nothing_ties() -> None:
    judged = drawn()
    judged.chance[:] = np.random.default_rng(8).permutation(len(judged)) / len(judged) * 0.9 + 0.05
    value = {figure.name: figure.value for figure in figures(judged)}
    waves = [judged.wave == wave for wave in range(6)]
    precise = [average_precision_score(judged.matched[w], judged.chance[w]) for w in waves]
    assert value["AP"] == pytest.approx(np.average(precise, weights=[judged.matched[w].sum() for w in waves]))
    gains, hits = [], []
    for person in range(6 * 2 * SIDE):
        own = (judged.low == person) | (judged.high == person)
        if judged.matched[own].any():
            gains.append(ndcg_score([judged.matched[own]], [judged.chance[own]], k=5))
            hits.append(judged.matched[own][np.argsort(-judged.chance[own])][:3].mean())
    assert value["NDCG@5"] == pytest.approx(np.mean(gains))
    assert value["P@3"] == pytest.approx(np.mean(hits))


def test_all_the_same_chance_is_a_coin() -> None:
    judged = drawn()
    judged.chance[:] = 0.3
    assert figures(judged)[0].value == pytest.approx(0.5)


def test_a_wave_without_a_match_says_nothing_about_order() -> None:
    judged = drawn(waves=2)
    judged.matched[:] = 0
    values = {figure.name: figure.value for figure in figures(judged)}
    assert np.isnan([values["AUC within waves"], values["AP"], values["NDCG@5"], values["P@3"]]).all()
    assert np.isfinite(values["log loss"])


@pytest.mark.parametrize("waves", [1, 6])
def test_intervals_surround_their_figure(waves: int) -> None:
    for figure in figures(drawn(waves)):
        assert figure.lower <= figure.value <= figure.upper


def test_waves_and_splits_are_not_compared_with_each_other() -> None:
    judged = drawn(waves=2)
    lifted = judged.chance + 0.5 * (judged.wave == 1)
    moved = Judged(**{**vars(judged), "chance": lifted})
    assert figures(moved)[0].value == figures(judged)[0].value
    other = Judged(**{**vars(judged), "split": judged.split + 1, "chance": judged.chance / 3})
    assert figures(together([judged, other]))[0].value == pytest.approx(figures(judged)[0].value)


def test_proposals_of_a_good_model_become_matches() -> None:
    judged = drawn()
    sure = np.where(judged.matched > 0, 0.9, 0.05)
    ways = {
        way.name: way
        for way in realised(Judged(**{**vars(judged), "low_likes": sure, "high_likes": sure}), None)
    }
    assert ways["model, prices"].matches >= 0.95 * ways["perfect"].matches
    assert ways["random"].matches < 0.7 * ways["model, prices"].matches
    assert all(way.proposals <= 6 * SIDE * 3 for way in ways.values())


def test_shrunk_rates_by_hand() -> None:
    rates = shrunk_rates(np.array([0, 0, 1, 1]), np.array([1.0, 1.0, 0.0, 0.0]), 3, prior=2.0)
    np.testing.assert_allclose(rates, [3 / 4, 1 / 4, 1 / 2])
