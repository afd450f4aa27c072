"""`scripts/check-cron`: our SQL on Postgres 17 with the real pg_cron, which rings the real worker."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Mapping

import psycopg

from scripts.stack import commands
from scripts.stack.home import Home, Trouble, options
from scripts.stack.keys import load_keys
from scripts.stack.lifeline import die_with_parent
from scripts.stack.reporter import Reporter
from scripts.stack.supervisor import Stopped, Supervisor
from scripts.stack.throwaway import free_ports
from scripts.tools.check_cron.cluster import DebianCluster
from scripts.tools.check_cron.examine import examine
from scripts.tools.check_cron.limit import LimitedReporter
from scripts.tools.check_cron.root import CannotBeHad, remove, root_file_system

_DESCRIPTION = """\
Check the project near to hosted, on Postgres 17 with the real pg_cron, both from Debian's packages, as a role
that is no superuser: apply migrations and policies, apply them once more, ask pg_cron what its local stand-in
promises, have the schedule do a whole night over a small sample community, follow one ring to the worker's
answer, let two members walk the whole flow and two leave. Meanwhile no statement of the data API may lack its
WHERE, as on hosted projects (a C compiler is needed for that), and no call may take 60 seconds. Takes two to
three minutes.

Needs root, and an apt that knows an archive of Debian; where one of these is missing it says so and is
skipped. The packages are unpacked once, into $CONNECT_HOME/debian (.local/debian; about 430 MB); removing
that folder makes the next check fetch newer ones. pg_net and Vault are not in Debian: they stay imitated.
"""
_SAMPLE = 300  # members
_LOGS = ("postgres", "schedule", "worker")
_LAST_LINES = 20


def main(arguments: list[str]) -> int:
    """0 when everything holds or the check is skipped, 1 otherwise, 130 when interrupted."""
    parser = argparse.ArgumentParser(
        prog="scripts/check-cron",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--require", action="store_true", help="exit 1 where the check would be skipped")
    chosen = parser.parse_args(arguments)
    die_with_parent(signal.SIGTERM, os.getppid())
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        _check(options(_without_version(os.environ)).home, LimitedReporter())
    except CannotBeHad as reason:
        print(f"check-cron skipped: {reason}")
        return 1 if chosen.require else 0
    except (Trouble, psycopg.Error) as error:
        print(f"check-cron failed: {str(error).strip()}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _check(kept: Home, reporter: Reporter) -> None:
    """Raises CannotBeHad, Trouble, psycopg.Error, KeyboardInterrupt."""
    if os.geteuid() != 0:
        raise CannotBeHad("only root may enter a root file system.")
    began = time.monotonic()
    cache = kept.path / "debian"
    with root_file_system(cache, reporter) as root:
        home = Home(cache / "home")  # what a killed check left of it is gone by now
        ports = map(str, free_ports(3))
        names = ("CONNECT_FUNCTIONS_PORT", "CONNECT_API_PORT", "CONNECT_DB_PORT")
        own = {
            "CONNECT_HOME": str(home.path),
            "CONNECT_SCHEDULE": "off",  # until the examination has it do one thing after the other
            "CONNECT_SAMPLE_SIZE": str(_SAMPLE),
            **dict(zip(names, ports, strict=True)),
        }
        asked = options(_without_version(os.environ) | own)
        home.prepare()
        cluster = DebianCluster(root, asked, load_keys(home))
        supervisor = Supervisor(asked, reporter, lambda _options, _keys: cluster)
        done = False

        def checked() -> None:
            nonlocal done
            examine(cluster, reporter, supervisor.tend)
            done = True
            raise Stopped

        try:
            supervisor.run(checked, wanted=frozenset({"sql", "sample", "functions"}))
        except Exception:
            _show_logs(home, reporter)
            raise
        finally:
            commands.wipe(asked)
            remove(cluster.folder)
        if not done:
            raise KeyboardInterrupt
    reporter.line(f"Everything holds ({time.monotonic() - began:.0f} s).")


def _without_version(environment: Mapping[str, str]) -> dict[str, str]:
    """CONNECT_PG is for other stacks: here it is 17."""
    return {name: value for name, value in environment.items() if name != "CONNECT_PG"}


def _show_logs(home: Home, reporter: Reporter) -> None:
    """The end of what the programs said, before it is wiped."""
    for name in _LOGS:
        log = home.logs / f"{name}.log"
        if log.exists():
            reporter.heading(log.name)
            for line in log.read_text(errors="replace").splitlines()[-_LAST_LINES:]:
                reporter.line(f"  {line}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
