"""The routes of what members say for matching."""

from __future__ import annotations

from functions.connect.signals.interests import (
    Interests,
    InterestsKept,
    InterestsShown,
    get_interests,
    put_interests,
)
from functions.connect.signals.preferences import (
    Preferences,
    PreferencesShown,
    get_preferences,
    put_preferences,
)
from functions.connect.signals.quiz import Answers, QuizShown, get_quiz, put_quiz
from functions.connect.signals.work_profile import (
    WorkProfile,
    WorkProfileShown,
    get_work_profile,
    put_work_profile,
)
from shared.errors import ConsentRequired
from shared.http.edge import Route, Routes

ROUTES: Routes = {
    ("GET", "/connect/quiz"): Route(get_quiz, QuizShown),
    ("PUT", "/connect/quiz"): Route(put_quiz, QuizShown, body=Answers, refusals=(ConsentRequired,)),
    ("GET", "/connect/interests"): Route(get_interests, InterestsShown),
    ("PUT", "/connect/interests"): Route(put_interests, InterestsKept, body=Interests),
    ("GET", "/connect/preferences"): Route(get_preferences, PreferencesShown),
    ("PUT", "/connect/preferences"): Route(
        put_preferences, PreferencesShown, body=Preferences, refusals=(ConsentRequired,)
    ),
    ("GET", "/connect/work-profile"): Route(get_work_profile, WorkProfileShown),
    ("PUT", "/connect/work-profile"): Route(put_work_profile, WorkProfileShown, body=WorkProfile),
}
