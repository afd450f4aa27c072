"""What members read, in German, which says "ihr" to two people and "du" to one."""

from __future__ import annotations

from types import MappingProxyType

from shared.words.texts import Texts

GERMAN = Texts(
    lead="",
    conjunction=" und ",
    strengths=MappingProxyType(
        {
            "shared_values": "euch sind dieselben Dinge wichtig",
            "kindred_communication": "ihr sprecht auf ähnliche Weise miteinander",
            "aligned_life_goals": "ihr wollt in dieselbe Richtung",
            "ready_together": "ihr seid beide bereit, jemanden kennenzulernen",
            "natural_ease": "ihr fühlt euch vielleicht schnell wohl miteinander",
            "emotional_resonance": "ihr versteht euch vielleicht ohne viele Worte",
            "natural_attraction": "ihr fühlt euch vielleicht zueinander hingezogen",
            "easy_exchange": "zwischen euch sprudeln vielleicht die Ideen",
            "steady_ground": "ihr könnt einander vielleicht Halt geben",
            "shared_energy": "zwischen euch stimmt vielleicht die Energie",
            "complementary_energies": "ihr ergänzt euch vielleicht gut",
            "familiar_rhythm": "ihr findet vielleicht leicht einen gemeinsamen Rhythmus",
            "related_work": "ihr kommt aus verwandten Arbeitswelten",
            "common_interests": "ihr habt gemeinsame Interessen",
            "similar_pace": "ihr habt ein ähnliches Tempo",
            "goals_that_meet": "ihr habt Ziele, die zueinander passen",
        }
    ),
    sentences=MappingProxyType(
        {
            "different_values": "Was euch am wichtigsten ist, kann sich unterscheiden: fragt danach.",
            "different_communication": "Ihr drückt euch vielleicht verschieden aus: gebt euch Zeit.",
            "different_life_goals": "Eure Pläne können sich unterscheiden: sprecht früh darüber.",
            "gentle_pace": "Ein ruhiges Tempo tut euch beiden vielleicht gut.",
            "creative_friction": "Zwischen euch kann es Reibung geben: bleibt neugierig aufeinander.",
            "different_rhythm": "Euer Rhythmus kann sich unterscheiden: lasst einander Raum.",
            "different_work": "Eure Arbeit kann sich unterscheiden: ein frischer Blick tut oft gut.",
            "different_interests": "Eure Interessen können sich unterscheiden: erzählt, was euch begeistert.",
            "goals_apart": "Eure Ziele im Beruf können verschieden sein: erzählt, was ihr euch erhofft.",
            "open_beginning": "Ein offener Anfang: findet heraus, was euch verbindet.",
        }
    ),
    funnel=MappingProxyType(
        {
            "few": "Nur wenige",
            "about": "Etwa {}",
            "thousands": ".",
            "searching": "{} andere Menschen suchen hier jemanden.",
            "mode": "{} davon suchen nach derselben Art von Begegnung wie du.",
            "age": "{} passen auch im Alter: sie zu deiner Spanne und du zu ihrer.",
            "gender": "{} haben auch ein Geschlecht, das du suchst, und suchen deines.",
            "language": "{} haben auch eine Sprache mit dir gemeinsam, so wie ihr beide es wünscht.",
            "distance": "{} wohnen auch für euch beide nah genug.",
            "deal_breakers": "{} bleiben, wenn deine und ihre Ausschlusskriterien gelten.",
            "acquaintances": "{} bleiben ohne alle, denen du hier schon begegnet bist oder bei der Arbeit"
            " aus dem Weg gehst.",
            "widen_age": "Eine an jedem Ende um zwei Jahre weitere Altersspanne {}.",
            "double_distance": "Die doppelte Entfernung {}.",
            "any_distance": "Jede Entfernung zuzulassen {}.",
            "any_language": "Jede Sprache zuzulassen {}.",
            "no_deal_breakers": "Auf deine Ausschlusskriterien zu verzichten {}.",
            "about_half_more": "bringt dir etwa um die Hälfte mehr Auswahl",
            "about_doubles": "verdoppelt deine Auswahl etwa",
            "much_more": "bringt dir viel mehr Auswahl",
        }
    ),
)
