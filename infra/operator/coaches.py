"""The directory in an operator's hands: import, export, editions, the copy for the website."""

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TextIO

from chalicelib.coaches.coach import Coach
from chalicelib.coaches.directory import sheets, snapshot
from chalicelib.coaches.directory.changes import Changes, compare
from chalicelib.coaches.editions import EditionStore
from chalicelib.coaches.messages import Messages
from chalicelib.content import load
from chalicelib.core.errors import Conflict
from infra.operator.staff import OperateError

Lang = Literal["fr", "en"]
WIDTH = 30
"""Of the progress bar, in characters."""

WORDS = {
    "fr": {
        "reading": "Lecture", "added": "ajoutés", "changed": "modifiés", "removed": "retirés",
        "same": "Rien ne change.", "dry": "Essai : rien n’a été publié.".replace(" :", "\u00a0:"),
        "problems": "Rien n’a été publié. À corriger :".replace(" :", "\u00a0:"),
        "published": "Publié : édition {id}, {count} coachs visibles sur {coaches}.".replace(" :", "\u00a0:"),
        "unreadable": "Le fichier ne peut pas être lu.",
    },
    "en": {
        "reading": "Reading", "added": "added", "changed": "changed", "removed": "removed",
        "same": "Nothing changes.", "dry": "Dry run: nothing was published.",
        "problems": "Nothing was published. To mend:",
        "published": "Published: edition {id}, {count} coaches shown of {coaches}.",
        "unreadable": "The file cannot be read.",
    },
}  # fmt: skip


class Directory:
    """All or nothing: one problem anywhere, and nothing is published."""

    def __init__(self, editions: EditionStore, messages: Messages) -> None:
        self._editions = editions
        self._messages = messages

    def import_(self, path: Path, lang: Lang, *, dry: bool, by: str) -> str:
        """What would change or changed, line by line. Raises OperateError with every problem."""
        words = WORDS[lang]
        sheet = _read(path, lang)
        if sheet.problems:
            lines = [problem.line(lang) for problem in sheet.problems]
            raise OperateError("\n  ".join([words["problems"], *lines]))
        current = self._editions.current()
        before = self._editions.catalogue(current)
        changes = compare(before, sheet.coaches)
        told = list(_told(changes, lang))
        if not changes:
            return words["same"]
        if dry:
            return "\n".join([*told, words["dry"]])
        try:
            edition = self._editions.publish(sheet.coaches, by=by, why=path.name, after=current)
        except Conflict:
            raise OperateError("somebody published meanwhile; look again") from None
        facts = {"id": edition.id, "count": edition.count, "coaches": edition.coaches}
        return "\n".join([*told, words["published"].format(**facts)])

    def export(self, path: Path) -> str:
        """Everything that staff keep, private columns too."""
        coaches = self._coaches()
        path.write_bytes(sheets.write(coaches))
        return f"Wrote {len(coaches)} coaches to {path}; private columns are in it"

    def fallback(self, path: Path) -> str:
        """The public directory as one file, for the website."""
        public = snapshot.fallback(snapshot.build(self._coaches()))
        text = json.dumps(public, ensure_ascii=False, separators=(",", ":"))
        path.write_text(text, "utf-8")
        return f"Wrote {len(public['coaches'])} coaches to {path}; nothing private is in it"

    def editions(self) -> Iterator[str]:
        current = self._editions.current()
        for edition in self._editions.restorable():
            mark = "*" if current is not None and edition.id == current.id else " "
            yield f"{mark} {edition.id}  {edition.count:5} of {edition.coaches:5}  {edition.by}: {edition.why}"

    def restore(self, edition: str) -> str:
        found = next((e for e in self._editions.restorable() if e.id == edition), None)
        if found is None:
            raise OperateError(f"there is no edition {edition}")
        done = self._editions.restore(found, by="operator")
        return f"Restored {edition} as {done.id}: {done.count} coaches are shown"

    def remove(self, slug: str) -> str:
        """Somebody's wish: gone from the directory and from every edition that is kept."""
        current = self._editions.current()
        catalogue = self._editions.catalogue(current)
        kept = [coach for coach in catalogue if coach.slug != slug]
        if len(kept) == len(catalogue):
            if not self._editions.forget(slug):
                raise OperateError(f"there is no coach {slug}")
            return f"Removed {slug} from earlier editions"
        self._editions.publish(kept, by="operator", why=f"removed {slug}", after=current)
        self._editions.forget(slug)
        return f"Removed {slug}"

    def release(self, rows: Sequence[dict[str, Any]], message: str) -> str:
        for row in rows:
            if row["pk"] == f"MESSAGE#{message}":
                self._messages.release(row)
                return f"Released {message}: it leaves now"
        raise OperateError(f"there is no held message {message}")

    def _coaches(self) -> list[Coach]:
        return self._editions.catalogue(self._editions.current())


