"""Where the engine's machine code is kept: one folder per state of the sources.

Numba notices when a file with compiled functions changes, but not when another file does that such a
function calls or takes a constant from. So the folder's name is a hash of everything that compiled code is
made of. Asking for it needs no numba.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path

ENGINE = Path(__file__).parent / "engine"
GRID = Path(__file__).parent / "places" / "grid.py"
"""Outside the engine, but compiled code holds its constants."""

_NEVER_COMPILED = (
    "learning/",
    "filters/funnel_shown.py",
    "population.py",
    "reference.py",
    "reference_charts.py",
    "runs/manifest.py",
    "runs/proposals.py",
    "runs/statement.py",
    "scoring/explanation.py",
    "scoring/labels.py",
)
"""Files and folders no compiled function takes anything from: editing a sentence compiles nothing."""
_STALE_SECONDS = 7 * 86_400.0


def folder() -> Path:
    """The folder of exactly this engine; it need not exist."""
    content = hashlib.sha256()
    for source in [GRID, *sorted(ENGINE.rglob("*.py"))]:
        name = source.relative_to(GRID.parent if source == GRID else ENGINE)
        if not name.as_posix().startswith(_NEVER_COMPILED):
            content.update(str(name).encode() + b"\0" + source.read_bytes() + b"\0")
    parent = os.environ.get("NUMBA_CACHE_DIR") or str(ENGINE / "__pycache__")
    return Path(parent) / f"compiled-{content.hexdigest()[:16]}"


def remove_stale(kept: Path) -> None:
    """Removes the folders of engines that nobody has used for a week."""
    for old in kept.parent.glob("compiled-*"):
        if old != kept and time.time() - old.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(old, ignore_errors=True)


def is_complete() -> bool:
    """Whether `shared.engine.warm` has compiled everything there is."""
    return (folder() / "complete").exists()
