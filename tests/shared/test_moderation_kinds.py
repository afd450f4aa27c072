"""What each kind of risk looks like in two languages, how high it scores; tricks of spelling do not help."""

from __future__ import annotations

import pytest

from shared.chat.moderation import rules
from shared.chat.moderation.folding import fold
from shared.chat.moderation.kinds import MOST, Risk, higher, weigh
from shared.chat.moderation.moderator import assess
from shared.chat.moderation.reading import read
from shared.chat.moderation.rule import load

REFUSED = 90  # the default of settings.message_risk_refused

SEVERE = [
    ("threat", "I will kill you"),
    ("threat", "I'm gonna stab you, bitch"),
    ("threat", "i'll beat you up so bad"),
    ("threat", "I am going to break your legs"),
    ("threat", "You deserve to die."),
    ("threat", "I hope you get raped"),
    ("threat", "I'll send your nudes to your family"),
    ("threat", "Ich bringe dich um!"),
    ("threat", "Ich werde dich umbringen"),
    ("threat", "ich stech dich ab"),
    ("threat", "Ich schlage dir die Fresse ein"),
    ("threat", "Ich zünde dein Haus an"),
    ("threat", "Man sollte dich vergewaltigen"),
    ("threat", "Ich schicke deine Nacktbilder an alle"),
    ("harassment", "go kill yourself"),
    ("harassment", "kys"),
    ("harassment", "Nobody would miss you"),
    ("harassment", "Bring dich doch um"),
    ("harassment", "dich würde niemand vermissen"),
    ("hate", "you filthy faggot"),
    ("hate", "gas the jews"),
    ("hate", "Sieg Heil"),
    ("hate", "du Kanake"),
    ("hate", "Drecksjude"),
    ("minor", "send nudes of your daughter"),
    ("minor", "I love underage girls"),
    ("minor", "Nacktbilder von deiner Tochter"),
    ("minor", "ich stehe auf kleine Mädchen"),
    # What stands in another clause excuses nothing, and laughter excuses no threat.
    ("threat", "I will rape you lol"),
    # Another verb stands between, or the verb stands last.
    ("threat", "I will find you and kill you"),
    ("threat", "I'll put a bullet in your head"),
    ("threat", "Wenn du gehst, bringe ich dich um"),
    ("threat", "Dich sollte man erschießen"),
    ("harassment", "geh sterben"),
    ("hate", "Juden ins Gas"),
    ("hate", "All immigrants should die"),
]
FLAGGED = [
    ("threat", "I know where you live"),
    ("threat", "You will regret this"),
    ("threat", "Ich weiß, wo du wohnst"),
    ("threat", "Das wirst du noch bereuen"),
    ("harassment", "You are such a stupid bitch"),
    ("harassment", "fuck you"),
    ("harassment", "you're so ugly"),
    ("harassment", "Du dumme Schlampe"),
    ("harassment", "du Drecksfotze"),
    ("harassment", "Halt die Fresse"),
    ("harassment", "Du bist so hässlich"),
    ("hate", "Ausländer raus"),
    ("sexual_pressure", "send me nudes"),
    ("sexual_pressure", "Show me your tits"),
    ("sexual_pressure", "if you liked me you would send one"),
    ("sexual_pressure", "don't be such a prude"),
    ("sexual_pressure", "Schick mir mal ein paar Nacktfotos"),
    ("sexual_pressure", "Zeig mir deine Brüste"),
    ("sexual_pressure", "Stell dich nicht so prüde"),
    ("sexual", "are you horny"),
    ("sexual", "Bist du geil auf mich? Macht dich das so geil auf mich"),
    ("harassment", "stupid bitch, you never called me back"),
    ("minor", "I'm only 15"),
    ("minor", "I'm 15, is that ok?"),
    ("minor", "i am sixteen years old"),
    ("minor", "I'm underage"),
    ("minor", "Ich bin erst 14 Jahre alt"),
    ("minor", "ich bin in der 8 Klasse"),
    ("minor", "Ich bin noch minderjährig"),
    ("self_harm", "I want to kill myself"),
    ("self_harm", "I don't want to live anymore"),
    ("self_harm", "Ich will nicht mehr leben"),
    ("self_harm", "ich will mich umbringen"),
    ("money", "Can you lend me 200 euros"),
    ("money", "Please send me money by Western Union"),
    ("money", "buy me some steam cards"),
    ("money", "Kannst du mir 300 Euro leihen"),
    ("money", "überweise mir bitte Geld"),
    ("money", "Schick mir Paysafekarten"),
    ("scam", "Great crypto investment, guaranteed returns"),
    ("scam", "I can double your money"),
    ("scam", "I am looking for a sugar baby"),
    ("scam", "Mit Krypto investieren und reich werden: Kryptotrading"),
    ("scam", "Verdopple dein Geld"),
    ("scam", "click this link to verify your account"),
    ("scam", "Klick auf diesen Link"),
]

