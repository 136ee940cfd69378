"""`relais letters …`: letters that could not be sent after all tries, and their pauses."""

from typing import Annotated

import typer

from chalicelib.core.letter_row import DEAD, key_of, tag_of
from chalicelib.core.records import stamp
from chalicelib.mail.letter_rows import owed_again
from chalicelib.mail.reputation import FATES, Reputation
from infra.operator.commands import Commands
from infra.operator.errors import OperatorError
from infra.operator.parameters import words
from infra.operator.session import Session, session_of

commands = Commands("See the letters that could not be sent; hold letters, and let them go on.")


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
    tag: Annotated[
        str, typer.Argument(help="The tag of the letter, as `letters dead` shows it.")
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every letter that is dead.")] = False,
) -> None:
    """Owe a letter again, or all that are dead, from the first try."""
    session = session_of(context)
    if bool(tag) == everything:
        raise OperatorError("say which letter, or --all")
    store = session.operator.store
    if everything:
        keys = [(item["pk"], item["sk"]) for item in store.listed(DEAD)]
        number = f"{len(keys)} letter{'' if len(keys) == 1 else 's'}"
        session.confirm(f"Send {number}? What has left cannot be called back.")
    elif key := key_of(tag):
        keys = [key]
    else:
        raise OperatorError(f"there is no letter {tag}: see `relais letters dead`")
    for key in keys:
        store.commit([owed_again(key, session.operator.now())])
    session.say(f"Owed again: {tag or len(keys)} leave{'s' * bool(tag)} within a minute")


@commands.add()
def rates(context: typer.Context) -> None:
    """Show what became of the letters of a day, and whether any are held."""
    session = session_of(context)
    reputation = _reputation(context)
    sums, standing = reputation.sums(), reputation.standing()
    held = {"held": standing.scope, "since": standing.at, "by": standing.by} if standing else {}
    session.list_rows([{**{fate: sums[fate] for fate in FATES}, **held}], "")


@commands.add()
def pause(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="Who holds them.", parser=words)],
    everything: Annotated[
        bool, typer.Option("--all", help="Every letter, also of decisions.")
    ] = False,
) -> None:
    """Hold letters to new addresses, or all: they stay owed, and leave after `letters resume`."""
    session = session_of(context)
    if everything:
        session.confirm(f"Hold every letter, codes too? {_due(session)} are due now.")
    _reputation(context).pause("all" if everything else "unproved", by)
    which = "All letters but alerts" if everything else "Letters to new addresses"
    session.say(f"{which} wait: they stay owed until `relais letters resume`")


@commands.add()
def resume(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="Who lets them go on.", parser=words)],
) -> None:
    """Let letters that a pause holds go on."""
    was_held = _reputation(context).resume(by)
    session_of(context).say(
        "Letters go on: those that waited leave within an hour" if was_held else "No letter is held"
    )


def _due(session: Session) -> int:
    due = session.operator.store.due(stamp(session.operator.now()))
    return sum(sk.startswith("LETTER#") for _, sk in due)


def _reputation(context: typer.Context) -> Reputation:
    return session_of(context).operator.services.reputation
