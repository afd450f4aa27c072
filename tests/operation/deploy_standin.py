"""What stands for a tool of the deploy page: it notes how it was called, and refuses what is empty.

Usage: deploy_standin.py LOG ANSWERS TOOL [WORDS…]. ANSWERS is JSON: how a command begins to what it prints.
"""

import json
import re
import sys
from pathlib import Path

# NAME=, FLAG= and NAME:, with nothing behind; a ring of keys that begins with nothing.
EMPTY = re.compile(r"(^|[,;=])[\w-]+=(?=$|[,;])|^,|:$|//\.|/:|\$|^$")


def main(log: str, answers: str, *words: str) -> int:
    """Note the call; 1 for an empty word or value, with a line that names it."""
    empty = [word for word in words if EMPTY.search(word)]
    if "--data-file=-" in words and EMPTY.search(given := sys.stdin.read()):
        empty.append(f"standard input {given!r}")
    with Path(log).open("a") as file:
        file.write(json.dumps(words) + "\n")
    if empty:
        print(f"empty in {' '.join(words)}: {empty}", file=sys.stderr)
        return 1
    said = " ".join(words)
    for beginning, answer in json.loads(answers).items():
        if said.startswith(beginning):
            print(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