INNOCENT = """
Hey, I felt your calm energy today.
I'd kill for a good coffee right now.
You're killing me, that is so funny!
I will kill you in Mario Kart tonight :)
My dog passed away last year and I still miss him.
I shot some photos of the sunset.
The traffic is killing me.
I was dying of laughter.
I laughed so hard I could die laughing
I hurt myself climbing last week
I cut myself while cooking, it's fine
Skill you need for this job: patience.
I have always loved your style of writing.
He called me a bitch at work once and I cried.
What a day! What a weather!
I have a chink in my armour: chocolate.
I don't send nudes, sorry.
My ex kept asking me for nudes, it was awful.
I never lend money to friends.
That movie was a waste of money.
Give me your honest opinion.
I'm 15 minutes late, sorry!
I am 17 weeks into my new job.
I've been playing the piano since I was 12.
My daughter is 15 and plays the cello.
I turned 30 last month.
I'm 34 and from Lyon.
I work at Facebook, believe it or not.
I deleted Instagram last year.
I'm so bored of crypto bros.
I hate crypto talk at parties.
Let's talk about the Dickens novel you mentioned.
Scunthorpe is a town in Lincolnshire.
I come from Essex and studied in Middlesex.
Assessing a class of students is hard work.
Shall we meet at 7:30 or 8:15?
The concert is on 24.12.2026 at 19:30.
Between 2019 and 2023 I lived in Oslo.
I lived there 2015, 2017, 2019 and 2021.
My rent went from 1.200,00 to 1.450,50 euros.
It costs 1,250,000 dollars, crazy.
There are 8000000000 people on earth.
1, 2, 3, 4, 5, 6, 7 - off we go!
one two three four five six seven eight, I count to sleep
The numbers in Lost are 4 8 15 16 23 42.
Pi is 3.14159265, my favourite number.
Paris is at 48.856613, 2.352222 if you like maps.
My shift is 08:00-16:30, then 22:00-06:00.
I ran 10 km in 52:30 and 21.1 km in 1:55:10.
My shoe size is 43, I'm 182 cm tall.
We open 10.30 - 18.45 on weekdays.
Meet me @ the station, I'm @home now.
I was at home. Come over some time.
Ok.me too, I like it.
I'm at work, talk later.
My lucky number is 7.
You are number one in my heart.
I read 3 books in 2024, 12 in 2025 and 30 in 2026.
The 2 of us, 4 cats, 1 garden and 100 plants
I want to be free and alive.
I am bringing you the l a r g e one.
Are you a m o r n i n g person?
What is the best line in that film?
Is there no signal in the mountains?
Are you a morning person or a night owl?
Ich könnte sterben für ein Stück Kuchen.
Ich habe mich totgelacht.
Ich bringe dich gern nach Hause.
Ich bringe dich gern nach Hause. A, B, C, D
Du bist so eine s c h ö n e Seele.
Ich bring dir Kuchen mit.
Bringst du mich um den Verstand? ;)
Ich schlage dich im Schach!
Ich schlage vor, dass wir uns um 19:30 Uhr treffen.
Ich bin 15 Minuten zu spät, tut mir leid.
Ich spiele Klavier, seit ich 12 bin.
Meine Tochter ist 14.
Ich bin um 16 Uhr fertig.
Ich bin 34 und komme aus Köln.
Ich unterrichte in der 8. Klasse.
Geile Aussicht von hier oben!
Das Essen war echt geil.
Die Staatsexamen waren hart.
Der Analytiker analysierte die Daten.
Das Schwanzende des Drachens leuchtet.
Ich habe kein Geld für Urlaub dieses Jahr.
Der Film war sein Geld nicht wert.
Ich war auf der Bank am See.
Zeig mir deine Lieblingsbücher.
Schick mir ein Foto von deinem Hund.
Meine Hausnummer ist schwer zu finden.
Du bist die Nummer eins.
Null Bock heute, eins ist klar.
Ich habe Instagram gelöscht.
Am 03.10.1990 war ich noch nicht geboren.
Von 1998 bis 2004 wohnte ich in Graz.
Das kostet 12.50 - 15.00 Euro.
Hast du auch zwei oder drei Geschwister?
Ich habe meinen Schlüssel beim Nachbarn.
Fick(t)ive Geschichten mag ich: Fiktion eben.
Kommst du aus dem Schwarzwald?
Er verreckte im Roman im letzten Kapitel.
Kannst du mir ein Buch leihen?
Ich möchte mehr leben und weniger arbeiten.
Ich bringe dich um 8 nach Hause.
Ich bringe dich um die Ecke zum Bäcker.
Ich will dich um sieben abholen.
Ich will dich um Verzeihung bitten.
Let me shoot you a text when I'm there.
I'm going to kill you at ping pong.
The floor was spic and span.
I'll cut you up some mango.
I would never hurt you.
""".strip().splitlines()


