"""What a form of a website carries beside its answers: said in docs/website.md, and passed over."""

import re
from collections.abc import Container
from typing import Final

FIELD_NAME_LIMIT: Final = 100
"""Characters of a name that is looked at."""

_BESIDE_ANSWERS: Final = re.compile(
    # The web's habit for what no visitor fills in: `_charset_`, `_token`, `_wpnonce`.
    r"_.*"
    # A button, a token, or what keeps robots out, alone or as a word of a name.
    r"|(?:.*[_-])?(?:submit|button|btn|csrf|xsrf|captcha|recaptcha|nonce|token|honeypot)(?:[_-].*)?"
    r"|csrfmiddlewaretoken|send|envoyer|soumettre|commit|op|form_id|form_build_id"
    # A picture that was clicked.
    r"|(?:[a-z_-]+\.)?[xy]"
    # Marks of mailers and networks.
    r"|utm_.*|gclid|fbclid|msclkid|mc_cid|mc_eid",
    re.IGNORECASE | re.DOTALL,
)
_ASKED_TWICE: Final = re.compile(
    r"(.+?)[_-]?(?:confirm|confirmation|repeat|again|verify|2)", re.IGNORECASE
)


def is_beside_answers(name: str, fields: Container[str]) -> bool:
    """Say whether a name that is none of `fields` belongs to a button, a token, a mark of a
    mailer, or to one of the fields that is asked for twice."""
    if len(name) > FIELD_NAME_LIMIT:
        return False
    if _BESIDE_ANSWERS.fullmatch(name):
        return True
    twice = _ASKED_TWICE.fullmatch(name)
    return twice is not None and twice[1] in fields
