"""The targets of the Makefile."""

import re

from scripts.stack.home import ROOT

TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
