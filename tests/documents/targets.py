"""The targets of the Makefile."""

import re

from scripts.stack.home import ROOT

# `check` and `nightly` come to the Makefile together with the suites that they run.
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)) | {"check", "nightly"}
