"""Statements inside function bodies, read well enough to find an UPDATE or DELETE that has no WHERE.

Hosted projects load `safeupdate` into every session of the data API, and it looks inside functions too: such
a statement is 21000 there (eradman/pg-safeupdate, safeupdate.c). The library cannot be had here, so its rule
is applied to the text.
"""

import re
from collections.abc import Iterator

# Comments go; a text in quotes may hold a statement of its own, for execute.
_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    |(?P<name>"(?:[^"]|"")*"|[a-z_%][\w%]*)
    |(?P<sign>[();])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
# Where they are no statement: on conflict do update, for no key update; what is granted, watched, merged.
_BEFORE = {"do", "for", "key"}
_BEHIND = {"on", "or", "of", "set", "update", "delete", ";", ")"}


def without_where(sql: str) -> list[str]:
    """The first words of every UPDATE or DELETE in `sql`, texts for execute included, that has no WHERE."""
    found: list[str] = []
    tokens = list(_tokens(sql, found))
    for at, word in enumerate(tokens):
        before = tokens[at - 1] if at else ";"
        if word == "delete" and tokens[at + 1 : at + 2] != ["from"]:
            continue
        if word not in ("update", "delete") or before in _BEFORE or {*tokens[at + 1 : at + 2]} & _BEHIND:
            continue
        # A trigger asks its operation by the word alone.
        if tokens[at + 1 :] and not _is_restricted(tokens[at:]):
            found.append(" ".join(tokens[at : at + 6]))
    return found


def _tokens(sql: str, found: list[str]) -> Iterator[str]:
    for match in _TOKEN.finditer(sql):
        if match["comment"]:
            continue
        if match["text"]:
            text = match["text"]
            inner = text[1:-1].replace("''", "'") if text.startswith("'") else text[len(match["tag"]) + 2 :]
            if re.search(r"\b(update|delete)\b", inner, re.IGNORECASE):
                found += without_where(inner.removesuffix(f"${match['tag']}$") if match["tag"] else inner)
            yield "''"
        else:
            yield match[0].lower()


def _is_restricted(tokens: list[str]) -> bool:
    """Whether a WHERE stands in the statement that begins here, at its own depth."""
    depth = 0
    for word in tokens:
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
        if depth < 0 or (depth == 0 and word == ";"):
            return False
        if depth == 0 and word == "where":
            return True
    return False
