"""`scripts/list USER_ID [OTHER_ID]`: what is on a member's list, and why somebody else is not."""

import argparse
import sys
import uuid
from typing import Any

import numpy as np

from functions.worker.nightly.pool import Loaded, load
from scripts.stack.home import Trouble
from scripts.tools.database import service
from shared.callers.database import Database
from shared.engine import Rules
from shared.engine.filters.filters import PASSED, RULE_NAMES, first_failed, members_of
from shared.engine.runs.lists import LONGEST, candidates
from shared.engine.scoring.scores import score, two_decimals
from shared.errors import ApiError, NotFound, Unavailable

_WORDS = {
    "mode": "they look for different things",
    "age": "one is outside the other's ages",
    "gender": "one does not look for the other's gender",
    "language": "they share no language that both want",
    "distance": "they live farther apart than one of them wants",
    "deal_breakers": "one says of themself what the other refuses",
    "colleagues": "they work for the same employer",
    "competitors": "they work in the same industry",
    "history": "they must not meet: a block, or a meeting before an erasure",
}


def table(listed: list[dict[str, Any]]) -> str:
    """The lists as lines of text, best first."""
    lines = []
    for place, entry in enumerate(listed, 1):
        parts = ", ".join(f"{name} {value:g}" for name, value in entry["parts"].items())
        where = f"  at event {entry['eventId']}" if entry["eventId"] else ""
        lines.append(f"{place:4d}  {entry['candidate']}  {entry['score']:6.2f}  {entry['mode']}{where}")
        lines.append(f"      {', '.join(entry['labels'])}")
        lines.append(f"      {parts or 'nothing is shared'}")
    return "\n".join(lines) or "The list is empty."


def why_not(loaded: Loaded, member: str, other: str) -> str:
    """Why `other` is not on the list of `member`, in the pool of the latest night, as a sentence."""
    pool = loaded.pool
    place = {id_: at for at, id_ in enumerate(pool.ids)}
    for id_, who in ((member, "The member"), (other, "The other one")):
        if id_ not in place:
            return f"{who} was not searching when the night of {loaded.now:%Y-%m-%d %H:%M} UTC began."
    one, two = place[member], place[other]
    everybody, met = members_of(pool, loaded.now)
    failed = first_failed(everybody[one], everybody[two], met)
    if failed != PASSED:
        return f"They may not be proposed to each other: {_WORDS[RULE_NAMES[failed]]}."
    found = candidates(pool, Rules(0.0), loaded.now, np.array([one]))
    row = found.row(one)
    z = found.z[row]
    theirs = float(z[np.searchsorted(found.pairs.high[row], two)])
    rank, total = int((z > theirs).sum()) + 1, two_decimals(score(theirs))
    least = loaded.rules.match_min_score
    if total < least:
        return f"They score {total:.2f}, and {least:g} is the least (match_min_score)."
    if rank > LONGEST:
        return f"They score {total:.2f}, which is place {rank}; a list holds {LONGEST}."
    return (
        f"They score {total:.2f}, place {rank}: the night listed them. Whoever is missing now has changed,"
        " paused, left or been blocked since."
    )


def show(database: Database, member: str, other: str | None, why: str) -> str:
    """What the command prints. Raises ApiError, Trouble."""
    listed = database.call(None, "read_list", {"member": member, "why": why}).body["list"]
    if other is None:
        return table(listed)
    if found := [entry for entry in listed if entry["candidate"] == other]:
        return table(found)
    try:
        loaded = load(database, None)
    except NotFound:
        raise Trouble("There has been no night yet: `scripts/batch_eval` makes lists.") from None
    return why_not(loaded, member, other)


def main(arguments: list[str]) -> None:
    """Exit 0 when the answer is printed, 1 when there is none."""
    parser = argparse.ArgumentParser(
        prog="scripts/list",
        description="What is on a member's list, with the parts of each score and the labels; or why somebody"
        " else is not on it. Every look is kept in admin_actions. Works on the running stack, or, where"
        " SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY are set, on that project.",
    )
    parser.add_argument("member", metavar="USER_ID", help="whose list")
    parser.add_argument("other", metavar="OTHER_ID", nargs="?", help="who is on it, or why not")
    parser.add_argument("--why", required=True, help="the reason for the look, for the record")
    chosen = parser.parse_args(arguments)
    for name in ("member", "other"):
        try:
            if getattr(chosen, name) is not None:
                setattr(chosen, name, str(uuid.UUID(getattr(chosen, name))))
        except ValueError:
            parser.error(f"{'USER_ID' if name == 'member' else 'OTHER_ID'} is not a uuid")
    try:
        print(show(service(), chosen.member, chosen.other, chosen.why))
    except Trouble as trouble:
        sys.exit(str(trouble))
    except Unavailable:
        sys.exit("The database does not answer: is the stack running? `make up` starts it.")
    except ApiError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
