"""What follows from the parts of the score outside the engine: a table for readers, and a function of SQL."""

from __future__ import annotations

from scripts.stack.home import ROOT
from shared.engine.configuration import CONFIGURATION
from shared.engine.scoring.parts import MODES, PARTS

POLICY = ROOT / "supabase" / "policies" / "40_matcher" / "score_parts.sql"

_POLICY = """\
-- The parts of the score. Written by scripts/docs from shared/engine/scoring/parts: change them there.

create or replace function private.score_parts() returns table (part text, switch public.consent_signal)
language sql immutable set search_path = '' as $$
    values
        {rows}
$$;
comment on function private.score_parts() is
    'Parts of the score, and the switch that covers what each is made from; null: given for matching. Own '
    'weights of a member are of these, and a withdrawal removes those of its switch from stored scores.';
"""


def policy() -> str:
    """The policy file of `private.score_parts()`."""
    rows: list[str] = []
    for part in PARTS:
        switch = f"'{part.switch}'" if part.switch else "null"
        # The first row says of what type the column is.
        rows.append(f"('{part.name}', {switch}{'' if rows else '::public.consent_signal'})")
    return _POLICY.format(rows=",\n        ".join(rows))


def table() -> str:
    """Each part with its share in each mode, and its switch."""
    lines = [f"| part | {' | '.join(MODES)} | switch |", f"| --- |{' --- |' * (len(MODES) + 1)}"]
    for part in PARTS:
        shares = [CONFIGURATION.share(mode, part.name) for mode in MODES]
        told = " | ".join(f"{share:.0%}" if share else "" for share in shares)
        switch = f"`{part.switch}`" if part.switch else "none"
        lines.append(f"| `{part.name}` | {told} | {switch} |")
    return "\n".join(lines)
