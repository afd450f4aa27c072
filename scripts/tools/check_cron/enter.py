"""Becomes a program inside a root file system, run as another user, that ends when our parent does.

Usage, as root: -m scripts.tools.check_cron.enter ROOT USER PROGRAM [ARGUMENTS…]. `chroot --userspec` would
do all but the last: a change of user makes the kernel forget that wish, so it is made here, after it.
"""

import os
import pwd
import signal
import sys

from scripts.stack.lifeline import die_with_parent


def main(root: str, user: str, *command: str) -> None:
    """Does not return. Raises OSError when the root cannot be entered or the program cannot be run."""
    parent = os.getppid()
    entry = pwd.getpwnam(user)
    os.chroot(root)
    os.chdir("/")
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    die_with_parent(signal.SIGINT, parent)
    os.execv(command[0], command)  # noqa: S606 - becoming the program is the point


if __name__ == "__main__":
    main(*sys.argv[1:])
