"""What members read, in English."""

from __future__ import annotations

from types import MappingProxyType

from shared.words.texts import Texts

ENGLISH = Texts(
    lead="You ",
    conjunction=" and ",
    strengths=MappingProxyType(
        {
            "shared_values": "care about the same things",
            "kindred_communication": "talk in a similar way",
            "aligned_life_goals": "want to go in the same direction",
            "ready_together": "are both ready to get to know someone new",
            "natural_ease": "may quickly feel at ease with each other",
            "emotional_resonance": "may understand each other without many words",
            "natural_attraction": "may feel drawn to each other",
            "easy_exchange": "may find that ideas flow between you",
            "steady_ground": "may be a steady support for each other",
            "shared_energy": "may find that your energy matches",
            "complementary_energies": "may complement each other well",
            "familiar_rhythm": "may easily find a rhythm together",
            "related_work": "come from related kinds of work",
            "common_interests": "have interests in common",
            "similar_pace": "keep a similar pace",
            "goals_that_meet": "have goals that answer each other",
        }
    ),
    sentences=MappingProxyType(
        {
            "different_values": "What matters most to each of you may differ: ask about it.",
            "different_communication": "You may express yourselves differently: give it time.",
            "different_life_goals": "Your plans may differ: talk about them early.",
            "gentle_pace": "A gentle pace may suit you both.",
            "creative_friction": "There may be some friction between you: stay curious about each other.",
            "different_rhythm": "Your rhythms may differ: leave each other room.",
            "different_work": "Your kinds of work may differ: a fresh view can do you both good.",
            "different_interests": "Your interests may differ: tell each other what you enjoy.",
            "goals_apart": "Your goals at work may differ: tell each other what you hope for.",
            "open_beginning": "This is an open beginning: find out what you have in common.",
        }
    ),
    funnel=MappingProxyType(
        {
            "few": "Only a few",
            "about": "About {}",
            "thousands": ",",
            "searching": "{} other people are looking for someone here.",
            "mode": "{} of them look for the same kind of match as you.",
            "age": "{} also fit by age: they are in your age range, and you are in theirs.",
            "gender": "{} also have a gender you want to meet, and want to meet yours.",
            "language": "{} also have a language in common with you, as you both wish.",
            "distance": "{} also live near enough for both of you.",
            "deal_breakers": "{} are left once your deal-breakers and theirs count.",
            "acquaintances": "{} are left without those you met here before or keep apart from at work.",
            "widen_age": "Widening your age range by two years at each end {}.",
            "double_distance": "Going twice as far {}.",
            "any_distance": "Going any distance {}.",
            "any_language": "Meeting people of any language {}.",
            "no_deal_breakers": "Doing without your deal-breakers {}.",
            "about_half_more": "adds about half as many candidates again",
            "about_doubles": "about doubles the number of your candidates",
            "much_more": "brings you many more candidates",
        }
    ),
)
