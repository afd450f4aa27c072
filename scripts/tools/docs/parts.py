"""What follows from the parts of the score outside the engine: a table for readers, and a function of SQL."""

from __future__ import annotations

import textwrap

from scripts.stack.home import ROOT
from shared.engine.configuration import CONFIGURATION
from shared.engine.pool.pool import MODE_BITS
from shared.engine.scoring.labels import VOCABULARY
from shared.engine.scoring.parts import MODES, PARTS

POLICY = ROOT / "supabase" / "policies" / "40_matcher" / "score_parts.sql"

_POLICY = """\
-- The parts of the score. Written by scripts/docs from shared/engine/scoring/parts: change them there.

create or replace function private.score_parts()
returns table (place integer, part text, switch public.consent_signal, modes integer)
language sql immutable set search_path = '' as $$
    values
        {rows}
$$;
comment on function private.score_parts() is
    'Parts of the score in their order, the switch that covers what each is made from (null: given for '
    'matching), and the modes in which it plays, as bits. Own weights of a member are of these, and a '
    'withdrawal removes those of its switch from stored scores.';

create or replace function private.score_labels() returns text[]
language sql immutable set search_path = ''
return array[
    {labels}];
comment on function private.score_labels() is
    'Every label that a pair can carry, by the number that packed facts hold.';
"""


def policy() -> str:
    """The policy file of `private.score_parts()`."""
    rows: list[str] = []
    for place, part in enumerate(PARTS, 1):
        modes = sum(bit for mode, bit in MODE_BITS.items() if part.shares.get(mode))
        switch = f"'{part.switch}'" if part.switch else "null"
        # The first row says of what type the column is.
        rows.append(f"({place}, '{part.name}', {switch}{'' if rows else '::public.consent_signal'}, {modes})")
    labels = textwrap.fill(", ".join(f"'{label}'" for label in sorted(VOCABULARY)), 112)
    return _POLICY.format(rows=",\n        ".join(rows), labels=labels.replace("\n", "\n    "))


def table() -> str:
    """Each part with its share in each mode, and its switch."""
    lines = [f"| part | {' | '.join(MODES)} | switch |", f"| --- |{' --- |' * (len(MODES) + 1)}"]
    for part in PARTS:
        shares = [CONFIGURATION.share(mode, part.name) for mode in MODES]
        told = " | ".join(f"{share:.0%}" if share else "" for share in shares)
        switch = f"`{part.switch}`" if part.switch else "none"
        lines.append(f"| `{part.name}` | {told} | {switch} |")
    return "\n".join(lines)
