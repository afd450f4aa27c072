"""Ties a process to its parent: the kernel signals it when the parent dies, however the parent died.

Linux only; elsewhere the calls do nothing, and a killed supervisor is cleaned up by the next start.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
# Loaded here, not in the forked child: between fork and exec nothing may be imported.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(signal_number: int, parent: int) -> None:
    """Ask for `signal_number` when `parent`, the process id of our parent, ends.

    A change of user clears the wish, so call it after that. The signal follows the *thread* that forked,
    so children are started from the main thread.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        os.kill(os.getpid(), signal_number)


def outlive_parent() -> None:
    """Take the wish back: from here on the process stays when its parent ends."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, 0, 0, 0, 0)
