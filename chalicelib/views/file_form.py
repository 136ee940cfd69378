"""What the form of an applicant's page says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.web.html_forms import UploadedFile
from chalicelib.web.request import is_ticked, text_area, text_field

PAGE_SECONDS: Final = 24 * 3600
"""An answer may take an afternoon to write: the page waits longer than the staff's."""

CONTROL_FIELDS: Final = (
    "lang", "nonce", "action", "answer", "revised", "open", "message", "confirm", "address", "website",
)  # fmt: skip
"""Fields of the page itself; the others are the answers of the form that is revised."""


@dataclass(frozen=True)
class FileInput:
    """One post: `action` says which of the page's forms it is; `answers` are those of the
    declaration or application, as entered, and count when `revised`; `opened` is the section of it
    that whoever writes wants to correct, and nothing is sent by that; `file` is a document."""

    action: str
    answer: str
    message: str
    address: str
    nonce: str
    confirm: bool
    revised: bool
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
        opened=text_field(fields, "open"),
        fields=fields,
        file=file,
    )
