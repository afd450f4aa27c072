"""The documents of this project, and how they are read by the tests."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scripts.stack.home import ROOT


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        """Its path below the root of the project."""
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text()

    @cached_property
    def prose(self) -> str:
        """All but blocks of code, comments and what a script has generated."""
        text = re.sub(r"<!-- generated: .*?<!-- end -->", "", self.text, flags=re.DOTALL)
        text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)

    @cached_property
    def anchors(self) -> set[str]:
        """The names of its headings in links, as the hosting sites make them."""
        outside = re.sub(r"^```.*?^```", "", self.text, flags=re.DOTALL | re.MULTILINE)
        return {_anchor(title) for title in re.findall(r"^#+ (.+)$", outside, re.MULTILINE)}


def _anchor(title: str) -> str:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
    return re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")


PAGES = [Page(path) for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])]
PAGE = {page.name: page for page in PAGES}