@pytest.mark.parametrize(("kind", "text"), SEVERE, ids=lambda value: str(value)[:40])
def test_the_severe_is_refused(kind: str, text: str) -> None:
    risk = assess(text, revealed=False)
    assert risk.score >= REFUSED, risk
    assert risk.kinds[0] == kind, risk
    assert assess(text, revealed=True) == risk


@pytest.mark.parametrize(("kind", "text"), FLAGGED, ids=lambda value: str(value)[:40])
def test_the_rest_is_flagged_and_delivered(kind: str, text: str) -> None:
    risk = assess(text, revealed=False)
    assert 0 < risk.score < REFUSED, risk
    assert kind in risk.kinds, risk


@pytest.mark.parametrize("text", INNOCENT, ids=lambda text: text[:40])
def test_the_innocent_scores_nothing(text: str) -> None:
    assert assess(text, revealed=False) == Risk()


@pytest.mark.parametrize(
    "text",
    [
        "I WILL KILL YOU",
        "i will  k1ll   you",
        "ı will kıll you",
        "i wіll kіll yоu",  # Cyrillic i and o
        "i will k\u200bi\u200bl\u200bl you",
        "i will kill\u00a0you",
        "Ｉ ｗｉｌｌ ｋｉｌｌ ｙｏｕ",
        "i will kiiiill you",
        "i will killllll yoooou",
        "i, will... kill-you!!!",
        "i_will_kill_you",
        "i will k!ll you",
        "i w i l l  k i l l  y o u",
        "I.w.i.l.l.k.i.l.l.y.o.u",
        "I'll kïll you",
        "𝐢 𝐰𝐢𝐥𝐥 𝐤𝐢𝐥𝐥 𝐲𝐨𝐮",
        "ich bring\u00ad dich um",
        "ICH BRINGE DICH UM",
        "1ch br1nge d1ch um",
        "i c h b r i n g e d i c h u m",
        "ich to\u0308te dich",
        "ich toete dich",
        "ɪ ᴡɪʟʟ ᴋɪʟʟ ʏᴏᴜ",
        "🄸 🅆🄸🄻🄻 🄺🄸🄻🄻 🅈🄾🅄",
        "🅸 🆆🅸🅻🅻 🅺🅸🅻🅻 🆈🅾🆄",
        "🇮 🇼🇮🇱🇱 🇰🇮🇱🇱 🇾🇴🇺",
        "ⓘ ⓦⓘⓛⓛ ⓚⓘⓛⓛ ⓨⓞⓤ",
        "Ꭵ ᎳᎥᏞᏞ ᏦᎥᏞᏞ ᎽᎾᏌ",
        "ⲓ ⲱⲓⲗⲗ ⲕⲓⲗⲗ ⲩⲟⳙ",
        "ι ωιλλ κιλλ γου",
        "ii wwiillll kkiillll yyoouu",
        "i will k*ll you",
        "i w#ll k#ll y#u",
        "i will k.ll you",
        "i wïll kïll yöü",
        "I wiII kiII you",
        "l wlll klll you",
        "go k*ll yourself",
        "kiII yourself",
        "!ch br!n9 d!ch um",
        "i w1|| k!|| y0u",
        "ï͎ w̵i̶l̖ḷ k͎iͅl̀ĺ y̵o̶u̖",
        # Misspelled, in two, run together, and a picture for a word.
        "im gona klil yuo",
        "i wil mvrder you",
        "i will stabb you",
        "gonna strngle you",
        "I'll ra pe you",
        "iwillstabyou",
        "ichtötedich",
        "ich werde dich um bringen",
        "ich bringg dihc um",
        "ich erwrge dich",
        "I will 🔪 you",
        "go 💀 yourself",
        "I w1ll c.u.t your thr0at",
        "u will d!3",
        # Two dots on all vowels; brackets round letters; a sign that several letters stand behind.
        "yöü wöüld löök göod ïn ä cöffïn, ï swëär",
        "(I) (w)(i)(l)(l) (k)(i)(l)(l) (y)(o)(u)",
        "I'd dr*g you and do whatever I like",
        # Words of nothing but digits and signs, and an apostrophe among letters that stand alone.
        "1 own 4 gun and 1 know how 70 u53 17, 50 th1nk tw1ce b3for3 you gh05t me",
        "i'l.l h.a.n.g y.o.u b.y y.o.u.r h.a.i.r",
        # All letters twice, in a compound and with an umlaut.
        "TTüürrkkeenn raus, DDrreecckkssvvoollkk",
        "ddeeiinn VVaatteerr eerrffäähhrrtt dass dduu lesbisch bist wenn du nicht antwortest",
    ],
)
def test_tricks_of_spelling_change_nothing(text: str) -> None:
    assert assess(text, revealed=False).score >= REFUSED


