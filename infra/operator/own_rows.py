"""The rows that a running stage writes by itself, with nobody's form in it: no copy brings them to
another stage, and no comparison counts them."""

from typing import Final

from chalicelib.cases.deadlines.digest import DIGEST_KEY
from chalicelib.cases.figures import FIGURES
from chalicelib.cases.file_index import COUNTS
from chalicelib.cases.turnaround import USUAL
from chalicelib.core.letter_row import CANARY
from chalicelib.mail import service_status
from chalicelib.mail.reputation import PAUSE_KEY

_PARTITIONS: Final = {
    DIGEST_KEY[0], FIGURES, COUNTS, USUAL[0], PAUSE_KEY[0], service_status.KEY[0],
}  # fmt: skip
"""The clock of the mornings, what is counted of the files and summed of that, what is known of mail,
and the status."""

_BEGINNINGS: Final = ("RATE#", f"{CANARY}#")
"""Rate counters and a canary: each is over within a day."""


def is_own(pk: str) -> bool:
    """Tell whether a stage keeps the rows of a partition by itself."""
    return pk in _PARTITIONS or pk.startswith(_BEGINNINGS)
