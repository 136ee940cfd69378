"""What the form of an applicant's page says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core import eastern_time
from chalicelib.core.languages import Lang
from chalicelib.forms import parsing
from chalicelib.forms.problems import InvalidForm
from chalicelib.web.html_forms import UploadedFile
from chalicelib.web.problems import FieldError, field_errors
from chalicelib.web.request import Request, is_ticked, text_area, text_field

PAGE_SECONDS: Final = 24 * 3600
"""An answer may take an afternoon to write: the page waits longer than the staff's."""

CONTROL_FIELDS: Final = (
    "lang", "nonce", "action", "answer", "revised", "open", "opened", "message", "confirm", "address", "website",
)  # fmt: skip
"""Fields of the page itself; the others are the answers of the form that is revised."""


@dataclass(frozen=True)
class FileInput:
    """One post: `action` says which of the page's forms it is; `answers` are those of the
    declaration or application, as entered, and count when `revised`; `opened` is the section of it
    that whoever writes sees, `opens` the one that they want to see next, and nothing is sent by
    that; `file` is a document."""

    action: str
    answer: str
    message: str
    address: str
    nonce: str
    confirm: bool
    revised: bool
    opens: str
    opened: str
    fields: Mapping[str, object]
    file: UploadedFile | None = None

    @property
    def answers(self) -> dict[str, object]:
        return {key: value for key, value in self.fields.items() if key not in CONTROL_FIELDS}


def read_input(fields: Mapping[str, object], file: UploadedFile | None = None) -> FileInput:
    answer = text_area(fields, "answer")
    return FileInput(
        action=text_field(fields, "action") or ("reply" if answer else ""),
        answer=answer,
        message=text_area(fields, "message"),
        address=text_field(fields, "address"),
        nonce=text_field(fields, "nonce"),
        confirm=is_ticked(fields, "confirm"),
        revised=text_field(fields, "revised") == "1" or fields.get("revised") is True,
        opens=text_field(fields, "open"),
        opened=text_field(fields, "opened"),
        fields=fields,
        file=file,
    )


def revision(
    request: Request, form: str, given: FileInput, lang: Lang, now: datetime
) -> tuple[parsing.Submission | None, list[FieldError]]:
    """Return the form as it was revised, or what is wrong with it."""
    today, asks = eastern_time.today(now), request.asks_dates
    try:
        return parsing.parse(form, given.answers, lang, today, asks_dates=asks), []
    except InvalidForm as invalid:
        return None, field_errors(invalid, lang)
