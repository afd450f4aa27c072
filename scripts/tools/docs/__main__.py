"""Writes the generated parts of the documents and of SQL, or says which are out of date."""

from __future__ import annotations

import argparse
import sys

from scripts.stack.home import ROOT
from scripts.tools.docs.interests import CATALOGUE, interest_catalogue
from scripts.tools.docs.pages import PagesError, pages
from scripts.tools.docs.parts import POLICY, policy

_DESCRIPTION = """\
Write the generated parts of docs/: endpoints and errors (from the OpenAPI documents), settings (from SQL) and
environment variables (from what the deployments read), parts of the score (from the engine). Write the
names of these parts in SQL, too, and the catalogue of interests.

Exit status: 0 done, 1 out of date (with --check), 2 a part that is missing, unknown or on two pages.
"""


def main(arguments: list[str]) -> int:
    """0 when the pages are as they should be."""
    parser = argparse.ArgumentParser(
        prog="scripts/docs", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is out of date")
    chosen = parser.parse_args(arguments)
    try:
        made = pages() | {POLICY: policy(), CATALOGUE: interest_catalogue()}
    except PagesError as error:
        print(f"scripts/docs: {error}", file=sys.stderr)
        return 2
    old = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    for path in old:
        print(f"{path.relative_to(ROOT)} {'is out of date: run scripts/docs' if chosen.check else 'written'}")
        if not chosen.check:
            path.write_text(made[path])
    return 1 if chosen.check and old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
