"""The languages Connect knows. Codes and tags of one language (`deu`, `de-AT`) are stored as one code.

`language_codes.json` beside this file holds the codes; `scripts/names` made it from CLDR, so no package is
loaded at a cold start. SQL judges by the same table (`private.language_of`).
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("language_codes.json")

_TAG = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{1,8})*", re.ASCII)
_OWN = re.compile(r"q[a-t][a-z]")
"""Codes for private use: a community gives them a meaning."""
_EXTENDED = 3  # letters of a second part that is the language: zh-yue


def language_of(tag: str) -> str | None:
    """The code under which the language of a tag is stored and compared; None if the tag names no language.

    >>> language_of("deu"), language_of("pt-BR"), language_of("zh-yue"), language_of("german")
    ('de', 'pt', 'yue', None)
    """
    if not _TAG.fullmatch(tag):
        return None
    first, *rest = tag.replace("_", "-").split("-")
    extended = known_codes().get(rest[0]) if rest and len(rest[0]) == _EXTENDED else None
    return extended or known_codes().get(first) or (first if _OWN.fullmatch(first) else None)


@cache
def known_codes() -> dict[str, str]:
    """Every known code with the code under which its language is stored, about 1,300.

    >>> known_codes()["deu"], known_codes()["de"]
    ('de', 'de')
    """
    others: dict[str, str] = json.loads(TABLE.read_bytes())["other codes"]
    return {code: language for language, codes in others.items() for code in (language, *codes.split())}
