"""A model of who accepts whom, learned from decisions that were made.

"Giver accepts receiver" is a logistic regression on what both said at sign-up, with one more number per
member for how readily they say yes and one for how often they are said yes to: their yes-rates, shrunk as
far as few decisions deserve and adjusted for whom they met. A member nobody has decided about has zero for
both and is judged by sign-up answers alone (a cold start). A pair is judged by both directions.

    schema       the names of the answers, and how each is read; columns that may never be read
    rows         members, their answers, and decisions about each other
    features     from two members' answers to columns
    mixed        the regression: every family of columns learns how much it may matter
    solving      its linear algebra
    calibration  from both directions to the chance of a match
    model        `fit` and `predict`
    storage      a model as JSON, with a version

Deterministic: seeds are fixed and the linear algebra runs on one thread.
"""

from shared.engine.learning.model import LearnedModel, Predictions, fit, predict
from shared.engine.learning.rows import Profiles, Rows, RowsError
from shared.engine.learning.schema import Family, Schema, SchemaError
from shared.engine.learning.storage import StorageError, from_json, to_json

__all__ = [
    "Family",
    "LearnedModel",
    "Predictions",
    "Profiles",
    "Rows",
    "RowsError",
    "Schema",
    "SchemaError",
    "StorageError",
    "fit",
    "from_json",
    "predict",
    "to_json",
]
