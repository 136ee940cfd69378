"""What is kept of a letter: its words, and no link or code that would still give a right."""

import json
import zlib
from collections.abc import Callable

from chalicelib.core.letter_row import ADMINS, letter
from chalicelib.core.ports import Put
from chalicelib.core.records import stamp
from chalicelib.newsletter.sending.auto_pause import HELD_LETTERS, LETTER
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, SetClock
from visitor import token


def copy_of(store: MemoryStore, name: str) -> str:
    """The text and HTML that were kept of a letter."""
    (row, *_) = (row for row in store.kinds("letter") if row["letter"] == name and "copy" in row)
    kept = json.loads(zlib.decompress(row["copy"]))
    return str(kept["text"]) + str(kept["html"])


def test_the_kept_copy_of_a_stopped_issue_holds_no_link_that_works(
    service: Services, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    deliver: Callable[[], int],
) -> None:  # fmt: skip
    facts = {"issue": "2026-03", "reason": "bounces", "facts": {"bounced": 5, "sent": 100}}
    pk = f"{HELD_LETTERS}#2026-03_bounces"
    store.commit([Put(letter(pk, 1, LETTER, to=ADMINS, due=stamp(clock()), facts=facts))])
    assert deliver()
    sent = token(mailer.sent[0].text, "progress")
    assert service.links.open_progress(sent)[0] == "2026-03"
    kept = copy_of(store, "newsletter_held")
    assert "/newsletter/progress/…" in kept
    assert sent not in kept
