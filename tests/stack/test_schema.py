"""supabase/schema.sql shows what migrations and policies make."""

import pytest

from scripts.stack import schema
from scripts.stack.throwaway import Running


def test_the_file_is_what_migrations_and_policies_make(stack: Running) -> None:
    if (str(stack.postgres_version), stack.options.default_grants) != tuple(schema.WORLD.values()):
        pytest.skip("the file is made in the other world")
    assert schema.FILE.read_text() == schema.dump(stack), "run scripts/schema"
