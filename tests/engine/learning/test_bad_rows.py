"""What is refused, and with which words."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from shared.engine.learning import (
    Family,
    Profiles,
    Rows,
    RowsError,
    Schema,
    SchemaError,
    StorageError,
    fit,
    from_json,
    predict,
    to_json,
)
from shared.engine.learning.storage import version, without_members
from tests.engine.learning.world import SCHEMA, decided, make_world


def _world() -> Rows:
    return make_world(lambda answers, rows: answers["art"][rows.receivers] - 5.5, evenings=3, side=6)


def _profiles(count: int = 3) -> Profiles:
    return Profiles([str(at) for at in range(count)], np.zeros(count), {"age": np.full(count, 30.0)})


def _rows(**changed: Any) -> Rows:
    given: Mapping[str, Any] = {
        "givers": np.array([0, 1]),
        "receivers": np.array([1, 0]),
        "groups": np.array([1, 1]),
        "pair": {},
        "accepted": np.array([1.0, 0.0]),
        **changed,
    }
    return Rows(_profiles(), **given)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"givers": np.array([0, 3])}, r"givers\[1\]: needs a position in the profiles"),
        ({"givers": np.array([1, 1])}, r"receivers\[0\]: needs somebody else than the giver"),
        ({"givers": np.array([0, 0]), "receivers": np.array([1, 1])}, r"receivers\[1\]: .* once"),
        ({"givers": np.array([0.0, 1.0])}, "givers: one whole number per row"),
        ({"groups": np.array([1])}, "groups: one whole number per row"),
        ({"accepted": np.array([1.0, 2.0])}, r"accepted\[1\]: needs 0, 1 or NaN"),
        ({"accepted": np.array([1.0, np.inf])}, r"accepted\[1\]: needs a finite number or NaN"),
        ({"accepted": np.array([1.0])}, "accepted: 2 numbers are needed"),
        ({"accepted": ["yes", "no"]}, "accepted: numbers are needed"),
        ({"pair": {"shared": np.zeros(3)}}, "shared: 2 numbers are needed"),
    ],
)
def test_rows_that_are_none_are_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(RowsError, match=message):
        _rows(**changed)


def test_profiles_that_are_none_are_refused() -> None:
    with pytest.raises(RowsError, match="ids: the same member twice"):
        Profiles(["a", "a"], np.zeros(2), {})
    with pytest.raises(RowsError, match=r"sides\[1\]: needs 0, 1 or NaN"):
        Profiles(["a", "b"], np.array([0.0, 2.0]), {})
    with pytest.raises(RowsError, match=r"age\[0\]: needs a finite number or NaN"):
        Profiles(["a"], np.zeros(1), {"age": np.array([-np.inf])})


def test_missing_columns_are_named() -> None:
    with pytest.raises(RowsError, match="columns missing: art, sports, film, looks, wit, trade, shared"):
        fit(_rows(), SCHEMA)
    model = fit(_world(), SCHEMA)
    with pytest.raises(RowsError, match="columns missing: art"):
        predict(model, _rows())


def test_too_few_or_equal_decisions_are_refused() -> None:
    rows = _world()
    with pytest.raises(RowsError, match="accepted: 10 known decisions, at least 20"):
        fit(rows.only(np.arange(10)), SCHEMA)
    with pytest.raises(RowsError, match="every decision is the same"):
        fit(decided(rows, np.ones(len(rows))), SCHEMA)


def test_nothing_to_predict_is_nothing() -> None:
    rows = _world()
    predicted = predict(fit(rows, SCHEMA), rows.only(np.zeros(len(rows), dtype=bool)))
    assert [len(column) for column in predicted] == [0, 0, 0]


@pytest.mark.parametrize("name", ["race", "imprace", "samerace", "imprelig"])
def test_a_schema_cannot_name_race_or_religion(name: str) -> None:
    with pytest.raises(SchemaError, match=f"may never be read: {name}"):
        Schema((Family("age", ("age", name)),))
    with pytest.raises(SchemaError, match=name):
        Schema((Family("age", ("age",)),), same=(name,))
    with pytest.raises(SchemaError, match=name):
        Schema((Family("age", ("age",)),), pair=(name,))


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"families": (Family("a", ("x",)), Family("a", ("y",)))}, "families: twice the same: a"),
        ({"families": (Family("a", ("x",)), Family("b", ("x",)))}, "answers: twice the same: x"),
        ({"families": (Family("a", ("x",)),), "gaps": ("y",)}, "in no family: y"),
        ({"families": (Family("a", ()),)}, "families without answers: a"),
    ],
)
def test_a_schema_that_contradicts_itself_is_refused(schema: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        Schema(**schema)


def test_a_stored_model_predicts_the_same() -> None:
    rows = _world()
    model = fit(rows, SCHEMA)
    stored = to_json(model)
    again = from_json(stored)
    assert to_json(again) == stored
    assert predict(again, rows).match.tobytes() == predict(model, rows).match.tobytes()
    assert version(again) == version(model)
    as_new, as_new_again = (predict(without_members(one), rows).match for one in (model, again))
    assert as_new.tobytes() == as_new_again.tobytes()


def test_a_model_without_members_knows_nobody() -> None:
    rows = _world()
    model = fit(rows, SCHEMA)
    stripped = without_members(model)
    assert not any(name in to_json(stripped) for name in rows.profiles.ids)
    assert version(stripped) != version(model)
    assert predict(model, rows).known.all()
    assert not predict(stripped, rows).known.any()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 0}', '{"format": 1}'])
def test_what_is_no_stored_model_is_refused(text: str) -> None:
    with pytest.raises(StorageError, match="fit it again"):
        from_json(text)


def test_a_stored_model_of_another_width_is_refused() -> None:
    stored = to_json(fit(_world(), SCHEMA))
    with pytest.raises(StorageError, match="does not fit its own schema"):
        from_json(stored.replace('"wishes": [["looks", "art"]]', '"wishes": []'))
