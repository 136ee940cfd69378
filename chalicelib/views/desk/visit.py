"""One request at the desk, as its views read it."""

from dataclasses import dataclass

from chalicelib.core.languages import Lang
from chalicelib.desk.kept import Pairs
from chalicelib.desk.once import once_of
from chalicelib.desk.sessions import StaffSession
from chalicelib.forms.normalise import nest
from chalicelib.web.html_forms import UploadedFile
from chalicelib.web.request import MULTIPART, Request


@dataclass(frozen=True)
class Visit:
    """One request at the desk; `session` is None for who is not signed in. `path` is the page that
    it shows, or whose form it sends, to `sent_to`; `kept` is what was typed there before."""

    request: Request
    path: str
    session: StaffSession | None
    lang: Lang
    sent_to: str
    brings_file: bool = False
    kept: Pairs = ()

    @property
    def again(self) -> dict[str, object]:
        """What its reader had typed when a session ended, or before a code was asked for."""
        return nest(self.kept)

    @property
    def is_head(self) -> bool:
        """Say whether a page is only asked whether it is there: nobody reads it, and nobody takes
        what it leads to, so that nothing is noted."""
        return self.request.method == "HEAD"

    @property
    def once(self) -> str:
        """What names a form of one page with all that is in it; blank for one that adds nothing."""
        return once_of(self.request.pairs)

    @property
    def reads_dates_in(self) -> Lang | None:
        """The language in which dates of its form are read; None for one that was switched."""
        return self.request.reads_dates_in(self.lang)

    def fields(self) -> dict[str, object]:
        """Return the fields of a form, whether or not it brings a file. Raises TooLarge, WrongType
        or Malformed."""
        return self.with_file()[0]

    def with_file(self) -> tuple[dict[str, object], UploadedFile | None]:
        """Return the same, and the file where the table of rights lets a form bring one."""
        if self.brings_file and self.request.kind == MULTIPART:
            return self.request.with_file()
        return self.request.fields(), None

    @property
    def signed_in(self) -> StaffSession:
        """The session, where the table of rights asks for one."""
        assert self.session is not None
        return self.session
