"""Whoever holds a link of a draft, and why something of it is refused."""

from typing import NamedTuple

from chalicelib.core.errors import EditedByOther, RelaisError
from chalicelib.forms.drafts.draft import FormDraft, Values
from chalicelib.forms.drafts.merging import Merged


class Holder(NamedTuple):
    """Whoever holds a link: the draft that it leads to, and the editor whose link it is."""

    draft: str
    editor: str

    @property
    def form(self) -> str:
        return self.draft.rpartition("-")[0]


class DraftSent(RelaisError):
    """The draft was sent; what is left of it says when and as what."""

    def __init__(self, draft: FormDraft) -> None:
        super().__init__(draft.id)
        self.draft = draft


class EditedMeanwhile(EditedByOther):
    """Somebody else saved the same fields: both versions, what can be `joined` of them, and the
    `disputed` fields, which have mine there.

    `row` is the id of the row that both changed, in the list `rows`; "" for the section itself.
    """

    def __init__(  # noqa: PLR0913
        self,
        draft: FormDraft,
        section: str,
        mine: Values,
        theirs: Values,
        merged: Merged,
        rows: str = "",
        row: str = "",
    ) -> None:
        super().__init__(section)
        self.draft = draft
        self.section = section
        self.mine = mine
        self.theirs = theirs
        self.joined = merged.values
        self.disputed = merged.disputed
        self.rows = rows
        self.row = row
