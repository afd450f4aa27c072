"""Keys of messages: a ring, of which one seals and all open.

A new key goes to every process before anything is sealed with it, and an old one stays until nothing is.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import replace

import psycopg
from psycopg import sql

from scripts.stack.home import Options, Trouble
from scripts.stack.keys import Keys, keep_keys, load_keys, make_message_key
from scripts.tools.rotate_keys.renewal import renew

_SETTLING = 2.0  # seconds: who read the settings before a key went has sent what was sealed with it


def ring(keys: Keys) -> dict[str, str]:
    """The keys of the ring by id, in their order."""
    return dict(entry.split(":", 1) for entry in keys.message_keys.split(","))


def in_use(database: psycopg.Connection[tuple[object, ...]]) -> dict[str, dict[str, int]]:
    """Rows by key id and table: every table that says of its rows which key sealed them."""
    found: dict[str, dict[str, int]] = {}
    tables = database.execute(
        "select n.nspname, c.relname from pg_attribute a join pg_class c on c.oid = a.attrelid"
        " join pg_namespace n on n.oid = c.relnamespace"
        " where a.attname = 'key_id' and c.relkind = 'r' and n.nspname in ('public', 'private')"
        " order by n.nspname desc, c.relname"
    ).fetchall()
    for schema, table in tables:
        query = sql.SQL("select key_id, count(*) from {} where key_id is not null group by key_id")
        for key_id, count in database.execute(query.format(sql.Identifier(str(schema), str(table)))):
            found.setdefault(str(key_id), {})[str(table)] = int(str(count))
    return found


def sealing(database: psycopg.Connection[tuple[object, ...]], keys: Mapping[str, str]) -> str:
    """The id of the key that seals now."""
    named = database.execute("select message_key_id from public.settings").fetchone()
    return str(named[0]) if named and named[0] else next(iter(keys))


def rotate(options: Options, database: psycopg.Connection[tuple[object, ...]]) -> str:
    """Make a key, give it to every process, and have it seal from then on. Returns its id."""
    keys = load_keys(options.home)
    known = ring(keys)
    # The first of the ring seals while none is named: it must go on doing so until the new one is everywhere.
    name(database, sealing(database, known))
    taken = [int(found[1]) for key_id in known if (found := re.fullmatch(r"k(\d+)", key_id))]
    fresh = f"k{max(taken, default=0) + 1}"
    give(options, keys, known | {fresh: make_message_key()})
    name(database, fresh)
    return fresh


def retire(options: Options, database: psycopg.Connection[tuple[object, ...]], key_id: str) -> None:
    """Take a key out of the ring. Raises Trouble, and changes nothing, while anything needs it."""
    keys = load_keys(options.home)
    known = ring(keys)
    if key_id not in known:
        raise Trouble(f"There is no key {key_id} in the ring, which holds {', '.join(known)}.")
    if sealing(database, known) == key_id:
        raise Trouble(
            f"{key_id} seals new messages: `scripts/rotate-keys messages` makes another do so first."
        )
    _refuse_in_use(database, key_id)
    give(options, keys, {other: key for other, key in known.items() if other != key_id})
    time.sleep(_SETTLING)
    try:
        _refuse_in_use(database, key_id)
    except Trouble:
        give(options, keys, known)  # sealed while we looked: back it goes
        raise


def _refuse_in_use(database: psycopg.Connection[tuple[object, ...]], key_id: str) -> None:
    rows = in_use(database).get(key_id, {})
    if rows:
        told = ", ".join(f"{count:,} rows of {table}" for table, count in rows.items())
        raise Trouble(f"{key_id} is still needed by {told}. They go by themselves when their chats end.")


def give(options: Options, keys: Keys, known: Mapping[str, str]) -> None:
    """Write the ring down and wait until every process holds it."""
    keep_keys(options.home, replace(keys, message_keys=",".join(map(":".join, known.items()))))
    try:
        renew(options.home)
    except Trouble:
        keep_keys(options.home, keys)
        raise


def name(database: psycopg.Connection[tuple[object, ...]], key_id: str) -> None:
    """From the next request on this key seals."""
    database.execute("update public.settings set message_key_id = %s", (key_id,))
