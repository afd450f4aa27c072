"""safeupdate's rule for the server of the check: our stand-in in C, compiled by the machine's compiler."""

import shutil
import subprocess
from pathlib import Path

import psycopg

from scripts.stack.home import Trouble

NAME = "safeupdate"
_SOURCE = Path(__file__).with_name("safeupdate.c")
_SECONDS = 60
_REFUSED = {
    "an update without a WHERE": "update members set name = 'x'",
    "a delete without a WHERE": "delete from members",
    "one inside a WITH": "with gone as (delete from members returning name) select * from gone",
    "one inside a block": "do $$ begin update members set name = 'x'; end $$",
    "one inside a function": "select pg_temp.rename_all()",
}
_ALLOWED = {
    "one with a WHERE": "update members set name = 'x' where name is not null",
    "an insert that updates": "insert into members values ('x') on conflict (name) do update set name = 'y'",
}


def install(root: Path) -> str:
    """Compile it into the root file system, by the headers there. Empty, or why that cannot be."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return "there is no C compiler (gcc)"
    [headers] = root.glob("usr/include/postgresql/*/server")
    target = root / "usr/lib/postgresql" / headers.parent.name / "lib" / f"{NAME}.so"
    made = subprocess.run(
        [
            *(compiler, "-O1", "-fPIC", "-shared", "-Wall", "-Werror"),
            *("-isystem", str(headers), "-o", str(target), str(_SOURCE)),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    return made.stderr.strip()[-500:] if made.returncode else ""


def probe(database_url: str) -> int:
    """Ask as the data API whether the rule is in force; how many statements were tried. Raises Trouble."""
    with psycopg.connect(database_url, autocommit=True) as session:
        session.execute("set role service_role")
        session.execute("create temporary table members (name text unique)")
        session.execute(
            "create function pg_temp.rename_all() returns void language plpgsql as"
            " $$ begin update members set name = 'x'; end $$"
        )
        for what, statement in (_REFUSED | _ALLOWED).items():
            try:
                session.execute(statement.encode())
                said = "done"
            except psycopg.errors.CardinalityViolation:
                said = "refused"
            if said != ("refused" if what in _REFUSED else "done"):
                raise Trouble(f"The rule of safeupdate: {what} is {said}.")
    return len(_REFUSED | _ALLOWED)
