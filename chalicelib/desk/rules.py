"""The rules of a programme as staff edit them: intake, dates of the cycle, reasons, settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import TypeAdapter, ValidationError

from chalicelib import content
from chalicelib.cases.case import FORM_NAMES
from chalicelib.content.edits import DATES, INTAKE, REASONS, SETTINGS, Value
from chalicelib.content.shapes.programme import Programme
from chalicelib.content.shapes.text import Option
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.settings import EDITABLE, Settings, problem_of
from chalicelib.core.typed_dates import NotADate, read_day
from chalicelib.desk import rule_samples
from chalicelib.desk.criteria import CriteriaEditor
from chalicelib.desk.editing import (
    EditField,
    Fault,
    FieldGroup,
    Sample,
    WithoutNames,
    faults_of_text,
    new_id,
    text_fields,
    typed_rows,
    typed_text,
)
from chalicelib.forms.parsing import FORMS
from chalicelib.forms.paused import text_of_pause

DATE_FIELDS: Final = ("cycle", "cycle_ends", "reply_target_business_days",
                      "application_link_valid_days")  # fmt: skip
"""What is edited of the programme's file: the name and the last day of the cycle, and how long
things take."""

LONGEST_DAYS: Final = 730
CYCLE_MAX_LENGTH: Final = 60
SETTING_MAX_LENGTH: Final = 300
MAX_DIGITS: Final = 6
ROOM_FOR_REASONS: Final = 1
"""Blank rows below the reasons, for new ones."""


@dataclass(frozen=True)
class IntakeEditor:
    """Whether a form is taken, what visitors read while it is not, and from when it is again."""

    form: str
    today: date

    @property
    def subject(self) -> str:
        return f"{INTAKE}/{self.form}"

    def title(self, lang: Lang) -> str:
        return content.form(self.form)["title"][lang]

    def packaged(self) -> Value:
        found = content.packaged("programme")
        pause = found.get("pauses", {}).get(self.form, {})
        words, day = pause.get("words"), pause.get("reopens")
        return {"status": found["intake"][self.form], "words": words, "reopens": day}

    def groups(self, value: Value, lang: Lang) -> list[FieldGroup]:
        names = content.desk()["edits"]
        options = [(one, names[one][lang]) for one in ("open", "paused")]
        return [
            FieldGroup(
                "", [EditField("status", "status", "choice", value["status"], options=options)]
            ),
            FieldGroup("", text_fields("words", value["words"] or {}, hint="words_hint")),
            FieldGroup(
                "",
                [EditField("reopens", "reopens", "line", value["reopens"] or "", hint="day_hint")],
            ),
        ]

    def read(self, fields: Mapping[str, str], lang: Lang | None) -> tuple[Value, list[Fault]]:
        words = typed_text("words", fields)
        faults: list[Fault] = []
        status = "paused" if fields.get("status") == "paused" else "open"
        if any(words.values()):
            faults = faults_of_text("words", words, set(), set())
        day, wrong = _day(fields.get("reopens", ""), lang)
        if wrong or (day and status == "paused" and day <= str(self.today)):
            faults.append(Fault("reopens", "day" if wrong else "day_ahead"))
        kept = words if any(words.values()) else None
        return {"status": status, "words": kept, "reopens": day or None}, faults

    def placeholders(self) -> Mapping[str, str]:
        return {}

    def samples(self, value: Value) -> Mapping[Lang, Sequence[Sample]]:
        """Return what visitors read in place of the form."""
        if value["status"] == "open":
            return {}
        words, day = value["words"], value["reopens"]
        return {lang: [Sample(text_of_pause(self.form, words, day, lang), True)] for lang in LANGS}


@dataclass(frozen=True)
class DatesEditor(WithoutNames):
    """The cycle and how long things take: what differs from the packaged programme."""

    today: date

    @property
    def subject(self) -> str:
        return DATES

    def title(self, lang: Lang) -> str:
        return content.desk()["edits"][DATES][lang]

    def packaged(self) -> Value:
        return {}

    def groups(self, value: Value, lang: Lang) -> list[FieldGroup]:
        known = {**content.packaged("programme"), **value}
        fields = [EditField(n, n, "line", _shown(known[n]), hint=f"{n}_hint") for n in DATE_FIELDS]
        return [FieldGroup("", fields)]

    def read(self, fields: Mapping[str, str], lang: Lang | None) -> tuple[Value, list[Fault]]:
        day, wrong = _day(fields.get("cycle_ends", ""), lang)
        cycle = " ".join(fields.get("cycle", "").split())[:CYCLE_MAX_LENGTH]
        found: dict[str, object] = {"cycle": cycle or None, "cycle_ends": day or None}
        faults = [Fault("cycle_ends", "day")] if wrong else []
        for name in DATE_FIELDS[2:]:
            typed = fields.get(name, "").strip()
            days = int(typed) if typed.isdecimal() and len(typed) < MAX_DIGITS else 0
            found[name] = days
            if not 0 < days <= LONGEST_DAYS:
                faults.append(Fault(name, "days", str(LONGEST_DAYS)))
        packaged = content.packaged("programme")
        value = {name: one for name, one in found.items() if one != packaged[name]}
        return value, faults or _faults_of_programme(value)

    def samples(self, value: Value) -> Mapping[Lang, Sequence[Sample]]:
        return {lang: list(rule_samples.of_dates(value, self.today, lang)) for lang in LANGS}


def _faults_of_programme(value: Mapping[str, object]) -> list[Fault]:
    """Return what the shape of the programme's file says of it with these values."""
    try:
        TypeAdapter(Programme).validate_python({**content.packaged("programme"), **value})
    except ValidationError as error:
        return [Fault(str(one["loc"][0]), "wrong") for one in error.errors(include_url=False)]
    return []


