"""Whether the fields of a form, and the points of the self-assessment, meet."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from chalicelib.forms import choices
from infra.content.slips import Contents, Place, Slip, instead

LIMITED: Final = ("line", "name", "text", "email", "url", "digits")
AUTOCOMPLETE: Final = frozenset(
    [
        "name",
        "given-name",
        "family-name",
        "email",
        "tel",
        "tel-national",
        "tel-extension",
        "organization",
        "organization-title",
        "postal-code",
        "url",
        "street-address",
        "address-line1",
        "address-line2",
        "address-level1",
        "address-level2",
        "country",
        "off",
    ]
)
"""What browsers can fill in, as HTML names it."""

FROM_CODE: Final = ("serves", "coach_modes", "coach_languages", "coach_streams")
"""Lists that code makes of several files."""


def slips(contents: Contents) -> Iterator[Slip]:
    for name, content in contents.items():
        if isinstance(content, dict) and "sections" in content:
            yield from (Slip(name, *rest) for rest in _form(content, contents))
        if isinstance(content, dict) and content.get("attachments"):
            yield from (Slip(name, *rest) for rest in _documents(content))
    yield from _scoring(contents["assessment"])


Rest = tuple[Place, str, str]
"""A slip without its file."""

Placed = tuple[Place, Any]
"""A field, and where it is."""


def _form(form: Any, contents: Contents) -> Iterator[Rest]:
    sections = form["sections"]
    ids: list[tuple[Place, str]] = [
        (("sections", number, "id"), section["id"]) for number, section in enumerate(sections)
    ]
    yield from _twice(ids, "section")
    placed: list[Placed] = [
        (("sections", number, "fields", at), field)
        for number, section in enumerate(sections)
        for at, field in enumerate(section["fields"])
    ]
    yield from _fields(placed, contents)
    for place, field in placed:
        if field["type"] == "rows":
            rows: list[Placed] = [
                ((*place, "fields", at), one) for at, one in enumerate(field["fields"])
            ]
            yield from _fields(rows, contents)


def _documents(form: Any) -> Iterator[Rest]:
    """Yield why a form takes no documents, or two by one name."""
    if not form.get("steps") or form.get("received_as") != "application":
        what = "documents go with an application in steps alone"
        yield ("attachments",), what, "Take them out, or give the form “steps”."
    found = form["attachments"]
    yield from _twice(
        [(("attachments", at, "key"), f["key"]) for at, f in enumerate(found)], "document"
    )


def _fields(placed: list[Placed], contents: Contents) -> Iterator[Rest]:
    yield from _twice([((*place, "key"), field["key"]) for place, field in placed], "field")
    by_key = {field["key"]: field for _, field in placed}
    for place, field in placed:
        for at, what, mend in _field(field, by_key, contents):
            yield (*place, *at), f"{field['key']}: {what}", mend


def _field(field: Any, by_key: dict[str, Any], contents: Contents) -> Iterator[Rest]:
    kind = field["type"]
    if kind in ("choice", "choices"):
        yield from _choice(field, contents)
    if kind in ("rows", "lines", "choices") and not {"min", "max"} <= set(field):
        yield (), "says no min and max", "Give both: how many answers it takes."
    if kind in LIMITED and "max" not in field:
        yield (), "says no max", "Give “max”: how many characters it takes."
    if field.get("autocomplete", "name") not in AUTOCOMPLETE:
        mend = instead(field["autocomplete"], AUTOCOMPLETE)
        yield ("autocomplete",), f"no browser knows autocomplete “{field['autocomplete']}”", mend
    if "min" in field and "max" in field and field["min"] > field["max"]:
        yield ("min",), "min over max", "Put the smaller number under “min”."
    if "when" in field:
        other = by_key.get(field["when"]["field"])
        if other is None:
            mend = instead(field["when"]["field"], by_key)
            yield ("when",), f"its condition names no field: {field['when']['field']}", mend
        elif missing := set(field["when"]["in"]) - set(_options(other, contents)):
            name = sorted(missing)[0]
            what = f"its condition names no answer of {other['key']}: {name}"
            yield ("when", "in"), what, instead(name, _options(other, contents))


def _choice(field: Any, contents: Contents) -> Iterator[Rest]:
    options = _options(field, contents)
    ids: list[tuple[Place, str]] = [(("options", at, "id"), one) for at, one in enumerate(options)]
    yield from _twice(ids, f"option of {field['key']}")
    if not options:
        known = [*contents["lists"], "streams", "provinces", *FROM_CODE]
        mend = instead(field.get("list", ""), known)
        yield ("list",), f"no such list: {field.get('list')}", mend
    elif field.get("default", "lang") not in [*options, "lang"]:
        yield (
            ("default",),
            f"no such default: {field['default']}",
            instead(field["default"], options),
        )


def _options(field: Any, contents: Contents) -> list[str]:
    if "options" in field:
        return [option["id"] for option in field["options"]]
    name = field.get("list", "")
    if name in FROM_CODE:
        return [str(option["id"]) for option in choices.options(field)]
    found = contents[name] if name in ("streams", "provinces") else contents["lists"].get(name, [])
    return [option["id"] for option in found]


def _scoring(content: Any) -> Iterator[Slip]:
    questions = [f for s in content["sections"] for f in s["fields"] if "options" in f]
    keys = {f["key"] for f in questions}

    def slip(place: Place, what: str, mend: str) -> Slip:
        return Slip("assessment", place, what, mend)

    if content["hints"].keys() != keys:
        yield slip(("hints",), "hints: not one for each question", "Give each question its hint.")
    if content["results"].keys() != {band["id"] for band in content["bands"]}:
        yield slip(("results",), "results: not one for each band", "Give each band its result.")
    if content["bands"][-1]["when"]:
        yield slip(
            ("bands",), "bands: the last must fit everyone", "Leave “when” of the last one empty."
        )
    for number, band in enumerate(content["bands"]):
        for name in set(band["when"]) - keys - {"total"}:
            mend = instead(name, [*keys, "total"])
            yield slip(("bands", number, "when"), f"a condition names no question: {name}", mend)
    if any("score" not in o for f in questions for o in f["options"]):
        yield slip(("sections",), "questions: an option has no score", "Give each a “score”.")
    elif content["score"]["max"] != sum(max(o["score"] for o in f["options"]) for f in questions):
        what = "score: max is not the sum of the best answers"
        yield slip(("score", "max"), what, "Add up the highest score of each question.")


def _twice(names: Iterable[tuple[Place, str]], what: str) -> Iterator[Rest]:
    seen: set[str] = set()
    for place, name in names:
        if name in seen:
            yield (
                place,
                f"{what} {name} stands twice",
                "Keep one, or give the other a name of its own.",
            )
        seen.add(name)
