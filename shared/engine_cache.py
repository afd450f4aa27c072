"""Where the engine's machine code is kept: one folder per state of the sources.

Numba notices a change in the file of a compiled function. It does not notice a change in another file whose
functions or constants that function uses. So the folder's name is a hash of all these files. This module
does not import numba.
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
"""No compiled function uses these files and folders, so an edit of them does not compile the engine again."""
_STALE_SECONDS = 7 * 86_400.0


def folder() -> Path:
    """The folder of this state of the sources. It may not exist yet.

    >>> folder().name.startswith("compiled-"), len(folder().name)
    (True, 25)
    """
    content = hashlib.sha256()
    for source in [GRID, *sorted(ENGINE.rglob("*.py"))]:
        name = source.relative_to(GRID.parent if source == GRID else ENGINE)
        if not name.as_posix().startswith(_NEVER_COMPILED):
            content.update(str(name).encode() + b"\0" + source.read_bytes() + b"\0")
    parent = os.environ.get("NUMBA_CACHE_DIR") or str(ENGINE / "__pycache__")
    return Path(parent) / f"compiled-{content.hexdigest()[:16]}"


def remove_stale(kept: Path) -> None:
    """Removes the folders beside `kept` that have not changed for a week."""
    for old in kept.parent.glob("compiled-*"):
        if old != kept and time.time() - old.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(old, ignore_errors=True)


def is_complete() -> bool:
    """Whether `shared.engine.warm` has compiled everything there is."""
    return (folder() / "complete").exists()
