"""What a person sees while the stack works: short lines, how long a slow step took, bold on a terminal."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_SLOW = 2.0  # seconds after which a step says how long it took


class Reporter:
    """Prints to standard output; flushed, because `make up` reads it through a file."""

    def __init__(self) -> None:
        self.coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def line(self, text: str = "") -> None:
        """One line. When nobody reads any more (`make up | head`), the work goes on without words."""
        try:
            print(text, flush=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def heading(self, text: str) -> None:
        """One line that stands out."""
        self.line(f"\n{self.bold(text)}")

    def bold(self, text: str) -> str:
        """`text` in bold where the terminal can."""
        return f"\033[1m{text}\033[0m" if self.coloured else text

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Say what is being done now, and how long it took when that was worth a word."""
        began = time.monotonic()
        self.line(f"{text} …")
        yield
        seconds = time.monotonic() - began
        if seconds > _SLOW:
            self.line(f"  done in {seconds:.1f} s")
