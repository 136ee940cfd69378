"""`relais letters …`: letters that could not be sent after all tries."""

from typing import Annotated

import typer

from chalicelib.core.letter_row import DEAD, key_of, tag_of
from chalicelib.core.ports import Change
from chalicelib.core.records import shard_of, stamp
from infra.operator.commands import Commands
from infra.operator.errors import OperatorError
from infra.operator.session import session_of

commands = Commands("See the letters that could not be sent.")


@commands.add()
def dead(context: typer.Context) -> None:
    """List the letters that were given up, and why."""
    session = session_of(context)
    store = session.operator.store
    rows = [
        {
            "tag": tag_of(item["pk"], item["sk"]),
            "why": (store.get(item["pk"], item["sk"]) or {}).get("why", ""),
        }
        for item in store.listed(DEAD)
    ]
    session.list_rows(rows, "No letter is dead")


@commands.add()
def retry(
    context: typer.Context,
    tag: Annotated[str, typer.Argument(help="The tag of the letter, as `letters dead` shows it.")],
) -> None:
    """Owe a letter again, from the first try."""
    session = session_of(context)
    store = session.operator.store
    key = key_of(tag)
    if key is None:
        raise OperatorError(f"there is no letter {tag}: see `relais letters dead`")
    owed = {
        "status": "owed",
        "attempts": 0,
        "due_shard": shard_of(key[0]),
        "due_at": stamp(session.operator.now()),
        # The stream wakes for new rows alone: the sweep is who sends it.
        "held": True,
    }
    change = Change(key, expect={"status": "dead"}, set=owed, remove=("state_key", "why"))
    store.commit([change])
    session.say(f"Owed again: {tag} leaves within a minute")
