"""The stack's database cluster, served by Debian's Postgres in a root file system, with the real pg_cron.

As on hosted projects pg_cron logs in for each job, without a password: here by a socket that only the
server's own user reaches, there from the machine itself.
"""

import os
import pwd
import sys
from pathlib import Path

import psycopg

from scripts.stack.home import POSTGRES_VERSIONS, Options
from scripts.stack.keys import Keys
from scripts.stack.postgres import Cluster, programs
from scripts.tools.check_cron import safeupdate, tls

VERSION = 17
USER = "nobody"
CLUSTERS = "clusters"
"""The folder inside the root file system where each check has its data."""

_PG_CRON = Path(__file__).with_name("pg_cron.sql")
_SETTINGS = {
    "shared_preload_libraries": "pg_cron",
    "cron.database_name": "postgres",
    # Debian's server compiles every statement it deems costly, which takes longer than most of ours.
    "jit": "off",
    # nothing is mounted in there
    "dynamic_shared_memory_type": "mmap",
}


def inside(root: Path, user: str, *command: str) -> list[str]:
    """The command that runs `command` inside the root file system."""
    return [sys.executable, "-P", "-m", "scripts.tools.check_cron.enter", str(root), user, *command]


class DebianCluster(Cluster):
    """A cluster inside `root`; needs root, which becomes `nobody` in there."""

    keeps_schedule = True
    socket_authentication = "trust"

    def __init__(self, root: Path, options: Options, keys: Keys) -> None:
        self.root = root
        super().__init__(options, keys)
        self.user = USER
        self.starts_as = None  # only root may enter; who it becomes is part of the command
        self.unguarded = safeupdate.install(root)
        """Why statements without a WHERE are not refused here; empty where they are."""

    @property
    def tools(self) -> Path:
        """The newest installed ones: they speak to older servers too."""
        return programs(max(POSTGRES_VERSIONS))

    def _folder(self) -> Path:
        folder = self.root / CLUSTERS / self.options.home.path.name
        self._make_folder(folder)
        return folder

    def _version(self) -> int:
        return VERSION

    def _server(self) -> tuple[Path, Path]:
        return (
            self.root / f"usr/lib/postgresql/{VERSION}/bin",
            self.root / f"usr/share/postgresql/{VERSION}/extension",
        )

    def _stand_ins(self) -> list[Path]:
        return [path for path in super()._stand_ins() if not path.name.startswith("pg_cron")]

    def _command(self, program: str, *words: str) -> list[str]:
        return inside(self.root, USER, self._seen(self.bin / program), *words)

    def _seen(self, path: Path) -> str:
        return f"/{path.relative_to(self.root)}"

    def settings(self) -> dict[str, str]:
        """With pg_cron loaded, and a socket for it."""
        socket = self._seen(self._socket_folder)
        return (
            super().settings()
            | _SETTINGS
            | {"unix_socket_directories": socket, "cron.host": socket}
            | {"ssl": "on", "ssl_cert_file": "server.crt", "ssl_key_file": "server.key"}
        )

    @property
    def _socket_folder(self) -> Path:
        return self.folder / "socket"

    @property
    def verified_url(self) -> str:
        """The address as the deploy page has it: nobody else's server would do."""
        trusted = f"sslmode=verify-full&sslrootcert={self.data / 'server.crt'}"
        return self.url().replace("sslmode=disable", trusted)

    def prepare(self) -> None:
        """With a certificate, and the folder of the socket, closed to everybody else."""
        super().prepare()
        self._socket_folder.mkdir(mode=0o700, exist_ok=True)
        key = self.data / "server.key"
        tls.make(self.data / "server.crt", key)
        key.chmod(0o600)
        for path in (key, self._socket_folder):
            os.chown(path, pwd.getpwnam(USER).pw_uid, -1)

    def make_platform(self) -> None:
        """A hosted project's platform, pg_cron switched on: `postgres` may not create that one.

        The data API's sessions are guarded as there, where the guard could be made.
        """
        super().make_platform()
        with psycopg.connect(self.url("supabase_admin")) as connection:
            connection.execute(_PG_CRON.read_bytes())
            if not self.unguarded:
                connection.execute(
                    f"alter role authenticator set session_preload_libraries = '{safeupdate.NAME}'".encode()
                )
