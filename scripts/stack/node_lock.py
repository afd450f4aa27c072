"""Completes package-lock.json with the optional packages of other platforms.

npm leaves an optional package out of the lock when the registry at hand does not carry it, and `npm ci` then
refuses the lock on every platform. The added entries have no checksum: nobody here could download them.
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_PLATFORM = re.compile(r"-(darwin|linux|windows)-(x64|arm64)(-musl)?$")


def entry(name: str, version: str) -> dict[str, Any]:
    """The lock's entry for one platform package, so that npm fetches it on that platform only."""
    found = _PLATFORM.search(name)
    if found is None:
        raise ValueError(f"{name} does not name a platform")
    system, processor, musl = found.groups()
    made: dict[str, Any] = {
        "version": version,
        "cpu": [processor],
        "optional": True,
        "os": ["win32" if system == "windows" else system],
    }
    if system == "linux" and name.startswith("@supabase/"):
        made["libc"] = ["musl" if musl else "glibc"]
    return made


def complete(path: Path = ROOT / "package-lock.json") -> None:
    """Add what is missing and write the lock back in npm's own layout."""
    lock = json.loads(path.read_text())
    packages = lock["packages"]
    wanted = {
        name: version
        for package in list(packages.values())
        for name, version in package.get("optionalDependencies", {}).items()
    }
    for name, version in wanted.items():
        packages.setdefault(f"node_modules/{name}", entry(name, version))
    lock["packages"] = dict(sorted(packages.items()))
    path.write_text(json.dumps(lock, indent=2) + "\n")


if __name__ == "__main__":
    complete()
