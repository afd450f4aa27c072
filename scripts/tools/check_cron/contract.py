"""What the stand-in for pg_cron promises to do as pg_cron does: questions with the one answer both must give.

Here they are asked of the real one; tests/stack/test_check_cron.py asks the stand-in.
"""

import time
from dataclasses import dataclass
from typing import Any

import psycopg


@dataclass(frozen=True, slots=True)
class Question:
    """`statement` answers one value or is refused with one error, within `patience` seconds."""

    about: str
    statement: str
    answer: str
    patience: float = 0.0


_JOB = "from cron.job where jobname = 'check'"
_RUN = "from cron.job_run_details where command = "

QUESTIONS = (
    Question("a new job", "select cron.schedule('check', '0 0 1 1 *', 'select 1') > 0", "True"),
    Question("is switched on", f"select active {_JOB}", "True"),
    Question("can be switched off", f"select cron.alter_job(jobid, active := false) {_JOB}", ""),
    Question(
        "scheduled again it is the same job",
        f"select cron.schedule('check', '5 4 2 1 *', 'select 2') = (select jobid {_JOB})",
        "True",
    ),
    Question(
        "with its new time and command, still switched off",
        f"select concat_ws(', ', schedule, command, active) {_JOB}",
        "5 4 2 1 *, select 2, f",
    ),
    Question("it can be removed", "select cron.unschedule('check')", "True"),
    Question(
        "a name that is not there",
        "select cron.unschedule('check')",
        "XX000: could not find valid entry for job 'check'",
    ),
    Question(
        "a number that is not there",
        "select cron.unschedule(0)",
        "XX000: could not find valid entry for job 0",
    ),
    Question(
        "a job that is not ours to change",
        "select cron.alter_job(0, active := false)",
        "XX000: Job 0 does not exist or you don't own it",
    ),
    Question(
        "a job without a name",
        "select cron.schedule(null, '* * * * *', 'select 1')",
        "XX000: job_name can not be NULL",
    ),
    *(
        Question(
            "no schedule",
            f"select cron.schedule('check', '{text}', 'select 1')",
            f"22023: invalid schedule: {text}",
        )
        for text in ("every minute", "60 seconds", "0 seconds", "* * * *", "")
    ),
    Question(
        "the table is not written by hand", "delete from cron.job", "42501: permission denied for table job"
    ),
    Question(
        "clients do not reach it", "select has_schema_privilege('authenticated', 'cron', 'usage')", "False"
    ),
    Question("every second", "select cron.schedule('check', '1 seconds', 'select 3') > 0", "True"),
    Question(
        "runs as who scheduled it",
        f"select concat_ws(', ', status, username, return_message) {_RUN} 'select 3' "
        "and end_time is not null limit 1",
        "succeeded, postgres, 1 row",
        patience=10,
    ),
    Question("another command", "select cron.schedule('check', '1 seconds', 'select 1/0') > 0", "True"),
    Question(
        "says why it failed",
        f"select concat_ws(', ', status, split_part(return_message, E'\\n', 1)) {_RUN} 'select 1/0' "
        "and end_time is not null limit 1",
        "failed, ERROR:  division by zero",
        patience=10,
    ),
    Question(
        "a command with a limit of its own",
        "select cron.schedule('check', '1 seconds', "
        "'set statement_timeout = ''300ms''; select pg_sleep(1)') > 0",
        "True",
    ),
    Question(
        "is held to it: what is set before a statement counts for it",
        f"select concat_ws(', ', status, split_part(return_message, E'\\n', 1)) {_RUN} "
        "'set statement_timeout = ''300ms''; select pg_sleep(1)' and end_time is not null limit 1",
        "failed, ERROR:  canceling statement due to statement timeout",
        patience=10,
    ),
    Question(
        "a command that tells its settings",
        "select cron.schedule('check', '1 seconds', 'do $$ begin raise exception ''%, %'', "
        "current_setting(''search_path''), current_setting(''statement_timeout''); end $$') > 0",
        "True",
    ),
    Question(
        "begins with those of who scheduled it",
        "select split_part(return_message, E'\\n', 1) from cron.job_run_details where command like 'do %' "
        "and end_time is not null limit 1",
        'ERROR:  "$user", public, extensions, 2min',
        patience=10,
    ),
    Question("and is removed", "select cron.unschedule('check')", "True"),
)


def wrong_answers(database: psycopg.Connection[Any]) -> list[str]:
    """Ask everything, in order, as a role that may schedule; one line for each answer that is another one.

    The connection is in autocommit mode.
    """
    wrong = []
    for question in QUESTIONS:
        end = time.monotonic() + question.patience
        while (found := _answer(database, question.statement)) != question.answer:
            if time.monotonic() > end:
                wrong.append(f"{question.about}: {found!r} instead of {question.answer!r}")
                break
            time.sleep(0.1)
    return wrong


def _answer(database: psycopg.Connection[Any], statement: str) -> str:
    """The first value as text, or the code and words of the refusal."""
    try:
        row = database.execute(statement.encode()).fetchone()
    except psycopg.Error as error:
        return f"{error.sqlstate}: {error.diag.message_primary}"
    return "" if row is None else str(row[0])
