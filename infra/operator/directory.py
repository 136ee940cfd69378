"""The directory of coaches from a sheet to an edition, and back to files."""

import json
import textwrap
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from chalicelib import content
from chalicelib.coaches.coach import Coach
from chalicelib.coaches.directory import sheets, snapshot
from chalicelib.coaches.directory.changes import Changes, compare
from chalicelib.coaches.directory.sheet_problems import SheetProblem
from chalicelib.coaches.editions import EditionStore, Withdrawn
from chalicelib.coaches.removal import CoachRemoval
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang
from chalicelib.forms.cells import read_cells
from chalicelib.forms.sheet_bounds import MAX_FILE_BYTES, SheetTooLarge, UnreadableSheet
from infra.operator.errors import OperatorError
from infra.operator.session import bar

TEXTS = {
    "fr": {
        "reading": "Lecture", "added": "ajoutés", "changed": "modifiés", "removed": "retirés",
        "same": "Rien ne change.", "dry": "Essai : rien n’a été publié.".replace(" :", "\u00a0:"),
        "problems": "Rien n’a été publié. À corriger :".replace(" :", "\u00a0:"),
        "question": "Publier ce fichier? Coachs ajoutés : {added}; modifiés : {changed}; retirés : {removed}.".replace(" :", "\u00a0:"),
        "restore": "Rétablir l’édition {id}? Coachs ajoutés : {added}; modifiés : {changed}; retirés : {removed}. Ce que les coachs ont modifié depuis est conservé.".replace(" :", "\u00a0:"),
        "meanwhile": "Quelqu’un a publié entre-temps; regardez de nouveau.",
        "published": "Publié : édition {id}, {count} coachs visibles sur {coaches}.".replace(" :", "\u00a0:"),
    },
    "en": {
        "reading": "Reading", "added": "added", "changed": "changed", "removed": "removed",
        "same": "Nothing changes.", "dry": "Dry run: nothing was published.",
        "problems": "Nothing was published. To mend:",
        "question": "Publish this file? Coaches added: {added}; changed: {changed}; removed: {removed}.",
        "restore": "Restore edition {id}? Coaches added: {added}; changed: {changed}; removed: {removed}. What coaches changed since is kept.",
        "meanwhile": "Somebody published meanwhile; look again.",
        "published": "Published: edition {id}, {count} coaches shown of {coaches}.",
    },
}  # fmt: skip


