"""The tables of environment variables: of both deployments, of `scripts/apply-sql`, of the local stack.

Names, and who reads or refuses them, come from the code. Only what a name means stands here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from inspect import getsource

from scripts.stack import apply_sql, home
from shared.settings.refused import CONNECT, WORKER, Deployment

_DEPLOYMENTS = {
    "SUPABASE_URL": (
        "required",
        "Address of the project. Tokens must name this address with `/auth/v1` as issuer.",
    ),
    "SUPABASE_JWT_SECRET": (
        "one of the two",
        "Secret of at least 32 bytes for tokens that are signed with HS256. The worker reads administrators'"
        " tokens.",
    ),
    "SUPABASE_JWKS_URL": (
        "one of the two",
        "Address of the public keys for tokens that are signed with ES256 or RS256. Both may be set.",
    ),
    "CONNECT_CORS_ORIGINS": (
        "none",
        "Origins whose web pages may read answers, exact and comma-separated.",
    ),
    "CONNECT_REQUESTS_AT_ONCE": (
        "8",
        "Requests that each of two processes works on at once, 1 to 16. Another 24 wait for 1 s at most;"
        " further ones get 503 with `Retry-After: 1`.",
    ),
    "SUPABASE_PUBLISHABLE_KEY": ("one of the two", "Key of the newer kind, `sb_publishable_…`."),
    "SUPABASE_ANON_KEY": ("one of the two", "Key of the older kind."),
    "CONNECT_MESSAGE_KEYS": (
        "required",
        "Keys that seal messages: `id:base64 of 32 bytes`, comma-separated. `settings.message_key_id` names"
        " the key for new messages, else the first one is used.",
    ),
    "CONNECT_MODERATION_URL": (
        "none",
        "OpenAI-compatible server that judges messages too. https is required outside your own network.",
    ),
    "CONNECT_MODERATION_KEY": ("none", "Key for that server. Required with the address."),
    "CONNECT_MODERATION_MODEL": ("none", "Name of the model, for servers that need one."),
    "SUPABASE_SECRET_KEY": ("one of the two", "Service key of the newer kind, `sb_secret_…`."),
    "SUPABASE_SERVICE_ROLE_KEY": ("one of the two", "Service key of the older kind."),
    "CONNECT_BELL_KEY": ("required", "Secret that signs bells, at least 32 bytes, the same as in Vault."),
    "BATCH_SIZE": ("20", "Members that a worker takes from the queue at once, 1 to 1,000."),
    "MAX_RUNTIME_MS": (
        "45,000",
        "Milliseconds after which a call takes no further work, 100 to 3,600,000. Work in hand is finished.",
    ),
    "CONNECT_ERASURE_KEY": ("none", "Only SQL reads this key, from Vault."),
    "DATABASE_URL": ("none", "`connect` calls the data API only."),
    "GOOGLE_CLOUD_PROJECT": ("none", "Log lines name their trace in the form that Cloud Logging reads."),
}
_ELSEWHERE = ("GOOGLE_CLOUD_PROJECT",)
"""Read by a library function of ours, and neither declared nor refused by a deployment."""

_APPLY_SQL = {
    "DATABASE_URL": "Address of the database. It may be given as an argument instead.",
    "CONNECT_BELL_KEY": "Goes into Vault as `connect_bell_key`: the schedule signs bells with it.",
    "CONNECT_WORKER_URL": "Goes into Vault as `connect_worker_url`: the schedule rings there.",
    "CONNECT_ERASURE_KEY": "Goes into Vault as `connect_erasure_key`: the key of an erasure's hashes.",
    "CONNECT_ERASURE_KEY_PREVIOUS": "Goes into Vault as `connect_erasure_key_previous`: earlier keys,"
    " comma-separated. Old keys stay here for good.",
}
_LOCAL = {
    "CONNECT_HOME": ("`.local`", "Folder of one stack. Another folder and other ports make another stack."),
    "CONNECT_FUNCTIONS_PORT": ("8080", "Port of both deployments on 127.0.0.1."),
    "CONNECT_API_PORT": ("54321", "Port of the data API on 127.0.0.1."),
    "CONNECT_DB_PORT": ("54322", "Port of Postgres on 127.0.0.1."),
    "CONNECT_API_SECONDS": (
        "60",
        "Seconds after which the gateway cuts a call of the data API, as on hosted projects.",
    ),
    "CONNECT_SAMPLE_SIZE": ("1000", "Members of the sample community that an empty database gets."),
    "CONNECT_SAMPLE_SEED": ("1", "Seed of the sample community."),
    "CONNECT_SAMPLE_FILE": (
        "none",
        "CSV of real profiles. `age`, `sex`, `orientation` and `speaks` are taken as they are, the rest"
        " is drawn.",
    ),
    "CONNECT_SCHEDULE": ("`on`", "`off` starts without the schedule."),
    "CONNECT_PG": ("18", "Version of Postgres for a new stack, 18 or 16."),
    "CONNECT_DEFAULT_GRANTS": (
        "`open`",
        "Default grants on new objects: `open` as in older hosted projects, `closed` as in newer ones.",
    ),
    "CONNECT_FSYNC": (
        "`on`",
        "`off` is faster and loses data when the machine loses power. The tests use it.",
    ),
}


class VariablesError(ValueError):
    """A name that the code reads has no meaning here, or the other way round."""


def variables() -> str:
    """The variables of both deployments, and those of `scripts/apply-sql`."""
    names = {*CONNECT.reads, *WORKER.reads, *CONNECT.forbidden, *WORKER.forbidden, *_ELSEWHERE}
    _must_be_the_same("the deployments", names, _DEPLOYMENTS)
    rows = [
        [f"`{name}`", _use(CONNECT, name), _use(WORKER, name), default, meaning]
        for name, (default, meaning) in _DEPLOYMENTS.items()
    ]
    return _table(["variable", "connect", "worker", "default", "meaning"], rows)


def apply_sql_variables() -> str:
    """What `scripts/apply-sql` reads."""
    _must_be_the_same("scripts/apply-sql", {*apply_sql.SECRETS.values(), "DATABASE_URL"}, _APPLY_SQL)
    return _table(["variable", "meaning"], [[f"`{name}`", meaning] for name, meaning in _APPLY_SQL.items()])


def local_variables() -> str:
    """What the local stack reads."""
    _must_be_the_same("the local stack", set(re.findall(r'"(CONNECT_\w+)"', getsource(home))), _LOCAL)
    rows = [[f"`{name}`", default, meaning] for name, (default, meaning) in _LOCAL.items()]
    return _table(["variable", "default", "meaning"], rows)


def _use(deployment: Deployment, name: str) -> str:
    if name in deployment.forbidden:
        return "refuses to start"
    return "reads" if name in (*deployment.reads, *_ELSEWHERE) else ""


def _must_be_the_same(where: str, read: set[str], told: Mapping[str, object]) -> None:
    if wrong := sorted(read ^ set(told)):
        raise VariablesError(
            f"{where}: read without a meaning, or told without being read: {', '.join(wrong)}"
        )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
