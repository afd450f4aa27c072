"""A Dockerfile as far as ours use it: instructions in order, and what its COPYs bring into the image."""

import json
import re
import shutil
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from scripts.stack.home import ROOT


@dataclass(frozen=True)
class Dockerfile:
    """The instructions of one file, continued lines joined, comments gone."""

    instructions: list[tuple[str, str]]

    @classmethod
    def read(cls, path: Path) -> "Dockerfile":
        """Parse the file at `path`."""
        text = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#"))
        lines = re.sub(r"\\\n\s*", "", text).splitlines()
        return cls(
            [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]
        )

    def all(self, word: str) -> list[str]:
        """What stands behind every instruction of that name."""
        return [rest for name, rest in self.instructions if name == word]

    @property
    def environment(self) -> dict[str, str]:
        """What ENV sets."""
        pairs = (pair.partition("=") for rest in self.all("ENV") for pair in rest.split())
        return {name: value for name, _, value in pairs}

    @property
    def command(self) -> list[str]:
        """CMD, which must be in exec form."""
        [said] = self.all("CMD")
        words: list[str] = json.loads(said)
        return words

    def copy_into(self, folder: Path) -> None:
        """Do every COPY: from the files that .dockerignore lets through, into `folder` as /app."""
        for rest in self.all("COPY"):
            *sources, target = rest.split()
            for source in sources:
                _copy(ROOT / source, folder / target, whole=len(sources) == 1 and not target.endswith("/"))


def _copy(source: Path, target: Path, *, whole: bool) -> None:
    assert sent(source), f"{source.name} is kept from the builder by .dockerignore"
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        return
    place = target if whole else target / source.name
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, place)


def sent(path: Path) -> bool:
    """Whether .dockerignore sends a file or folder to the builder; the last rule that fits decides."""
    name = str(path.relative_to(ROOT))
    chosen = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        rule = line.strip()
        if not rule or rule.startswith("#"):
            continue
        pattern = rule.removeprefix("!").removeprefix("**/")
        parts = name.split("/")
        above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
        fits = any(fnmatch(each, pattern) for each in above) or (
            "**/" in rule and any(fnmatch(part, pattern) for part in parts)
        )
        if fits:
            chosen = rule.startswith("!")
    return chosen
