"""The columns that a list of files may be exported with, and what a file has in each."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from chalicelib import content
from chalicelib.cases.case import FORM_NAMES, Case, FormName
from chalicelib.cases.due_dates import decision_due
from chalicelib.cases.states import staff_name
from chalicelib.core import eastern_time
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item, Key
from chalicelib.core.records import moment
from chalicelib.desk.appraisals import Appraisal, appraisals_in, appraisals_key, mean_share
from chalicelib.forms import description
from chalicelib.mail.writers.phrases import reason_texts

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField

CellKind = Literal["text", "number", "money", "day", "moment"]
Cell = str | float | None
"""A day is ISO; a moment is ISO too, in Eastern time and without a zone; money is in dollars."""

FILE: Final = "file"
CRITERIA: Final = "criteria"

USUAL: Final = (
    "file.ref", "file.state", "file.org", "file.contact", "file.email", "file.language",
    "file.stream", "file.province", "file.received", "file.due", "file.owner",
)  # fmt: skip
"""The columns of whoever has not chosen any yet."""

_KINDS: Final[Mapping[str, CellKind]] = {
    "money": "money", "int": "number", "decimal": "number", "date": "day",
}  # fmt: skip


class Column(NamedTuple):
    """`group` is the form whose question it is; FILE for what the programme knows itself."""

    id: str
    group: str
    label: str
    kind: CellKind
    of: Callable[[Case], Cell]


def columns(
    lang: Lang, owners: Mapping[str, str], appraised: Mapping[Key, Item] | None = None
) -> list[Column]:
    """Return all columns, in the words of a language; `owners` are the names of staff by id, and
    `appraised` the rows of what staff answered to the criteria."""
    return [
        *_of_file(lang, owners),
        *_of_criteria(lang, appraised or {}),
        *(one for form in FORM_NAMES for one in _of_form(form, lang)),
    ]


def chosen(every: Sequence[Column], ids: Sequence[str]) -> list[Column]:
    """Return the columns of some ids, in the order in which all stand; unknown ids are none."""
    wanted = set(ids)
    return [column for column in every if column.id in wanted]


def heading(column: Column, lang: Lang) -> str:
    """Return a heading that says which form it is of: both ask for some things."""
    if column.group == FILE:
        return column.label
    between = "\u00a0: " if lang == "fr" else ": "
    return f"{content.desk()['forms'][column.group][lang]}{between}{column.label}"


def _of_file(lang: Lang, owners: Mapping[str, str]) -> list[Column]:
    labels = content.desk()["columns"]
    events = {name: str(text[lang]) for name, text in content.review()["events"].items()}
    streams: dict[str, str] = {one["id"]: one[lang] for one in content.streams()}
    provinces: dict[str, str] = {one["id"]: one[lang] for one in content.provinces()}
    yes = {"fr": "Oui", "en": "Yes"}[lang]

    def decided(case: Case, name: str) -> str:
        return str(case.decided.get(name) or "") if case.decided else ""

    def province(case: Case) -> str:
        found = (case.application or {}).get("fid_province") or case.answers.get("org_province")
        return provinces.get(str(found or ""), str(found or ""))

    made: dict[str, tuple[CellKind, Callable[[Case], Cell]]] = {
        "ref": ("text", lambda case: case.ref if case.answers else None),
        "app_ref": ("text", lambda case: case.app_ref),
        "state": ("text", lambda case: staff_name(case.state, lang)),
        "org": ("text", lambda case: case.org),
        "contact": ("text", lambda case: case.contact_name),
        "email": ("text", lambda case: case.mail_to),
        "language": ("text", lambda case: {"fr": "Français", "en": "English"}[case.lang]),
        "stream": ("text", lambda case: streams.get(stream := str(case.answers.get("stream") or ""), stream)),
        "province": ("text", province),
        "received": ("moment", lambda case: _local(case.submitted_at)),
        "applied": ("moment", lambda case: _local(case.applied_at)),
        "changed": ("moment", lambda case: _local(case.updated_at)),
        "due": ("day", lambda case: str(decision_due(case) or "") or None),
        "owner": ("text", lambda case: owners.get(case.owner or "", case.owner)),
        "decision": ("text", lambda case: events.get(decision := decided(case, "decision"), decision)),
        "decided_by": ("text", lambda case: decided(case, "name")),
        "decided_at": ("moment", lambda case: _local(decided(case, "at"))),
        "reasons": ("text", lambda case: ", ".join(reason_texts(case.decided["reasons"] if case.decided else [], lang))),
        "undeliverable": ("text", lambda case: yes if case.undeliverable else None),
        "unproved": ("text", lambda case: None if case.form in (case.proved or {}) else yes),
    }  # fmt: skip
    return [
        Column(f"{FILE}.{name}", FILE, labels[name][lang], kind, of)
        for name, (kind, of) in made.items()
    ]


def _of_criteria(lang: Lang, appraised: Mapping[Key, Item]) -> list[Column]:
    """Return the columns of what staff answered about the form that a file is about."""
    labels = content.desk()["columns"]

    def of(case: Case) -> list[Appraisal]:
        return appraisals_in(appraised.get(appraisals_key(case.id)))[case.form]

    def mean(case: Case) -> Cell:
        share = mean_share(of(case))
        return None if share is None else round(share * 100, 1)

    made: dict[str, Callable[[Case], Cell]] = {
        "appraisals": lambda case: len(of(case)) or None,
        "mean_score": mean,
    }
    return [Column(f"{CRITERIA}.{n}", FILE, labels[n][lang], "number", made[n]) for n in made]


def _of_form(form: FormName, lang: Lang) -> list[Column]:
    fields = [f for section in content.form(form)["sections"] for f in section["fields"]]
    found = [
        _of_field(form, f, lang) for f in fields if f["key"] not in description.PHONE_EXTENSIONS
    ]
    if form == "application":
        found += [_of_total(key, lang) for key in description.TOTALS]
    return found


def _of_field(form: FormName, f: "FormField", lang: Lang) -> Column:
    kind = _KINDS.get(f["type"], "text")

    def of(case: Case) -> Cell:
        answers = (case.answers if form == "eoi" else case.application) or {}
        if answers.get(f["key"]) is None:
            return None
        if kind == "text":
            return description.in_a_line(f, answers, lang)
        return _valued(kind, answers[f["key"]])

    return Column(f"{form}.{f['key']}", form, f.get("short", f["label"])[lang], kind, of)


def _of_total(key: str, lang: Lang) -> Column:
    kind: CellKind = "number" if key == "contribution_percent" else "money"

    def of(case: Case) -> Cell:
        return _valued(kind, (case.application or {}).get(key))

    return Column(f"application.{key}", "application", description.TOTALS[key][lang], kind, of)


def _valued(kind: CellKind, value: object) -> Cell:
    """Return an answer as a sheet reckons with it; as text where it is no such value."""
    if value is None:
        return None
    if kind == "day" or isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return value / 100 if kind == "money" else value


def _local(at: str | None) -> str | None:
    if not at:
        return None
    found: datetime = eastern_time.local(moment(at))
    return found.replace(tzinfo=None, microsecond=0).isoformat()
