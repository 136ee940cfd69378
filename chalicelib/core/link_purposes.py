"""The purposes of links: where each one's token stands, and when the right that it carries ends."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

NONCE_SECONDS: Final = 12 * 3600
"""How long a page may be read before its button is pressed: whoever reads an application to its
end takes hours, and each link decides once."""
DAY_SECONDS: Final = 24 * 3600
YEARLY_LINK_SECONDS: Final = 400 * DAY_SECONDS
"""For what is written again every year: the link of this year is good until the next letter."""


class Purpose(NamedTuple):
    """One right that a link may carry, and where its token stands in the address.

    The token follows `path`, or is the value of `parameter`. A purpose without a `salt` has a
    random token that is stored, hashed; the others are signed under their salt. Every right has
    an end: `lifetime_seconds` after its token was signed, or `ends_with` what it leads to, which
    whoever opens the link looks at. All of them end with the key that signed them.
    """

    path: str = ""
    parameter: str = ""
    salt: str = ""
    lifetime_seconds: int | None = None
    ends_with: str = ""


PURPOSES: Final[Mapping[str, Purpose]] = {
    # The applicant's file.
    "file": Purpose("file", salt="file", ends_with="the file, or its address at that time"),
    # That a form was received, and no more: for whoever posts a form in somebody's name.
    "standing": Purpose("file", salt="standing", lifetime_seconds=DAY_SECONDS),
    # To the address of a file: what a second declaration is that came in its name.
    "declaration": Purpose(
        "declaration", salt="declaration", ends_with="the wait for its answer, after 14 days"
    ),
    # To a new address: whoever opens it reads the mail there.
    "address": Purpose("file", salt="address", lifetime_seconds=2 * DAY_SECONDS),
    # To the address of a file: an application that names it is its owner's.
    "claim": Purpose("file", salt="claim", ends_with="the application, or the file's address"),
    # A form that somebody has begun: a link for each who writes in it.
    "draft": Purpose(
        "draft", salt="draft", ends_with="the draft, 90 days after its last change or once sent"
    ),
    # The personal link to apply.
    "invite": Purpose(parameter="invite", salt="invite", ends_with="the invitation"),
    # A coach's own link: each yearly check brings another one.
    "coach": Purpose("coach", salt="coach", lifetime_seconds=YEARLY_LINK_SECONDS),
    # Stored, hashed: they are audited, reissued and used once.
    "review": Purpose("review", ends_with="its row, after 14 days"),
    "proposal": Purpose("proposal", ends_with="its row, after 14 days"),
    "approval": Purpose("newsletter/review", ends_with="its row, after 14 days"),
    # For whoever asked at the desk, and has an address of the roster.
    "sign_in": Purpose("desk/sign-in", ends_with="its row, after an hour or its first use"),
    # The newsletter's need no store; what they may do today depends on the subscription too.
    "confirm": Purpose(
        "newsletter/confirm", salt="news-confirm-request", ends_with="its request, after 14 days"
    ),
    "cancel": Purpose(
        "newsletter/unsubscribe", salt="news-cancel", ends_with="its request, after 14 days"
    ),
    "keep": Purpose(
        "newsletter/confirm", salt="news-keep-consent", ends_with="the implied consent"
    ),
    "move": Purpose(
        "newsletter/confirm", salt="news-move-address", ends_with="its request, after 14 days"
    ),
    # Whoever has a mail of ours may leave by it, however old it is.
    "unsubscribe": Purpose(
        "newsletter/unsubscribe", salt="news-leave", ends_with="the subscription"
    ),
    "preferences": Purpose(
        "newsletter/preferences", salt="news-choose", lifetime_seconds=YEARLY_LINK_SECONDS
    ),
    "progress": Purpose(
        "newsletter/progress", salt="news-progress", ends_with="the issue, 30 days after it"
    ),
    # What a review page hides in its form: no POST without a GET before it. At the desk it is made
    # for a session, and lives as long. In no address.
    "nonce": Purpose(salt="nonce", lifetime_seconds=NONCE_SECONDS),
}
"""Every purpose of a token; `Links` makes, opens and redacts them by this table."""

UNSUBSCRIBE_SUBJECT: Final = "unsubscribe%20"
_SECRET: Final = re.compile(
    "(/(?:{paths})/|[?&;](?:{parameters})=|{subject})[\\w.~-]+".format(
        paths="|".join(sorted({each.path for each in PURPOSES.values()} - {""})),
        parameters="|".join(sorted({each.parameter for each in PURPOSES.values()} - {""})),
        subject=UNSUBSCRIBE_SUBJECT,
    )
)
"""A token behind what stands before it; `;` ends the `&amp;` of HTML."""


def redacted(text: str) -> str:
    """Return the text or HTML with the token of every link replaced by an ellipsis."""
    return _SECRET.sub(r"\1…", text)
