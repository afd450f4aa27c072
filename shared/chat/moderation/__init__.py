"""How risky a chat message is, before it is sealed: a score of 0 to 100 and kinds of a closed vocabulary.

    kinds.py         the vocabulary, and how high each kind may score
    folding.py       one spelling for many, letter by letter: case, accents, look-alikes of any script
    reading.py       words in clauses, and what was written l e t t e r by letter
    respelling.py    disguised words: k1ll, k*ll, kkiillll, kiII
    rule.py          what a rule is, how one is written, and the file of a language
    english.toml     one file per language: phrases, and words of contact; german.toml likewise
    rules.py         how the rules of all languages are searched, and what excuses a match
    prepared.py      which rules a text can match at all; prepared.bin holds it, which `scripts/teach` writes
    searching.py     the engine: no text makes it slow
    learned.py       a linear classifier beside the rules, for what none of them foresees
    words.toml       the classes of words it knows; weights.bin what it learned, which `scripts/teach` writes
    contact.py       phone numbers, addresses, handles, and numbers that only look like one
    moderator.py     all of it together, and the outside model where there is one
    outside.py       the outside model: an OpenAI-compatible `POST {url}/moderations`

Pure arithmetic on one text but for outside.py. A score is a sign for people who look, not a verdict; what is
refused is decided by the database (`settings.message_risk_refused`). The text leaves neither a log nor a row.

**Adding a language**: one file like english.toml and its name in `rules.LANGUAGES`.
"""
