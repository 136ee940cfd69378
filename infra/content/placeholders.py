"""The blanks of texts: which names the code fills in, text by text."""

from collections.abc import Iterator
from typing import Any, Final

from infra.content import codes
from infra.content.slips import Contents, Place, Slip, instead
from infra.content.texts import blanks

NOTICES: Final = ("notice", "privacy_notice")
"""Where the notice of a form stands, in the form or in the programme."""

OF_NOTICES: Final = "form_name retention privacy_contact privacy_policy"

FILLED: Final = {
    "desk.edits": "about",
    "newsletter.consent": "frequency organization_name postal_address contact_email website",
    "newsletter.sections": "consent",
    "eoi.sections": "frequency organization_name postal_address contact_email website",
    "assessment.common.talk": "contact_email",
    "review.next_steps": "reply_days",
    "review.ended_while": "reply_days",
    "review.received": "ref",
    "review.proof": "form date ref other own name address org state",
    "review.file": "ref thanks",
    "problems.malformed": "format",
    "problems.method": "method",
    "problems.intake_paused": "form_plural day",
    "problems.already_applied": "ref",
    "problems.too_large": "limit",
    "problems.too_many": "minutes",
    "problems.bad_query": "message",
    "network.message": "name",
    "network.own.withdrawn": "contact",
    "network.proposal": "name",
    "preflight.line": "line",
    "newsroom.news": "by issue version when name remarks",
    "newsroom.standing": "name version issue at",
    "newsroom.paused": "by at",
    "holds.reasons": "issue bounced sent complained rejected number kind used daily reason",
    "coaches.found": "count",
    "coaches.help": "label values found word",
    "coaches.notes": "words word found taken_for",
    "coaches.refused": "max count name known value",
    "coaches.import.place": "row column message",
    "kit.script": "n max",
    "rights.certificate": "addresses at reason",
}  # fmt: skip
"""Where the code fills in blanks, and with which names. Elsewhere these are what calls name, by the
code of the text or at all."""

NEW: Final = "Where code fills in a new one, name it in infra/content/placeholders.py."

BY_CODE: Final = ("messages", "preflight.findings", "commands", "coaches.import")


def slips(raws: Contents, figures: dict[str, int]) -> Iterator[Slip]:
    """Yield each blank that nothing fills in."""
    of_calls = codes.filled()
    for file, content in raws.items():
        for place, text in _texts(content, ()):
            try:
                found = blanks(text)
            except ValueError:
                continue
            if not found:
                continue
            known = {*_known(file, place, of_calls), *figures}
            for name in sorted(found - known):
                mend = f"Nothing fills it in: {instead(name, known)} {NEW}"
                yield Slip(file, place, f"no such blank: {{{name}}}", mend)


def _known(file: str, place: Place, of_calls: dict[str, set[str]]) -> set[str]:
    if place[0] in NOTICES:
        return set(OF_NOTICES.split())
    dotted = ".".join((file, *map(str, place)))
    for prefix, names in FILLED.items():
        if dotted == prefix or dotted.startswith(f"{prefix}."):
            return set(names.split())
    for room in BY_CODE:
        if dotted.startswith(f"{room}."):
            code = dotted.removeprefix(f"{room}.").partition(".")[0]
            return of_calls.get(code, of_calls[""])
    return of_calls[""]


def _texts(content: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(content, list):
        for number, item in enumerate(content):
            yield from _texts(item, (*place, number))
    elif isinstance(content, dict):
        for key, item in content.items():
            if key in ("en", "fr") and isinstance(item, str):
                yield (*place, key), item
            else:
                yield from _texts(item, (*place, key))
