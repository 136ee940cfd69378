"""A file as the pages of its person have it, while they answer one request."""

from dataclasses import dataclass
from functools import cached_property

from chalicelib.cases.case import Case
from chalicelib.cases.lookup import Cases


@dataclass(frozen=True)
class OpenedFile:
    """A file that its link opened, which came by mail and proves the address."""

    token: str
    case: Case
    cases: Cases

    @property
    def form(self) -> str:
        """The form that the file is about now."""
        return self.case.form

    @cached_property
    def known_state(self) -> str:
        """The state that its person may know; a page is of one moment, and looks once."""
        return self.cases.known_state(self.case)
