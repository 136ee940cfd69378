"""The page on which staff edit a text or a rule, with every version before; and the list of rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypedDict

from chalicelib import content
from chalicelib.content.edits import INTAKE, Value
from chalicelib.core import eastern_time
from chalicelib.core.errors import EditedByOther, NotFound
from chalicelib.core.languages import Lang
from chalicelib.core.records import moment
from chalicelib.core.settings import Settings
from chalicelib.desk.editing import WHY_MAX_LENGTH, EditField, Editor, Fault, WithoutSamples
from chalicelib.desk.edits import DeskEdits, TooMuchEdited, Version
from chalicelib.desk.rules import rule_editors
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.visit import Visit
from chalicelib.web.request import Request
from chalicelib.web.responses import Response

if TYPE_CHECKING:
    from chalicelib.content.shapes.text import Text

    Words = Mapping[str, Text]

WHY: Final = "why"
SEEN: Final = "seen"


class TypedEdit(TypedDict):
    """What somebody typed in an editor, and the version that they saw: None for the last one."""

    value: Value
    why: str
    seen: int | None


@dataclass(frozen=True)
class EditPage:
    """Where an editor stands: its own address, the hidden field that names it, and the page that
    leads to it."""

    address: str
    action: str
    back: str
    heading: str
    text: str = ""


@dataclass(frozen=True)
class EditViews:
    entry: Entry
    edits: DeskEdits
    deployed: Settings

    def rules(self, visit: Visit) -> Response:
        """List the rules, with what stands."""
        lang, standing = visit.lang, self.edits.standing()
        names, own = content.desk()["edits"], self.entry.address("rules")
        lines = []
        for part, editor in self._rules().items():
            value = standing_value(editor, standing)
            is_intake = editor.subject.startswith(f"{INTAKE}/")
            short = f"{value['status']}_short" if is_intake else ""
            lines.append(
                {
                    "url": f"{own}/{part}",
                    "title": editor.title(lang),
                    "about": names[short][lang] if short else "",
                    "edited": editor.subject in standing,
                }
            )
        facts: dict[str, object] = {"lines": lines, "back": self.entry.address("programme")}
        return self.entry.page(visit, "rules", facts, address=own)

    def rule(self, visit: Visit, part: str) -> Response:
        return self.show(visit, *self._rule(part, visit.lang))

    def change_rule(self, visit: Visit, part: str) -> Response:
        return self.change(visit, *self._rule(part, visit.lang))

    def show(self, visit: Visit, editor: Editor, page: EditPage) -> Response:
        versions, kept = self.edits.versions(editor.subject), dict(visit.kept)
        if kept:
            value, _ = editor.read(kept, visit.lang)
            seen, why = _seen(kept), kept.get(WHY, "")
            return self._page(visit, editor, page, versions, value, why=why, seen=seen)
        number = visit.request.query.get("version", "")
        old = None
        if number == "0":
            value = editor.packaged()
        elif number.isdecimal() and (old := self.edits.version(editor.subject, int(number[:6]))):
            value = editor.packaged() if old.value is None else old.value
        else:
            value, number = standing_value(editor, self.edits.standing()), ""
        return self._page(visit, editor, page, versions, value, shown=number)

    def change(self, visit: Visit, editor: Editor, page: EditPage) -> Response:
        fields = _sent(visit.request)
        value, faults = editor.read(fields, visit.reads_dates_in)
        why = " ".join(fields.get(WHY, "").split())
        versions = self.edits.versions(editor.subject)
        seen = _seen(fields)
        typed: TypedEdit = {"value": value, "why": why, "seen": seen}
        if is_preview(visit.request):
            return self._page(visit, editor, page, versions, faults=faults, **typed)
        if not why or len(why) > WHY_MAX_LENGTH:
            faults.append(Fault(WHY, "why"))
        if not faults and value == standing_value(editor, self.edits.standing()):
            faults = [Fault("", "same")]
        if faults:
            return self._page(visit, editor, page, versions, faults=faults, status=422, **typed)
        is_packaged = value == editor.packaged()
        try:
            self.edits.save(
                visit.signed_in.staff, editor.subject, None if is_packaged else value, why, seen
            )
        except EditedByOther:
            versions = self.edits.versions(editor.subject)
            faults, typed["seen"] = [Fault("", "meanwhile")], None
            return self._page(visit, editor, page, versions, faults=faults, status=409, **typed)
        except TooMuchEdited:
            faults = [Fault("", "too_much")]
            return self._page(visit, editor, page, versions, faults=faults, status=422, **typed)
        return self.entry.go(f"{page.address}{'&' if '?' in page.address else '?'}done=1")

    def _page(  # noqa: PLR0913
        self,
        visit: Visit,
        editor: Editor,
        page: EditPage,
        versions: Sequence[Version],
        value: Value,
        *,
        why: str = "",
        seen: int | None = None,
        faults: Sequence[Fault] = (),
        shown: str = "",
        status: int = 200,
    ) -> Response:
        """Answer with an editor; `seen` is the version that its reader had before them as they
        typed, where they did not read the last one since."""
        lang, names = visit.lang, {**content.desk()["settings"], **content.desk()["edits"]}
        groups = [
            (group.title, [_input(field, lang, names) for field in group.fields])
            for group in editor.groups(value, lang)
        ]
        samples = {} if any(f.field for f in faults) else editor.samples(value)
        facts: dict[str, object] = {
            "page": page,
            "title": editor.title(lang),
            "groups": groups,
            "faults": [(f.field, names[f.code][lang].format(about=f.about)) for f in faults],
            "wrong": {f.field: names[f.code][lang].format(about=f.about) for f in faults},
            "why": why,
            "seen": (versions[0].number if versions else 0) if seen is None else seen,
            "versions": [_line(one, editor, lang, names) for one in versions],
            "shown": shown,
            "names": editor.placeholders(),
            "previews": not isinstance(editor, WithoutSamples),
            "samples": samples,
            "previewed": visit.request.method == "POST",
            "done": visit.request.query.get("done") == "1" and visit.request.method != "POST",
        }
        return self.entry.page(visit, "edit", facts, address=page.address, status=status)

    def _rules(self) -> Mapping[str, Editor]:
        return rule_editors(self.deployed, eastern_time.today(self.entry.now()))

    def _rule(self, part: str, lang: Lang) -> tuple[Editor, EditPage]:
        editor = self._rules().get(part)
        if editor is None:
            raise NotFound(part)
        address = self.entry.address("rules", part)
        heading = content.desk()["edits"][INTAKE][lang] if part.startswith(INTAKE) else ""
        return editor, EditPage(address, address, self.entry.address("rules"), heading)


def _sent(request: Request) -> dict[str, str]:
    return {key: str(text) for key, text in request.pairs}


def is_preview(request: Request) -> bool:
    """Say whether somebody wants to see what they typed, and saves nothing."""
    return _sent(request).get("act") == "preview"


def _seen(fields: Mapping[str, str]) -> int:
    """Return the number of the version that a form says its reader saw."""
    number = fields.get(SEEN, "")
    return int(number[:6]) if number.isdecimal() else 0


def standing_value(editor: Editor, standing: Mapping[str, tuple[int, Value]]) -> Value:
    """Return the value of a subject that is in force."""
    found = standing.get(editor.subject)
    return editor.packaged() if found is None else found[1]


def _input(field: EditField, lang: Lang, names: "Words") -> dict[str, object]:
    label = names[field.label][lang] if field.label in names else field.label
    hint = names[field.hint][lang] if field.hint in names else ""
    return {**field._asdict(), "label": label, "hint": hint}


def _line(one: Version, editor: Editor, lang: Lang, names: "Words") -> dict[str, object]:
    """Return a version as the list shows it, with its words where it has some."""
    value = editor.packaged() if one.value is None else one.value
    words: Sequence[tuple[str, str]] = ()
    if isinstance(value, dict) and "fr" in value:
        words = [(code, value[code]) for code in ("fr", "en")]
    return {
        "number": one.number, "by": one.by, "why": one.why, "at": moment(one.at),
        "is_packaged": one.value is None, "words": words,
    }  # fmt: skip
