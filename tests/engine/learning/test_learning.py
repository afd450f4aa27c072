"""Toy worlds with an obvious right answer, and worlds in which there is nothing to learn."""

from dataclasses import replace

import numpy as np
import pytest

from shared.engine.learning import Rows, fit, predict, to_json
from tests.engine.learning.world import (
    SCHEMA,
    Real,
    answered,
    auc,
    cold_auc,
    decided,
    last_evenings,
    make_world,
)


def close_in_age(answers: dict[str, Real], rows: Rows) -> Real:
    return 3.0 - 0.6 * np.abs(answers["age"][rows.givers] - answers["age"][rows.receivers])


def everybody_likes_artists(answers: dict[str, Real], rows: Rows) -> Real:
    return 0.8 * (answers["art"][rows.receivers] - 5.5)


def athletes_are_choosy(answers: dict[str, Real], rows: Rows) -> Real:
    return 0.8 * (5.5 - answers["sports"][rows.givers])


def women_like_older_and_men_younger(answers: dict[str, Real], rows: Rows) -> Real:
    older = answers["age"][rows.receivers] - answers["age"][rows.givers]
    return np.where(rows.profiles.sides[rows.givers] == 0, 0.3 * older, -0.3 * older)


def what_they_share(answers: dict[str, Real], rows: Rows) -> Real:
    return 2.0 * rows.pair["shared"]


def same_trade(answers: dict[str, Real], rows: Rows) -> Real:
    return np.where(answers["trade"][rows.givers] == answers["trade"][rows.receivers], 2.0, -2.0)


def chance(answers: dict[str, Real], rows: Rows) -> Real:
    return np.zeros(len(rows))


def charm(answers: dict[str, Real], rows: Rows) -> Real:
    """Some are charming and some say yes to anybody; no answer tells."""
    random = np.random.default_rng(99)
    charming, easy = random.normal(0, 1.5, (2, len(rows.profiles)))
    found: Real = charming[rows.receivers] + easy[rows.givers]
    return found


@pytest.mark.parametrize(
    ("taste", "least"),
    [
        (close_in_age, 0.85),
        (everybody_likes_artists, 0.85),
        (athletes_are_choosy, 0.85),
        (women_like_older_and_men_younger, 0.80),
        (what_they_share, 0.80),
        (same_trade, 0.75),
    ],
)
def test_a_taste_is_found_and_holds_for_people_never_seen(taste: object, least: float) -> None:
    assert cold_auc(make_world(taste)) > least  # type: ignore[arg-type]


def test_where_chance_decides_nothing_is_found() -> None:
    rows = make_world(chance, evenings=10)
    out = last_evenings(rows, 4)
    predicted = predict(fit(rows.only(~out), SCHEMA), rows.only(out))
    assert abs(auc(predicted.accepts, rows.accepted[out]) - 0.5) < 0.06
    assert predicted.accepts.min() > 0.35
    assert predicted.accepts.max() < 0.65


def test_permuted_decisions_teach_nothing() -> None:
    rows = make_world(close_in_age)
    shuffled = np.random.default_rng(4).permutation(rows.accepted)
    assert abs(cold_auc(decided(rows, shuffled)) - 0.5) < 0.07


def test_charm_shows_only_once_some_decisions_are_known() -> None:
    rows = make_world(charm)
    assert abs(cold_auc(rows) - 0.5) < 0.1
    out = last_evenings(rows) & ((rows.givers + rows.receivers) % 2 == 0)
    predicted = predict(fit(rows.only(~out), SCHEMA), rows.only(out))
    assert predicted.known.all()
    assert auc(predicted.accepts, rows.accepted[out]) > 0.7


def test_a_match_needs_both() -> None:
    rows = make_world(everybody_likes_artists)
    out = last_evenings(rows)
    predicted = predict(fit(rows.only(~out), SCHEMA), rows.only(out))
    judged = rows.only(out)
    other = judged.other_direction()
    np.testing.assert_allclose(predicted.match, predicted.match[other], rtol=1e-12)
    matched = judged.accepted * judged.accepted[other]
    assert auc(predicted.match, matched) > 0.85
    assert abs(predicted.match.mean() - matched.mean()) < 0.07


def test_new_and_known_members_are_calibrated_apart() -> None:
    rows = make_world(charm)
    model = fit(rows, SCHEMA)
    assert model.cold != model.warm
    alone = fit(make_world(charm, evenings=1), SCHEMA)
    assert alone.cold == alone.warm


