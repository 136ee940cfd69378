"""The texts of forms, letters and pages of files, as staff find one and edit it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from chalicelib import content
from chalicelib.cases.file_index import folded
from chalicelib.content.edits import cached, value_of
from chalicelib.core.errors import NotFound
from chalicelib.core.languages import Lang
from chalicelib.core.templates import SHARED
from chalicelib.desk import form_texts, letter_texts, page_texts
from chalicelib.desk.editing import Editor
from chalicelib.desk.files import MAX_QUERY_WORDS
from chalicelib.desk.filters import QUERY_MAX_LENGTH
from chalicelib.forms.parsing import FORMS
from chalicelib.views.desk.address_notes import left_aside, search_cut
from chalicelib.views.desk.edits import EditPage, EditViews, standing_value
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.visit import Visit
from chalicelib.web.request import text_field
from chalicelib.web.responses import Response

MAX_TEXTS_FOUND: Final = 25


class TextEntry(NamedTuple):
    """One text in a list: how to edit it, what it is, and the part of the address that has it."""

    editor: Editor
    kind: str
    part: str


@dataclass(frozen=True)
class TextViews:
    entry: Entry
    editing: EditViews

    def texts(self, visit: Visit) -> Response:
        """List the forms and letters whose texts can be edited, or the texts with some words."""
        lang, own = visit.lang, self.entry.address("texts")
        q = visit.request.query.get("q", "").strip()[:QUERY_MAX_LENGTH]
        found = self._lines(_found(q, lang), lang) if q else []
        facts: dict[str, object] = {
            "q": q,
            "aside": search_cut(visit, QUERY_MAX_LENGTH),
            "found": found[:MAX_TEXTS_FOUND],
            "is_cut": len(found) > MAX_TEXTS_FOUND,
            "forms": [(f"{own}/form-{one}", form_texts.name_of(one, lang)) for one in FORMS],
            "words": [
                (f"{own}/form-{one}", form_texts.name_of(one, lang)) for one in form_texts.WORDS
            ],
            "pages": [
                (f"{own}/{_part_of(one, 'page')}", page_texts.name_of(one, lang))
                for one in page_texts.EDITED_PAGES
            ],
            "letters": _letters(own, lang),
        }
        return self.entry.page(visit, "texts", facts, address=own)

    def text(self, visit: Visit, part: str) -> Response:
        """Show the texts of a form or letter, or one of them to edit."""
        place = visit.request.query.get("text", "")
        if place:
            return self.editing.show(visit, *self._text(part, place, visit.lang))
        return self._texts_of(visit, part)

    def change_text(self, visit: Visit, part: str) -> Response:
        place = text_field(visit.request.fields(), "text")
        return self.editing.change(visit, *self._text(part, place, visit.lang))

    def _texts_of(self, visit: Visit, part: str) -> Response:
        """List the texts of a letter, or of one part of a form."""
        kind, _, name = part.partition("-")
        own, lang = self.entry.address("texts", part), visit.lang
        parts: list[tuple[str, str]] = []
        asked = visit.request.query.get("section", "")
        if kind == "form" and name in form_texts.FILES:
            parts = form_texts.parts_of(name, lang)
            asked = asked if asked in dict(parts) else parts[0][0]
            heading = form_texts.name_of(name, lang)
            found = [one for section, one in _of_form(name, lang) if section == asked]
        elif kind == "letter" and (letter := name.replace("-", "_")) in letter_texts.letters():
            heading, found = _name_of(letter, lang), list(_of_letter(letter, lang))
        elif kind == "page" and (page := name.replace("-", "_")) in page_texts.EDITED_PAGES:
            heading, found = page_texts.name_of(page, lang), list(_of_page(page))
        else:
            raise NotFound(part)
        facts: dict[str, object] = {
            "heading": heading, "lines": self._lines(found, lang), "parts": parts, "part": asked,
            "own": own, "back": self.entry.address("texts"),
            "aside": left_aside(visit, {"section": dict(parts).__contains__}),
        }  # fmt: skip
        address = f"{own}?section={asked}" if parts else own
        return self.entry.page(visit, "texts_of", facts, address=address)

    def _lines(self, found: list[TextEntry], lang: Lang) -> list[Mapping[str, object]]:
        standing = self.editing.edits.standing()
        return [
            {
                "url": f"{self.entry.address('texts', one.part)}?text={_place(one.editor)}",
                "words": standing_value(one.editor, standing)[lang],
                "kind": one.kind,
                "edited": one.editor.subject in standing,
            }
            for one in found
        ]

    def _text(self, part: str, place: str, lang: Lang) -> tuple[Editor, EditPage]:
        kind, _, name = part.partition("-")
        address, find = self.entry.address("texts", part), _FINDERS.get(kind)
        editor = find(name.replace("-", "_"), place) if find else None
        if editor is None:
            raise NotFound(place)
        back, heading = address, ""
        if isinstance(editor, form_texts.FormTextEditor):
            back, heading = f"{address}?section={editor.text.part}", _kind_of(editor.text, lang)
        if isinstance(editor, page_texts.PagePassageEditor):
            heading = page_texts.name_of(editor.letter, lang)
        elif isinstance(editor, letter_texts.PassageEditor):
            heading = letter_texts.written_when(editor.passage, lang)
        own = f"{address}?text={place}"
        return editor, EditPage(own, own, back, heading, place)


_FINDERS: Final[Mapping[str, Callable[[str, str], Editor | None]]] = {
    "form": form_texts.editor_of,
    "letter": letter_texts.editor_of,
    "page": page_texts.editor_of,
}


def _found(typed: str, lang: Lang) -> list[TextEntry]:
    """Return the first texts that have all of these words, in either language, as words begin: one
    more than are shown."""
    wanted = [f" {word}" for word in folded(typed)[:MAX_QUERY_WORDS]]
    if not wanted:
        return []
    fitting = (one for words, one in _by_words(lang) if all(word in words for word in wanted))
    return list(islice(fitting, MAX_TEXTS_FOUND + 1))


@cached
def _by_words(lang: Lang) -> list[tuple[str, TextEntry]]:
    """Return all texts, each with its folded words, as it was packaged and as it is in force."""
    found = []
    for one in _every(lang):
        edited: Mapping[str, str] = value_of(one.editor.subject) or {}
        words = folded(" ".join([*one.editor.packaged().values(), *edited.values()]))
        found.append((" ".join(["", *words]), one))
    return found


def _every(lang: Lang) -> Iterator[TextEntry]:
    """Yield each text, with what it is of."""
    for form in form_texts.FILES:
        about = form_texts.name_of(form, lang)
        for _, one in _of_form(form, lang):
            yield _of(about, one)
    for letter in letter_texts.letters():
        about = _name_of(letter, lang)
        for one in _of_letter(letter, lang):
            yield _of(about, one)
    for page in page_texts.EDITED_PAGES:
        about = page_texts.name_of(page, lang)
        for one in _of_page(page):
            yield _of(about, one)


def _of(about: str, one: TextEntry) -> TextEntry:
    return one._replace(kind=", ".join(filter(None, (about, one.kind))))


def _of_form(form: str, lang: Lang) -> Iterator[tuple[str, TextEntry]]:
    for one in form_texts.form_texts(form):
        editor = form_texts.FormTextEditor(form, one)
        yield one.part, TextEntry(editor, _kind_of(one, lang), f"form-{form}")


def _of_letter(letter: str, lang: Lang) -> Iterator[TextEntry]:
    for one in letter_texts.passages_of_letter(letter):
        editor = letter_texts.PassageEditor(letter, one)
        yield TextEntry(editor, letter_texts.written_when(one, lang), _part_of(letter))


def _of_page(page: str) -> Iterator[TextEntry]:
    for editor in page_texts.texts_of(page):
        yield TextEntry(editor, "", _part_of(page, "page"))


def _kind_of(text: form_texts.FormText, lang: Lang) -> str:
    words = content.desk()["edits"]
    return words.get(text.kind, words["text"])[lang] if text.kind else ""


def _place(editor: Editor) -> str:
    return editor.subject.split("/", 2)[2]


def _letters(own: str, lang: Lang) -> Mapping[str, list[tuple[str, str]]]:
    """Return the letters by who reads them, each with its address and its name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in letter_texts.letters():
        group = content.desk()["edits"][letter_texts.readers_of(one)][lang]
        found.setdefault(group, []).append((f"{own}/{_part_of(one)}", _name_of(one, lang)))
    return found


def _part_of(name: str, kind: str = "letter") -> str:
    """Return the part of an address that names a letter or a page."""
    return f"{kind}-{name.replace('_', '-')}"


def _name_of(letter: str, lang: Lang) -> str:
    """Return what a letter is called."""
    if letter == SHARED:
        return content.desk()["edits"]["in_all"][lang]
    return letter_texts.subject_of(letter, lang)
