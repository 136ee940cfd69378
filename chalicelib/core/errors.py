"""What can go wrong, in the words of the service."""

from collections.abc import Mapping
from datetime import date

from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item, Key


class RelaisError(Exception):
    """Anything that Relais refuses, and says why."""


class Malformed(RelaisError):
    """The body cannot be read as what its content type says."""


class TooLarge(RelaisError):
    """The body is over the limit."""


class SectionTooLarge(TooLarge):
    """A section of a draft takes more bytes than leave the others room."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"{size} of {limit} bytes")
        self.size = size
        self.limit = limit


class WrongType(RelaisError):
    """The content type is not one that forms are read from."""


class NotFound(RelaisError):
    """There is nothing at this address."""


class BadQuery(RelaisError):
    """A search that cannot be made; the search words its own message."""

    def message(self, lang: Lang) -> str:
        """Say in one sentence what the query may not be."""
        raise NotImplementedError


class IntakePaused(RelaisError):
    """The programme takes no new submissions of this form for now."""


class EditedByOther(RelaisError):
    """Somebody else saved the same answers meanwhile: both versions are shown."""


class DraftChanged(RelaisError):
    """Somebody changed the draft while it was sent: what was read is not what it says now."""


class DraftBusy(RelaisError):
    """So many change the draft at once that what somebody did to it found no room between."""


class KeyReused(RelaisError):
    """The same Idempotency-Key came with another content."""


class NotInvited(RelaisError):
    """An application without an approved declaration of interest."""


class InviteOver(RelaisError):
    """The personal link to apply has ended."""


class AlreadyApplied(RelaisError):
    """The application was received before; `ref` is its reference."""

    def __init__(self, ref: str) -> None:
        super().__init__(ref)
        self.ref = ref


class TooMany(RelaisError):
    """More posts than allowed; try again after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"retry after {seconds} s")
        self.seconds = seconds


class BadLink(RelaisError):
    """The link is not one of ours, or for something else."""


class LinkOver(BadLink):
    """The link is one of ours, and its time is over."""


class DraftOver(BadLink):
    """The link is one of ours, and nothing is left of the draft that it leads to."""

    def __init__(self, form: str) -> None:
        super().__init__("draft")
        self.form = form


class DraftLate(DraftOver):
    """The draft was kept until a day that has passed: its row is about to go."""

    def __init__(self, form: str, until: date) -> None:
        super().__init__(form)
        self.until = until


class DraftLinkReplaced(BadLink):
    """The draft is there, and this link of it was replaced by a newer one, or taken back."""


class FileErased(RelaisError):
    """The file behind the link was erased after its time, or because its person asked for it."""


class Refused(RelaisError):
    """The event does not fit the state of the case: nothing moved."""

    def __init__(self, why: str, **facts: object) -> None:
        super().__init__(why)
        self.why = why
        self.facts = facts


class Conflict(RelaisError):
    """A conditional write met something else than it expected.

    `found` maps the key of each such row to what stood there instead: the row, or {} for none.
    """

    def __init__(self, found: Mapping[Key, Item]) -> None:
        super().__init__(f"conditions failed at {sorted(found)}")
        self.found = found

    def met(self, key: Key) -> Item | None:
        """Return the row that was met under `key`, {} where there was none; None where the
        write fitted, or the transaction had none."""
        return self.found.get(key)


class StoreDown(RelaisError):
    """The store cannot be reached: try again later."""


class DeliveryFailed(RelaisError):
    """The mail was not taken. `permanent`: trying again will not help."""

    def __init__(self, why: str, *, permanent: bool) -> None:
        super().__init__(why)
        self.permanent = permanent


class OutcomeUnknown(RelaisError):
    """The answer got lost: the mail may have left. Not to be tried again at once."""


class NotYet(RelaisError):
    """A letter that may not leave for now; why is for the operator."""


class Undecided(NotYet):
    """A letter that a decision may yet overtake: it waits `until` (a stamp) that cannot be undone
    any more."""

    def __init__(self, until: str) -> None:
        super().__init__(f"undecided until {until}")
        self.until = until


class Throttled(NotYet):
    """Too many calls at once, or nobody there to answer: nothing left, and a minute mends it."""


class AccountRefused(RelaisError):
    """SES takes no mail of this account for now, whoever it is for: no fault of a letter."""


class Overtaken(RelaisError):
    """A letter that has lost its reason since it was owed: nobody needs it any more."""


class WrongMethod(RelaisError):
    """The address exists, but not for this method; `allowed` lists those that work."""

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__(method)
        self.allowed = allowed