def _read(path: Path, lang: Lang) -> sheets.Sheet:
    try:
        cells = sheets.read_cells(path.name, path.read_bytes())
    except (OSError, ValueError) as error:
        text = load("coaches")["import"]["unreadable"][lang]
        raise OperateError(f"{path}: {text if isinstance(error, ValueError) else error}") from None
    bar = Bar(WORDS[lang]["reading"], sys.stderr)
    sheet = sheets.parse(cells, bar.show)
    bar.end()
    return sheet


def _told(changes: Changes, lang: Lang) -> Iterator[str]:
    words, columns = WORDS[lang], load("coaches")["columns"]
    for kind, slugs in (("added", changes.added), ("removed", changes.removed)):
        if slugs:
            yield f"{len(slugs)} {words[kind]}"
            yield textwrap.fill(
                ", ".join(slugs), 96, initial_indent="  ", subsequent_indent="  ",
                break_on_hyphens=False,
            )  # fmt: skip
    if changes.changed:
        yield f"{len(changes.changed)} {words['changed']}"
    for slug, edits in changes.changed.items():
        yield f"  {slug}"
        for column, (old, new) in edits.items():
            yield f"    {columns[column][lang]}: {_short(old)} → {_short(new)}"


def _short(value: Any) -> str:
    text = ", ".join(value) if isinstance(value, list) else str("–" if value is None else value)
    return textwrap.shorten(text, 60, placeholder="…")


class Bar:
    """Progress on a terminal; nothing where nobody watches."""

    def __init__(self, what: str, out: TextIO) -> None:
        self._what = what
        self._out = out
        self._shown = -1

    def show(self, done: int, of: int) -> None:
        share = WIDTH * done // of
        if share == self._shown or not self._out.isatty():
            return
        self._shown = share
        bar = "█" * share + "░" * (WIDTH - share)
        self._out.write(f"\r{self._what} {bar} {done}/{of}")
        self._out.flush()

    def end(self) -> None:
        if self._shown >= 0:
            self._out.write("\n")


def add_commands(subjects: Any) -> None:
    """`coaches …` beside the operator's other commands."""
    verbs = subjects.add_parser("coaches", help="the directory").add_subparsers(
        dest="verb", required=True
    )
    import_ = verbs.add_parser("import", help="publish the coaches of a CSV or XLSX file")
    import_.add_argument("file", type=Path)
    import_.add_argument("--dry-run", action="store_true", help="only say what would change")
    import_.add_argument("--lang", choices=("fr", "en"), default="en")
    for verb, said in (
        ("export", "all columns as CSV"),
        ("fallback", "public JSON for the website"),
    ):
        verbs.add_parser(verb, help=said).add_argument("file", type=Path)
    verbs.add_parser("editions", help="what was published, newest first")
    verbs.add_parser("restore", help="publish an earlier edition again").add_argument("edition")
    verbs.add_parser("remove", help="take a coach out, everywhere").add_argument("slug")
    verbs.add_parser("held", help="messages to coaches held as spam")
    verbs.add_parser("release", help="send one that was held").add_argument("message")


def act(directory: Directory, asked: argparse.Namespace, held: Sequence[dict[str, Any]]) -> str:
    match asked.verb:
        case "import":
            return directory.import_(asked.file, asked.lang, dry=asked.dry_run, by="operator")
        case "export":
            return directory.export(asked.file)
        case "fallback":
            return directory.fallback(asked.file)
        case "editions":
            return "\n".join(directory.editions()) or "Nothing was published yet"
        case "restore":
            return directory.restore(asked.edition)
        case "remove":
            return directory.remove(asked.slug)
        case "release":
            return directory.release(held, asked.message)
        case _:
            return "\n".join(map(_held, held)) or "Nothing is held"


def _held(row: dict[str, Any]) -> str:
    said = textwrap.shorten(row["message"], 50, placeholder="…")
    return f"{row['pk'].partition('#')[2]}  {row['at'][:16]}  {row['coach']:24} {said}"
