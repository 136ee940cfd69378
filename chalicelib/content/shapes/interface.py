"""The words of the HTTP interface: what each operation does, and what its answers mean."""

from typing_extensions import TypedDict

from chalicelib.content.shapes.text import Text


class InterfaceTexts(TypedDict):
    """`operations` are by method and path, `answers` by status."""

    intro: Text
    person: Text
    groups: dict[str, Text]
    answers: dict[str, Text]
    operations: dict[str, Text]