@pytest.mark.parametrize(
    "text",
    [
        "I will stab you. Do you like video games?",
        "Do you like video games? I will stab you.",
        "Ich bring dich um! Spielst du Schach?",
        "I love chess, but I will kill you",
        "My friend said hello. I will kill you.",
    ],
)
def test_what_stands_in_another_clause_excuses_nothing(text: str) -> None:
    assert assess(text, revealed=False).score >= REFUSED


def test_folding() -> None:
    assert fold("Ｋ\u200bＩＬＬ  yöu") == "kill  yoeu"
    assert fold("١٢٣ ４５ 6️⃣ ß é") == "123 45 6 ss e"
    assert fold("kiII ᴋɪʟʟ 🅺🄸🇱⒧ кіll") == "ki|| kill kill kill"
    knows = rules.respelling()
    assert read(fold("I'll  do-it! Ok, you"), knows) == ("ill do it; ok, you",)
    assert read("i k1ll y*u", knows) == ("i k1ll y u", "i kill you")
    assert read("at 10 km, b4 8", knows)[0] == "at 10 km, b4 8"
    assert read("so k i l l - y o u ok", knows) == ("so k i l l y o u ok", "so kill you ok")
    assert read("k-i-l-l y-o-u", knows)[1] == "kill you"
    assert read("a b and 1 2 3 4 5", knows) == ("a b and 1 2 3 4 5",)
    assert {"i drag you", "i drug you"} <= set(read("i dr*g you", knows))
    assert read("meet at 17, gate 12", knows) == ("meet at 17, gate 12",)
    assert fold("schön naïf, Müller") == "schoen naif, mueller"
    assert fold("schön naïf, Mëïër") == "schon naif, meier"


@pytest.mark.parametrize(
    "name",
    [
        *("Todd", "Lissy", "Aaron", "Wille", "Kiel", "Isaac", "Annalena", "Jörg", "Hooijer"),
        *("Niger", "Beet", "Schild", "Toten", "Teeth", "Younger", "Jugendlich", "Beyoncé"),
    ],
)
def test_a_name_is_not_taken_for_a_disguise(name: str) -> None:
    assert read(fold(name), rules.respelling()) == (fold(name),)
    assert assess(name, revealed=False) == Risk()


def test_somebody_who_speaks_of_hurting_themself_is_heard() -> None:
    assert MOST["self_harm"] < REFUSED
    assert weigh([("self_harm", 100)]).score == MOST["self_harm"]


def test_risks_are_joined_by_the_higher() -> None:
    mild, severe = Risk(40, ("money", "scam")), Risk(95, ("threat", "money"))
    assert higher(mild, severe) == higher(severe, mild) == Risk(95, ("threat", "money", "scam"))
    assert higher(Risk(), Risk()) == Risk()
    assert weigh([("money", 30), ("threat", 97), ("money", 50)]) == Risk(97, ("threat", "money"))
    assert weigh([("money", 0)]) == Risk()


@pytest.mark.parametrize("language", rules.LANGUAGES)
def test_every_kind_of_harm_has_rules_in_every_language(language: str) -> None:
    # Violence without a person it is meant for is what an outside model alone tells.
    found = load(language).rules
    assert {rule.kind for rule in found} == set(MOST) - {"violence"}
    assert all(0 < rule.score <= MOST[rule.kind] for rule in found)
