"""Which files run in the second world on every push, and which files begin first."""

from fnmatch import fnmatch

IN_BOTH = (
    # Who may do what: default grants decide about what is new.
    "tests/database/base/test_catalog.py",
    "tests/database/base/test_default_grants.py",
    "tests/database/base/test_open_objects.py",
    "tests/database/base/test_permission_matrix.py",
    "tests/database/base/test_unique_keys.py",
    "tests/database/attacks/test_attacks.py",
    "tests/database/attacks/test_attacks_people.py",
    "tests/database/attacks/test_attacks_rpc.py",
    "tests/database/attacks/test_attacks_tokens.py",
    "tests/stack/test_schema.py",
    # What SQL functions do: another Postgres runs them. At least one file of each area.
    "tests/database/chat/test_chat.py",
    "tests/database/matcher/test_match_scores.py",
    "tests/database/matcher/test_matcher_store.py",
    "tests/database/matcher/test_pool_is_read.py",
    "tests/database/matcher/test_queue_work.py",
    "tests/database/matching/*.py",
    "tests/database/meeting/test_events.py",
    "tests/database/member/test_erasure.py",
    "tests/database/member/test_export.py",
    "tests/database/member/test_withdrawal.py",
    "tests/database/notices/*.py",
    "tests/database/operations/test_job_runs.py",
    "tests/database/operations/test_retention.py",
    "tests/database/safety/test_safety.py",
    "tests/database/signals/test_signals.py",
    "tests/test_story.py",
)
"""Of these the second world runs what sees a stack, on every push. At night it runs all that sees one."""

_LONG = (
    "tests/lives/test_lives.py",
    "tests/operation/test_key_rotation.py",
    "tests/small_pools/test_pools.py",
    "tests/database/base/test_permission_matrix.py",
    "tests/stack/test_lifecycle.py",
    "tests/stack/test_apply_sql.py",
    "tests/lives/test_planted_leaks.py",
    "tests/operation/*.py",
    "tests/stack/*.py",
    "tests/shared/test_moderation_speed.py",
    "tests/server/*.py",
    "tests/database/attacks/*.py",
    "tests/database/base/*.py",
    "tests/database/matcher/*.py",
    "tests/evaluation/*.py",
    "tests/database/*/*.py",
)


def runs_in_both(path: str) -> bool:
    """Whether a file, named from the repository's root, may be answered otherwise in the second world."""
    return any(fnmatch(path, pattern) for pattern in IN_BOTH)


def turn(path: str) -> int:
    """When a file begins: the longest first, so that no process works alone at the end."""
    return next((at for at, pattern in enumerate(_LONG) if fnmatch(path, pattern)), len(_LONG))
