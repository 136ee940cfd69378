"""How often something may be done: one table of limits, counted in the store.

No limit of a network can be met by twenty people in one library, and none lets one person
shut out another: beyond a limit that a stranger can bring about, a form is held or a letter
delayed, and nothing that was promised is forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from chalicelib.core.addresses import mailbox_of, network_of
from chalicelib.core.errors import Conflict, StoreDown, TooMany
from chalicelib.core.links import person_key
from chalicelib.core.ports import Change, Key, Store

Subject = Literal["network", "mailbox", "file", "link", "staff", "coach", "subscription", "account"]
"""Whose uses are counted. A network is an IPv4 address or an IPv6 /64, a mailbox an address
without its tag, a link the token's hash and a file the case, however a token is spelt."""

FailureName = Literal["failures", "refused_posts"]

Beyond = Literal["refuse", "hold", "delay", "digest", "show", "spare"]
"""What happens to one more: it is refused until the window ends; a form is kept for staff to
release; a letter leaves later; one digest lists what else there is; a result is shown and not
mailed; a letter is spared, since those of the window still do what it would."""

Window = Literal["hour", "day"]


class Limit(NamedTuple):
    """At most so many within an hour, and within a day of UTC.

    `setting` names the setting that has the number of an hour, where each deployment chooses.
    """

    subject: Subject
    beyond: Beyond
    per_hour: int = 0
    per_day: int = 0
    setting: str = ""


LIMITS: Final[Mapping[str, Limit]] = {
    # Posts of one network. A failure is a link, a reference or a code that opens nothing.
    "form_posts": Limit("network", "refuse", setting="posts_per_hour"),
    "signups": Limit("network", "refuse", setting="signups_per_hour"),
    "link_requests": Limit("network", "refuse", setting="signups_per_hour"),
    "draft_starts": Limit("network", "refuse", setting="posts_per_hour"),
    "message_posts": Limit("network", "refuse", setting="posts_per_hour"),
    "failures": Limit("network", "refuse", per_hour=120),
    # Fifteen mistakes each for twenty people in one library.
    "refused_posts": Limit("network", "refuse", per_hour=300),
    # Forms in the name of one mailbox, whoever sends them.
    "forms_of_mailbox": Limit("mailbox", "hold", per_day=10),
    "results_of_mailbox": Limit("mailbox", "show", per_day=10),
    # What holds a right may still be tried too often.
    "file_posts": Limit("file", "refuse", per_hour=20),
    # Letters with a link of one draft: to its own address, or to colleagues.
    "draft_letters": Limit("file", "refuse", per_hour=5, per_day=20),
    # Documents of one network: six for each of twenty people in one library, twice over.
    "uploads": Limit("network", "refuse", per_hour=240),
    "file_copies": Limit("file", "refuse", per_hour=2, per_day=5),
    "review_attempts": Limit("link", "refuse", per_hour=20),
    "staff_attempts": Limit("staff", "refuse", per_hour=60),
    "address_moves": Limit("subscription", "refuse", per_hour=3),
    # Each is a row of the proof, which must stay small enough to be read.
    "choices": Limit("subscription", "refuse", per_day=20),
    # Messages to one coach: those that come later leave in another hour, or wait for staff.
    "messages_of_coach": Limit("coach", "delay", per_hour=30),
    "all_messages_of_coach": Limit("coach", "hold", per_day=100),
    # Letters that anybody can set off, to mailboxes that nobody has proved.
    "unproved_letters": Limit("mailbox", "delay", per_hour=5, per_day=20),
    "all_unproved_letters": Limit("account", "delay", setting="unproved_letters_per_hour"),
    "staff_letters": Limit("staff", "digest", setting="staff_letters_per_hour"),
    # Signing in at the desk: anybody may type an address of the roster.
    "sign_in_requests": Limit("network", "refuse", setting="signups_per_hour"),
    "sign_ins_of_mailbox": Limit("mailbox", "spare", per_hour=8),
    # Codes tried for one address, in whatever browsers: a million codes are not many. Its link
    # signs in all the same.
    "sign_in_codes": Limit("mailbox", "spare", per_hour=20, per_day=40),
    "confirmations": Limit("staff", "refuse", per_hour=30),
    # Lists that are exported, and other work on many files.
    "desk_jobs": Limit("staff", "refuse", per_hour=60),
}
"""Every limit by its name, which begins the keys of its counters."""

ROUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "/forms/{form}": (
        "form_posts", "failures", "forms_of_mailbox", "results_of_mailbox",
        "unproved_letters", "all_unproved_letters", "staff_letters",
    ),
    "/file": ("link_requests", "all_unproved_letters"),
    "/file/{token}": ("failures", "file_posts", "file_copies", "unproved_letters"),
    "/draft": ("draft_starts",),
    "/draft/{token}": ("failures",),
    "/draft/{token}/{page}": (
        "failures", "draft_letters", "unproved_letters", "all_unproved_letters", "form_posts",
        "uploads",
    ),
    "/declaration/{token}": ("failures", "file_posts"),
    "/newsletter": ("signups", "unproved_letters", "all_unproved_letters"),
    "/newsletter/confirm/{token}": ("failures",),
    "/newsletter/unsubscribe/{token}": ("failures",),
    "/newsletter/preferences/{token}": ("failures", "choices", "address_moves"),
    "/newsletter/review/{token}": ("failures", "review_attempts"),
    "/newsletter/progress/{token}": ("failures",),
    "/coaches/{slug}/contact": ("message_posts", "messages_of_coach", "all_messages_of_coach"),
    "/review/{token}": ("failures", "review_attempts", "staff_attempts"),
    "/proposal/{token}": ("failures",),
    "/coach/{token}": ("failures",),
    "/desk": ("sign_in_requests", "sign_ins_of_mailbox", "sign_in_codes"),
    "/desk/sign-in/{token}": ("failures",),
    "/desk/account": ("confirmations",),
    "/desk/files/{ref}": ("staff_attempts",),
    "/desk/many": ("desk_jobs",),
    "/desk/programme": ("confirmations",),
    "/desk/programme/{staff}": ("confirmations",),
    "/desk/programme/{staff}/absence": ("confirmations",),
    "/desk/export": ("desk_jobs",),
}  # fmt: skip
"""The limits of each address that takes a POST, beside those of `EVERY_ROUTE`."""

EVERY_ROUTE: Final = ("refused_posts",)
"""The limits of every address that takes a POST."""

COUNTER_RETENTION_SECONDS: Final = 3600
"""How long a counter stays after its window has ended."""


def of_network(address: str, people_key: bytes) -> str:
    """Return the subject of a visitor's IP address, out of which nobody can read it."""
    return person_key(network_of(address), people_key)


def of_mailbox(address: str, people_key: bytes) -> str:
    """Return the subject of an e-mail address: the same for all addresses of one mailbox, and not
    the person's own key, so that a counter leads to nobody."""
    return person_key(f"mailbox {mailbox_of(address)}", people_key)


def key(name: str, subject: str, now: datetime, window: Window = "hour", shard: int = 0) -> Key:
    begun = f"{now:%Y%m%d%H}" if window == "hour" else f"{now:%Y%m%d}"
    return f"RATE#{name}#{subject}#{begun}", str(shard)


def window_end(window: Window, now: datetime) -> datetime:
    """Return when the counters of this hour, or of this day of UTC, begin anew."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    if window == "hour":
        return hour + timedelta(hours=1)
    return hour.replace(hour=0) + timedelta(days=1)


def window_of(counter: Change) -> Window:
    """Return the window of a counter that a conflict was met at."""
    begun = counter.key[0].rpartition("#")[2]
    return "hour" if len(begun) == len("yyyymmddhh") else "day"


def counters(
    name: str, subject: str, now: datetime, *, per_hour: int | None = None, shard: int = 0
) -> list[Change]:
    """Return the writes that count one more, for the transaction of what is counted: each fails
    once its window is full. `per_hour` is the number of a limit that a setting chooses."""
    limit = LIMITS[name]
    numbers: dict[Window, int] = {
        "hour": limit.per_hour if per_hour is None else per_hour,
        "day": limit.per_day,
    }
    chosen = {"hour"} if per_hour is not None else set[str]()
    return [
        Change(
            key(name, subject, now, window, shard),
            add={"posts": 1},
            at_most={"posts": most},
            set={
                "kind": "rate",
                "expires": int(window_end(window, now).timestamp()) + COUNTER_RETENTION_SECONDS,
            },
        )
        for window, most in numbers.items()
        if most or window in chosen
    ]


def count(
    store: Store, name: str, subject: str, now: datetime, *, per_hour: int | None = None
) -> None:
    """Count one more. Raises TooMany, with the seconds until the window ends."""
    writes = counters(name, subject, now, per_hour=per_hour)
    try:
        store.commit(writes)
    except Conflict as conflict:
        raise too_many(now, full_window(conflict, writes)) from None


def is_full(store: Store, name: str, subject: str, now: datetime) -> bool:
    """Tell whether one more of this hour would be too many."""
    row = store.get(*key(name, subject, now))
    return row is not None and int(row["posts"]) >= LIMITS[name].per_hour


def full_window(conflict: Conflict, writes: list[Change]) -> Window:
    """Return the longest window whose counter stood in the way."""
    full = {window_of(write) for write in writes if conflict.met(write.key) is not None}
    return "day" if "day" in full else "hour"


def too_many(now: datetime, window: Window = "hour") -> TooMany:
    """Build the refusal, with the seconds until the counters begin anew."""
    left = window_end(window, now) - now
    return TooMany(int(left.total_seconds()) + (left.microseconds > 0))


@dataclass(frozen=True)
class Failures:
    """Counts what a network tried in vain: links, references and codes that open nothing, and
    posts that were refused for what was in them."""

    store: Store
    people_key: bytes

    def count(self, address: str, now: datetime, name: FailureName = "failures") -> None:
        """Count one more. Raises TooMany; while the store is out of reach nothing is counted."""
        try:
            count(self.store, name, of_network(address, self.people_key), now)
        except StoreDown:
            return