def test_chances_are_calibrated() -> None:
    rows = make_world(close_in_age, evenings=12)
    out = last_evenings(rows, 5)
    accepts = predict(fit(rows.only(~out), SCHEMA), rows.only(out)).accepts
    outcome = rows.accepted[out]
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        inside = (accepts >= low) & (accepts < high)
        assert abs(accepts[inside].mean() - outcome[inside].mean()) < 0.12


def test_decisions_in_the_rows_to_predict_are_not_looked_at() -> None:
    rows = make_world(close_in_age)
    out = last_evenings(rows)
    model = fit(rows.only(~out), SCHEMA)
    asked = rows.only(out)
    told = predict(model, asked)
    for accepted in (1.0 - asked.accepted, np.ones(len(asked)), np.full(len(asked), np.nan)):
        again = predict(model, decided(asked, accepted))
        assert again.accepts.tobytes() == told.accepts.tobytes()
        assert again.match.tobytes() == told.match.tobytes()


def test_a_row_without_its_other_direction_scores_the_same() -> None:
    rows = make_world(close_in_age)
    model = fit(rows, SCHEMA)
    whole = predict(model, rows).match
    one_way = rows.profiles.sides[rows.givers] == 0
    np.testing.assert_allclose(predict(model, rows.only(one_way)).match, whole[one_way], rtol=1e-12)


def test_undecided_rows_do_not_change_the_model() -> None:
    rows = make_world(close_in_age, evenings=5)
    out = last_evenings(rows)
    accepted = np.where(out, np.nan, rows.accepted)
    assert to_json(fit(decided(rows, accepted), SCHEMA)) == to_json(fit(rows.only(~out), SCHEMA))


def test_the_same_rows_give_the_same_bytes() -> None:
    rows = make_world(close_in_age, evenings=5)
    first, again = fit(rows, SCHEMA), fit(rows, SCHEMA)
    assert to_json(first) == to_json(again)
    assert predict(first, rows).match.tobytes() == predict(again, rows).match.tobytes()


def test_the_order_of_rows_hardly_matters() -> None:
    rows = make_world(close_in_age, evenings=6)
    mixed = np.random.default_rng(3).permutation(len(rows))
    straight = predict(fit(rows, SCHEMA), rows).accepts[mixed]
    np.testing.assert_allclose(
        predict(fit(rows.only(mixed), SCHEMA), rows.only(mixed)).accepts, straight, atol=0.01
    )


def test_missing_answers_count_as_usual_ones() -> None:
    rows = make_world(close_in_age)
    age = rows.profiles.answers["age"].copy()
    age[np.random.default_rng(5).random(len(age)) < 0.2] = np.nan
    nobody = np.full(len(age), np.nan)
    holes = answered(rows, age=age, film=nobody, looks=nobody, wit=nobody, trade=nobody)
    assert cold_auc(holes) > 0.7
    assert np.isfinite(predict(fit(holes, SCHEMA), holes).match).all()


def test_answers_that_never_vary_do_no_harm() -> None:
    rows = make_world(close_in_age)
    assert cold_auc(answered(rows, film=np.full(len(rows.profiles), 7.0))) > 0.8


def test_an_absurd_answer_counts_as_an_extreme_one() -> None:
    rows = make_world(everybody_likes_artists)
    model = fit(rows, SCHEMA)
    art = rows.profiles.answers["art"].copy()
    art[0] = 1e3
    extreme = predict(model, answered(rows, art=art))
    art[0] = 1e12
    again = predict(model, answered(rows, art=art))
    assert again.match.tobytes() == extreme.match.tobytes()
    assert np.isfinite(predict(model, replace(rows, pair={"shared": np.full(len(rows), 1e12)})).match).all()


def test_members_without_sides_can_be_learned_from() -> None:
    rows = make_world(close_in_age)
    rows.profiles.sides[:] = np.nan
    assert cold_auc(rows) > 0.8


def test_one_gathering_is_enough_for_a_model() -> None:
    rows = make_world(close_in_age, evenings=1)
    predicted = predict(fit(rows, SCHEMA), rows)
    assert auc(predicted.accepts, rows.accepted) > 0.8
    assert ((predicted.match > 0) & (predicted.match < 1)).all()
