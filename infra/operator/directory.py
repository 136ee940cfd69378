"""The directory of coaches from a sheet to an edition, and back to files."""

import json
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from pathlib import Path

from chalicelib import content
from chalicelib.coaches.coach import Coach
from chalicelib.coaches.directory import sheets, snapshot
from chalicelib.coaches.directory.changes import Edits
from chalicelib.coaches.edition import Edition
from chalicelib.coaches.editions import EditionStore
from chalicelib.coaches.publishing import (
    DirectoryPublishing,
    Plan,
    PublishedMeanwhile,
    SheetRefused,
    read_sheet,
)
from chalicelib.coaches.removal import CoachRemoval
from chalicelib.core.languages import Lang
from chalicelib.forms.sheet_bounds import MAX_FILE_BYTES
from infra.operator.errors import OperatorError
from infra.operator.session import bar

TEXTS = {
    "fr": {
        "reading": "Lecture", "added": "ajoutés", "changed": "modifiés", "removed": "retirés",
        "kept": "Coachs dont les propres modifications restent, malgré la feuille : {count} (voir --overrule)".replace(" :", "\u00a0:"),
        "same": "Rien ne change.", "dry": "Essai : rien n’a été publié.".replace(" :", "\u00a0:"),
        "problems": "Rien n’a été publié. À corriger :".replace(" :", "\u00a0:"),
        "question": "Publier ce fichier? Coachs ajoutés : {added}; modifiés : {changed}; retirés : {removed}.".replace(" :", "\u00a0:"),
        "restore": "Rétablir l’édition {id}? Coachs ajoutés : {added}; modifiés : {changed}; retirés : {removed}. Ce que les coachs ont modifié depuis est conservé.".replace(" :", "\u00a0:"),
        "meanwhile": "Quelqu’un a publié entre-temps; regardez de nouveau.",
        "published": "Publié : édition {id}, {count} coachs visibles sur {coaches}.".replace(" :", "\u00a0:"),
    },
    "en": {
        "reading": "Reading", "added": "added", "changed": "changed", "removed": "removed",
        "kept": "Coaches whose own changes stay, whatever the sheet has: {count} (see --overrule)",
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
        self._publishing = DirectoryPublishing(editions)

    def import_(  # noqa: PLR0913
        self,
        path: Path,
        lang: Lang,
        *,
        dry: bool,
        by: str,
        confirm: Callable[[str], None] = lambda question: None,
        overruled: Collection[str] = (),
    ) -> str:
        """Return what would change or changed, line by line; `confirm` raises to stop before it.

        Raises OperatorError with every problem of the sheet.
        """
        words = TEXTS[lang]
        sheet = _read(path, lang, self._editions.today())
        if problems := self._publishing.problems(sheet):
            lines = [problem.line(lang) for problem in problems]
            raise OperatorError("\n  ".join([words["problems"], *lines]))
        plan = self._publishing.of_sheet(sheet, overruled)
        lines = list(_lines(plan, lang))
        if not plan.changes:
            return "\n".join([*lines, words["same"]])
        if dry:
            return "\n".join([*lines, words["dry"]])
        confirm("\n".join([*lines, words["question"].format(**plan.counts)]))
        edition = self._publish(plan, by, path.name, words["meanwhile"])
        facts = {"id": edition.id, "count": edition.count, "coaches": edition.coaches}
        return "\n".join([*lines, words["published"].format(**facts)])

    def _publish(self, plan: Plan, by: str, why: str, meanwhile: str) -> Edition:
        try:
            return self._publishing.publish(plan, by=by, why=why)
        except PublishedMeanwhile:
            raise OperatorError(meanwhile) from None

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
        found = self._publishing.found(edition)
        if found is None:
            raise OperatorError(f"there is no edition {edition}")
        plan, words = self._publishing.of_edition(found), TEXTS[lang]
        if not plan.changes:
            return words["same"]
        question = words["restore"].format(id=edition, **plan.counts)
        confirm("\n".join([*_lines(plan, lang), question]))
        done = self._publish(plan, "operator", f"restored {edition}", words["meanwhile"])
        return f"Restored {edition} as {done.id}: {done.count} coaches are shown"

    def remove(self, slug: str) -> str:
        """Take somebody out of the directory and of every edition that is kept."""
        done = CoachRemoval(self._editions).remove(slug, by="operator")
        if done == "unknown":
            raise OperatorError(f"there is no coach {slug}")
        return f"Removed {slug}" + (" from earlier editions" if done == "earlier" else "")

    def _coaches(self) -> list[Coach]:
        return self._editions.catalogue(self._editions.current())


def _read(path: Path, lang: Lang, today: date) -> sheets.Sheet:
    try:
        # One byte more than is read tells that there are too many.
        with path.open("rb") as opened:
            data = opened.read(MAX_FILE_BYTES + 1)
        with bar(TEXTS[lang]["reading"]) as shown:
            return read_sheet(path.name, data, today, shown.show)
    except SheetRefused as refused:
        raise OperatorError(f"{path}: {refused.message(lang)}") from None
    except OSError as error:
        raise OperatorError(f"{path}: {error}") from None


def _lines(plan: Plan, lang: Lang) -> Iterator[str]:
    words, changes = TEXTS[lang], plan.changes
    for kind, slugs in (("added", changes.added), ("removed", changes.removed)):
        if slugs:
            yield f"{len(slugs)} {words[kind]}"
            yield textwrap.fill(
                ", ".join(slugs), 96, initial_indent="  ", subsequent_indent="  ",
                break_on_hyphens=False,
            )  # fmt: skip
    if changes.changed:
        yield f"{len(changes.changed)} {words['changed']}"
        yield from _edits(changes.changed, lang)
    if plan.kept:
        yield words["kept"].format(count=len(plan.kept))
        yield from _edits(plan.kept, lang)


def _edits(changed: Mapping[str, Edits], lang: Lang) -> Iterator[str]:
    columns = content.coaches()["columns"]
    for slug, edits in changed.items():
        yield f"  {slug}"
        for column, (old, new) in edits.items():
            yield f"    {columns[column][lang]}: {_short(old)} → {_short(new)}"


def _short(value: object) -> str:
    text = ", ".join(value) if isinstance(value, list) else str("–" if value is None else value)
    return textwrap.shorten(text, 60, placeholder="…")