class DirectoryPublisher:
    """All or nothing: one problem anywhere, and nothing is published."""

    def __init__(self, editions: EditionStore) -> None:
        self._editions = editions

    def import_(
        self,
        path: Path,
        lang: Lang,
        *,
        dry: bool,
        by: str,
        confirm: Callable[[str], None] = lambda question: None,
    ) -> str:
        """Return what would change or changed, line by line; `confirm` raises to stop before it.

        Raises OperatorError with every problem of the sheet.
        """
        words = TEXTS[lang]
        sheet = _read(path, lang, self._editions.today())
        if problems := [*sheet.problems, *self._withdrawn(sheet)]:
            lines = [problem.line(lang) for problem in problems]
            raise OperatorError("\n  ".join([words["problems"], *lines]))
        current = self._editions.current()
        before = self._editions.catalogue(current)
        changes = compare(before, sheet.coaches)
        lines = list(_lines(changes, lang))
        if not changes:
            return words["same"]
        if dry:
            return "\n".join([*lines, words["dry"]])
        confirm("\n".join([*lines, words["question"].format(**_counts(changes))]))
        try:
            edition = self._editions.publish(sheet.coaches, by=by, why=path.name, after=current)
        except (Conflict, Withdrawn):
            raise OperatorError(words["meanwhile"]) from None
        facts = {"id": edition.id, "count": edition.count, "coaches": edition.coaches}
        return "\n".join([*lines, words["published"].format(**facts)])

    def export(self, path: Path) -> str:
        """Write everything that staff keep, private columns too."""
        coaches = self._coaches()
        path.write_bytes(sheets.write(coaches))
        return f"Wrote {len(coaches)} coaches to {path}; private columns are in it"

    def fallback(self, path: Path) -> str:
        """Write the public directory as one file, for the website."""
        public = snapshot.fallback(snapshot.build(self._coaches()))
        text = json.dumps(public, ensure_ascii=False, separators=(",", ":"))
        path.write_text(text, "utf-8")
        return f"Wrote {len(public['coaches'])} coaches to {path}; nothing private is in it"

    def editions(self) -> list[dict[str, object]]:
        """Return those that can be restored, newest first, each with whether it is shown now."""
        current = self._editions.current()
        return [
            {
                "id": edition.id,
                "current": current is not None and edition.id == current.id,
                "shown": edition.count,
                "coaches": edition.coaches,
                "by": edition.by,
                "why": edition.why,
            }
            for edition in self._editions.restorable()
        ]

    def restore(
        self,
        edition: str,
        lang: Lang = "en",
        confirm: Callable[[str], None] = lambda question: None,
    ) -> str:
        """Publish an earlier edition again; `confirm` is asked with what changes."""
        found = next((e for e in self._editions.restorable() if e.id == edition), None)
        if found is None:
            raise OperatorError(f"there is no edition {edition}")
        # The current one is read first: who publishes from now on is not undone.
        current = self._editions.current()
        coaches = self._editions.restored(found)
        changes = compare(self._editions.catalogue(current), coaches)
        words = TEXTS[lang]
        if not changes:
            return words["same"]
        question = words["restore"].format(id=edition, **_counts(changes))
        confirm("\n".join([*_lines(changes, lang), question]))
        try:
            done = self._editions.publish(
                coaches, by="operator", why=f"restored {edition}", after=current
            )
        except (Conflict, Withdrawn):
            raise OperatorError(words["meanwhile"]) from None
        return f"Restored {edition} as {done.id}: {done.count} coaches are shown"

    def remove(self, slug: str) -> str:
        """Take somebody out of the directory and of every edition that is kept."""
        done = CoachRemoval(self._editions).remove(slug, by="operator")
        if done == "unknown":
            raise OperatorError(f"there is no coach {slug}")
        return f"Removed {slug}" + (" from earlier editions" if done == "earlier" else "")

    def _withdrawn(self, sheet: sheets.Sheet) -> Iterator[SheetProblem]:
        """Yield the rows of those who would be shown against their will."""
        against = {coach.slug for coach in self._editions.withdrawals.against(sheet.coaches)}
        for row, coach in zip(sheet.rows, sheet.coaches, strict=True):
            if coach.slug in against:
                facts = {"value": coach.slug}
                yield SheetProblem(row, "consent_publication", "withdrawn", facts)

    def _coaches(self) -> list[Coach]:
        return self._editions.catalogue(self._editions.current())


def _read(path: Path, lang: Lang, today: date) -> sheets.Sheet:
    texts = content.coaches()["import"]
    try:
        # One byte more than is read tells that there are too many.
        with path.open("rb") as opened:
            cells = read_cells(path.name, opened.read(MAX_FILE_BYTES + 1))
    except SheetTooLarge:
        raise OperatorError(f"{path}: {texts['too_large'][lang]}") from None
    except UnreadableSheet as unreadable:
        raise OperatorError(f"{path}: {unreadable.message(lang)}") from None
    except (OSError, ValueError) as error:
        text = texts["unreadable"][lang]
        raise OperatorError(f"{path}: {text if isinstance(error, ValueError) else error}") from None
    with bar(TEXTS[lang]["reading"]) as shown:
        return sheets.parse(cells, shown.show, today=today)


def _lines(changes: Changes, lang: Lang) -> Iterator[str]:
    words, columns = TEXTS[lang], content.coaches()["columns"]
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


def _counts(changes: Changes) -> dict[str, int]:
    return {
        "added": len(changes.added),
        "changed": len(changes.changed),
        "removed": len(changes.removed),
    }


def _short(value: object) -> str:
    text = ", ".join(value) if isinstance(value, list) else str("–" if value is None else value)
    return textwrap.shorten(text, 60, placeholder="…")
