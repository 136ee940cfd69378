"""The mail, and the copy of it that is kept, without the links that give a right."""

from chalicelib.core.letter_row import tag_of
from chalicelib.core.links import Links
from chalicelib.core.ports import Item, Mail
from chalicelib.mail.letters import Letter
from chalicelib.mail.outbox import Draft


def draft(  # noqa: PLR0913
    row: Item,
    to: str,
    letter: Letter,
    links: list[Item] | None = None,
    *,
    keep_address: bool = True,
    reply_to: str | None = None,
    hide: str | None = None,
) -> Draft:
    """`hide`: a code that the kept copy must not tell."""
    mail = Mail(
        to=to,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        lang=letter.lang,
        tag=tag_of(row["pk"], row["sk"]),
        reply_to=reply_to,
    )
    text, html = (Links.redact(part) for part in (letter.text, letter.html))
    if hide:
        text, html = text.replace(hide, "……"), html.replace(hide, "……")
    kept = {"subject": letter.subject, "text": text, "html": html}
    if keep_address:
        kept["to"] = to
    return Draft(mail, letter.name, kept, links or [])