@dataclass(frozen=True)
class ReasonsEditor(WithoutNames):
    """The reasons of a refusal: their words, which are offered, and new ones. None is ever taken
    away, for decisions name them."""

    @property
    def subject(self) -> str:
        return REASONS

    def title(self, lang: Lang) -> str:
        return content.desk()["edits"][REASONS][lang]

    def packaged(self) -> Value:
        return content.packaged("lists")["decline_reason"]

    def groups(self, value: Value, lang: Lang) -> list[FieldGroup]:
        found = []
        for number, one in enumerate([*value, *[{}] * ROOM_FOR_REASONS]):
            fields = text_fields(f"reason.{number}", one)
            if one and not one.get("needs_message"):
                offered = "" if one.get("retired") else "on"
                fields.append(EditField(f"reason.{number}.offered", "offered", "box", offered))
            title = one.get(lang) or content.desk()["edits"]["new_reason"][lang]
            found.append(FieldGroup(title, fields))
        return found

    def read(self, fields: Mapping[str, str], lang: Lang | None) -> tuple[Value, list[Fault]]:
        standing = content.lists()["decline_reason"]
        value: list[dict[str, object]] = []
        faults: list[Fault] = []
        for number, name, words, wrong in typed_rows(
            "reason", len(standing), ROOM_FOR_REASONS, fields
        ):
            faults += wrong
            before: dict[str, object] = {"id": new_id({str(one["id"]) for one in standing})}
            if number < len(standing):
                before = {k: v for k, v in standing[number].items() if k != "retired"}
            is_offered = number >= len(standing) or "needs_message" in before
            if not is_offered and not fields.get(f"{name}.offered"):
                before["retired"] = True
            value.append({**before, **words})
        if not faults:
            TypeAdapter(list[Option]).validate_python(value)
        return value, faults

    def samples(self, value: Value) -> Mapping[Lang, Sequence[Sample]]:
        return {lang: list(rule_samples.of_reasons(value, lang)) for lang in LANGS}


@dataclass(frozen=True)
class SettingsEditor(WithoutNames):
    """The settings that are no secret, where they differ from those that the stage was `deployed`
    with."""

    deployed: Settings

    @property
    def subject(self) -> str:
        return SETTINGS

    def title(self, lang: Lang) -> str:
        return content.desk()["edits"][SETTINGS][lang]

    def packaged(self) -> Value:
        return {}

    def groups(self, value: Value, lang: Lang) -> list[FieldGroup]:
        known = {**self._deployed, **value}
        fields = [EditField(n, n, "line", known[n], hint=f"{n}_hint") for n in EDITABLE]
        return [FieldGroup("", fields)]

    def read(self, fields: Mapping[str, str], lang: Lang | None) -> tuple[Value, list[Fault]]:
        typed = {name: " ".join(fields.get(name, "").split()) for name in EDITABLE}
        value = {name: text for name, text in typed.items() if text != self._deployed[name]}
        faults = [
            Fault(name, "wrong")
            for name, text in value.items()
            if len(text) > SETTING_MAX_LENGTH or problem_of(name, text)
        ]
        return value, faults

    def samples(self, value: Value) -> Mapping[Lang, Sequence[Sample]]:
        return {lang: list(rule_samples.of_settings(value, self.deployed, lang)) for lang in LANGS}

    @property
    def _deployed(self) -> dict[str, str]:
        return {name: str(getattr(self.deployed, name)) for name in EDITABLE}


def _day(text: str, lang: Lang | None) -> tuple[str, bool]:
    """Return a day that somebody typed, and whether it is none."""
    if not text.strip():
        return "", False
    try:
        return str(read_day(text, lang)), False
    except NotADate:
        return "", True


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def rule_editors(deployed: Settings, today: date) -> dict[str, "RuleEditor"]:
    """Return the editors of all rules, by the names that stand in addresses."""
    intake: dict[str, RuleEditor] = {f"intake-{form}": IntakeEditor(form, today) for form in FORMS}
    return {
        **intake, "dates": DatesEditor(today), "reasons": ReasonsEditor(),
        **{f"criteria-{form}": CriteriaEditor(form) for form in FORM_NAMES},
        "settings": SettingsEditor(deployed),
    }  # fmt: skip


RuleEditor = IntakeEditor | DatesEditor | ReasonsEditor | CriteriaEditor | SettingsEditor
