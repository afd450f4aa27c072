"""The routes of what members say for matching."""

from __future__ import annotations

from functions.connect.signals.interests import (
    Interests,
    InterestsKept,
    InterestsShown,
    get_interests,
    put_interests,
)
from functions.connect.signals.quiz import Answers, QuizShown, get_quiz, put_quiz
from shared.errors import ConsentRequired
from shared.http.edge import Route, Routes

ROUTES: Routes = {
    ("GET", "/connect/quiz"): Route(get_quiz, QuizShown),
    ("PUT", "/connect/quiz"): Route(put_quiz, QuizShown, body=Answers, refusals=(ConsentRequired,)),
    ("GET", "/connect/interests"): Route(get_interests, InterestsShown),
    ("PUT", "/connect/interests"): Route(put_interests, InterestsKept, body=Interests),
}
