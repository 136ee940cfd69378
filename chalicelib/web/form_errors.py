"""What is wrong with a form, where the page says it: in a summary, and beside each field."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypedDict

from chalicelib.core.languages import Lang
from chalicelib.core.templates import cut_at
from chalicelib.web.problems import FieldError

Description = Mapping[str, Any]
"""A form as `GET /forms/{form}` describes it: see `forms.description`."""


class LinkedError(FieldError):
    """A line of the summary: `target` is the field that it links to, "" for the whole form."""

    target: str
    label: str


LABEL_LENGTH: Final = 100
"""Characters of a label in a summary: a box may have a paragraph for one. The kit cuts there too."""


class FormErrors(TypedDict):
    """`problems` is the summary; `wrong` has the message of each field."""

    problems: list[LinkedError]
    wrong: dict[str, str]


def form_errors(
    errors: Sequence[FieldError],
    description: Description | None,
    lang: Lang,
    *,
    other_fields: Sequence[str] = (),
) -> FormErrors:
    """Return the errors as a page shows them; `other_fields` stand on the page beside the
    described form, and have no label in the summary."""
    labels = dict(_labels(description, lang)) if description else {}
    labels |= dict.fromkeys(other_fields, "")
    title = description["title"] if description else ""
    return {
        "problems": [_linked(error, labels, title) for error in errors],
        "wrong": {error["field"]: error["message"] for error in errors},
    }


def _linked(error: FieldError, labels: Mapping[str, str], title: str) -> LinkedError:
    field = error["field"]
    for path in (field, field.partition("[")[0]):
        if path in labels:
            return {**error, "target": field, "label": cut_at(labels[path], LABEL_LENGTH)}
    return {**error, "target": "", "label": field or title}


def _labels(description: Description, lang: Lang) -> Iterator[tuple[str, str]]:
    """Yield each path of the form with its label: `partners[0].name`, `links[2]`."""
    row = "ligne" if lang == "fr" else "row"
    for section in description["sections"]:
        for f in section["fields"]:
            yield f["key"], f["label"]
            for number in range(f["max"] if "fields" in f or f["type"] == "lines" else 0):
                if f["type"] == "lines":
                    yield f"{f['key']}[{number}]", f"{f['label']} {number + 1}"
                for inner in f.get("fields", []):
                    path = f"{f['key']}[{number}].{inner['key']}"
                    yield path, f"{inner['label']} ({f['label']}, {row} {number + 1})"
