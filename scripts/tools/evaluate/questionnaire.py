"""What the participants of a speed-dating file were asked, and how the model reads it.

Race and religion stand in such files too and are left alone; fields, careers and goals only count as
"the same" or not: with a few hundred people one column per field is noise.
"""

from shared.engine.learning import Family, Schema

_QUALITIES = ("attr", "sinc", "intel", "fun", "amb", "shar")
_OWN = ("attr", "sinc", "intel", "fun", "amb")

SCHEMA = Schema(
    families=(
        Family("age", ("age",), reading="logarithm"),
        Family("going out", ("date", "go_out", "exphappy")),
        Family(
            "interests",
            (
                "sports",
                "tvsports",
                "exercise",
                "dining",
                "museums",
                "art",
                "hiking",
                "gaming",
                "clubbing",
                "reading",
                "tv",
                "theater",
                "movies",
                "concerts",
                "music",
                "shopping",
                "yoga",
            ),
            level=True,
        ),
        Family("self", tuple(f"{name}3_1" for name in _OWN), level=True),
        Family("seeks", tuple(f"{name}1_1" for name in _QUALITIES), reading="shares"),
        Family("thinks is sought", tuple(f"{name}2_1" for name in _QUALITIES), reading="shares"),
    ),
    pair=("int_corr",),
    gaps=("age",),
    same=("field_cd", "career_c", "goal"),
    wishes=tuple((f"{name}1_1", f"{name}3_1") for name in _OWN),
)
"""The sign-up answers that are read, and nothing else of the file."""

IDENTITY = ("iid", "pid", "wave", "gender")
DECISION = "dec"
