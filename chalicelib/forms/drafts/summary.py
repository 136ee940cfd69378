"""What a draft says, to be checked before it is sent: in words where it fits, else as typed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.core.languages import Lang
from chalicelib.forms.description import in_words, totals
from chalicelib.forms.drafts.draft import ROW_ID, FormDraft, Values
from chalicelib.forms.drafts.typed import asked, section_of
from chalicelib.forms.parsing import Examined
from chalicelib.forms.problems import key_of

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField


class SummaryLine(NamedTuple):
    """A field with its answer; of a list of rows, each row is one text."""

    key: str
    label: str
    text: str
    rows: Sequence[str] = ()


class RemovedText(NamedTuple):
    """A row that was taken out of a list, in words."""

    id: str
    text: str


def lines(draft: FormDraft, section: str, found: Examined, lang: Lang) -> list[SummaryLine]:
    """Return what was asked in a section, with what is answered so far."""
    values = draft.sections[section].values
    wrong = {key_of(problem.field) for problem in found.problems}
    fields = [f for f in asked(section_of(draft.form, section)["fields"], values)
              if not f.get("hidden")]  # fmt: skip
    return [_line(f, values, found.answers, lang, fits=f["key"] not in wrong) for f in fields]


def budget_totals(section: str, found: Examined, lang: Lang) -> list[dict[str, object]]:
    """Return the sums of a budget, as far as its rows fit."""
    return totals(found.answers, lang) if section == "budget" else []


def _line(
    f: "FormField", values: Values, answers: Mapping[str, object], lang: Lang, *, fits: bool
) -> SummaryLine:
    label, key = f.get("short", f["label"])[lang], f["key"]
    typed = values.get(key)
    if f["type"] == "rows":
        rows = typed if isinstance(typed, list) else []
        return SummaryLine(key, label, "", [row_text(f, row, lang) for row in rows])
    if fits and key in answers and typed is not None:
        return SummaryLine(key, label, in_words(f, answers[key], lang))
    return SummaryLine(key, label, as_typed(f, typed, lang))


def row_text(f: "FormField", row: Any, lang: Lang) -> str:
    """Return a row in one line, as it was typed."""
    if not isinstance(row, dict):
        return ""
    cells = (as_typed(cell, row.get(cell["key"]), lang) for cell in f["fields"])
    return " – ".join(cell for cell in cells if cell)


def as_typed(f: "FormField", value: object, lang: Lang) -> str:
    """Return an answer as it was typed or chosen; blank where there is none."""
    if value is None or value == ROW_ID:
        return ""
    if f["type"] == "choice" and isinstance(value, str):
        return in_words(f, value, lang)
    if f["type"] == "choices" and isinstance(value, list):
        return in_words(f, [str(one) for one in value], lang)
    if f["type"] in ("bool", "consent"):
        from chalicelib.core.ticks import tick

        ticked = tick(value) if isinstance(value, str) else value
        return in_words(f, ticked, lang) if isinstance(ticked, bool) else str(value)
    if isinstance(value, list):
        return "\n".join(str(one) for one in value if one)
    return str(value)


def removed_row(
    draft: FormDraft, section: str, row_id: str, lang: Lang
) -> Iterator[tuple[str, RemovedText]]:
    """Yield the list that this row was just taken out of, and the row in words: it can be put
    back. Yields nothing for any other row, and once it is there again."""
    gone = draft.removed
    if gone is None or gone["row"].get(ROW_ID) != row_id:
        return
    for f in section_of(draft.form, section)["fields"]:
        kept = draft.sections[section].values.get(f["key"], [])
        if f["key"] == gone["rows"] and all(row.get(ROW_ID) != row_id for row in kept):
            yield f["key"], RemovedText(row_id, row_text(f, gone["row"], lang))
