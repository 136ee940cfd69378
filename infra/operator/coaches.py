"""`relais coaches …`: the directory, and messages to coaches that are held."""

import textwrap
from pathlib import Path
from typing import Annotated

import typer

from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item
from infra.operator.commands import Commands
from infra.operator.directory import DirectoryPublisher
from infra.operator.errors import OperatorError
from infra.operator.parameters import words
from infra.operator.session import Session, session_of
from infra.operator.teaching import teach

commands = Commands("Keep the directory of coaches.")

BY = "operator"


def directory_of(session: Session) -> DirectoryPublisher:
    return DirectoryPublisher(session.operator.services.coaches.editions)


@commands.add("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A CSV or XLSX file with all columns.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    lang: Annotated[Lang, typer.Option(help="The language of what is said of the file.")] = "en",
    overrule: Annotated[
        list[str] | None,
        typer.Option(
            help="A coach whose own changes the file may undo: ada-lovelace. May be repeated."
        ),
    ] = None,
) -> None:
    """Publish the coaches of a file: all of them, or, with one problem anywhere, none."""
    session = session_of(context)
    directory = directory_of(session)
    said = directory.import_(
        file, lang, dry=dry_run, by=BY, confirm=session.confirm, overruled=overrule or ()
    )
    session.say(said)


@commands.add()
def export(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="The file to write.")]
) -> None:
    """Write all columns as CSV, the private ones too."""
    session = session_of(context)
    session.say(directory_of(session).export(file))


@commands.add()
def fallback(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="The file to write.")]
) -> None:
    """Write the public part as JSON, for the website to show while the API is away."""
    session = session_of(context)
    session.say(directory_of(session).fallback(file))


@commands.add()
def editions(context: typer.Context) -> None:
    """List what was published and can be restored, newest first."""
    session = session_of(context)
    session.list_rows(directory_of(session).editions(), "Nothing was published yet")


@commands.add()
def restore(
    context: typer.Context,
    edition: Annotated[str, typer.Argument(help="The edition, as `coaches editions` shows it.")],
    lang: Annotated[Lang, typer.Option(help="The language of what would change.")] = "en",
) -> None:
    """Publish an earlier edition again; what coaches changed of their own page since stays."""
    session = session_of(context)
    session.say(directory_of(session).restore(edition, lang, session.confirm))


@commands.add()
def remove(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(help="The end of the coach's address: ada-lovelace.")],
) -> None:
    """Take a coach out of the directory, and of earlier editions too."""
    session = session_of(context)
    session.confirm(f"Take {slug} out everywhere?")
    session.say(directory_of(session).remove(slug))


@commands.add()
def missed(context: typer.Context) -> None:
    """List the words that visitors looked for and nobody knows, the most wanted first."""
    session = session_of(context)
    words = session.operator.services.coaches.missed_words.listed()
    rows: list[dict[str, object]] = [{"word": each.word, "times": each.times} for each in words]
    session.list_rows(rows, "No word was missed three times")


@commands.add("teach")
def teach_(
    context: typer.Context,
    word: Annotated[str, typer.Argument(help="The word, as `coaches missed` shows it.")],
    like: Annotated[
        str, typer.Option(help="A word that the search knows, for the same thing.", parser=words)
    ],
) -> None:
    """Make a word another name of one that the search knows, in the content."""
    session = session_of(context)
    session.say(f"{word} is in {teach(word, like)} now: publish the directory again")


@commands.add()
def held(context: typer.Context) -> None:
    """List the messages to coaches that look like spam, oldest first."""
    session = session_of(context)
    rows = [
        {
            "id": _id(row),
            "at": row["at"],
            "coach": row["coach"],
            "message": textwrap.shorten(row["message"], 50, placeholder="…"),
        }
        for row in session.operator.services.coaches.messages.held()
    ]
    session.list_rows(rows, "Nothing is held")


@commands.add()
def release(
    context: typer.Context,
    message: Annotated[str, typer.Argument(help="The message, as `coaches held` shows it.")],
) -> None:
    """Send a message that is held."""
    session = session_of(context)
    messages = session.operator.services.coaches.messages
    row = messages.one_held(message)
    if row is None:
        raise OperatorError(f"there is no held message {message}: see `relais coaches held`")
    session.confirm(f"Send it to {row['coach']}? One e-mail leaves, and cannot be called back.")
    messages.release(row)
    session.say(f"Released {message}: it leaves now")


def _id(row: Item) -> str:
    return str(row["pk"]).partition("#")[2]
