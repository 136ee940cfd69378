"""An issue in one language, ready to be personalised: by SES as it sends, or here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from html import escape
from typing import Final

from chalicelib.core.ports import Item

PERSONAL: Final = ("first_name",)
"""Fields that a subscriber may have left empty: each use in an issue names a default."""

LINKS: Final = ("unsubscribe_url", "preferences_url")
"""Fields that hold a link of the subscriber's own."""

FIELDS: Final = (*LINKS, *PERSONAL)
"""What the sender gives for each recipient, by these names."""

LITERALS: Final = {"lb": "{", "rb": "}", "bs": "\\"}
"""Characters that mean something in a template, where prose has them."""

_PLACEHOLDER = re.compile(r"\{\{([a-z_]+)\}\}")


@dataclass(frozen=True)
class Rendered:
    """Subject, preheader, HTML and text with placeholders in the syntax of SES templates.

    SES escapes nothing, and fills subject, text and HTML from one set of values. So the HTML
    has placeholders of its own, `{{first_name_html}}`, and `replacements` gives both.
    The preheader stands in the HTML already; `defaults` are for fields without a value.
    """

    lang: str
    subject: str
    preheader: str
    html: str
    text: str
    defaults: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, item: Item) -> "Rendered":
        names = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in item.items() if k in names})


@dataclass(frozen=True)
class Filled:
    """The mail as one recipient gets it."""

    subject: str
    html: str
    text: str


def replacements(rendered: Rendered, values: Mapping[str, str]) -> dict[str, str]:
    """Return the `ReplacementTemplateData` of one recipient, before it becomes JSON.

    `values` must hold both LINKS; a missing or empty PERSONAL field takes its default.
    """
    given = {name: values[name] for name in LINKS}
    for name in PERSONAL:
        # A name has no braces; the value of one field must never look like another field.
        value = values.get(name, "").translate(_NO_BRACES).strip()
        given[name] = value or rendered.defaults.get(name, "")
    marked = {f"{name}_html": escape(value) for name, value in given.items()}
    # The literals come last: a filler that goes field by field meets no braces before.
    return {**given, **marked, **LITERALS}


def fill(rendered: Rendered, values: Mapping[str, str]) -> Filled:
    """Return the mail that SES makes of the same values. Raises KeyError for an unknown field."""
    data = replacements(rendered, values)
    return Filled(
        *(_filled(part, data) for part in (rendered.subject, rendered.html, rendered.text))
    )


def template_content(rendered: Rendered) -> dict[str, str]:
    """Return what SES takes as `TemplateContent` of a `SendEmail` or `SendBulkEmail`."""
    return {"Subject": rendered.subject, "Html": rendered.html, "Text": rendered.text}


def _filled(text: str, data: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: data[found[1]], text)


_NO_BRACES = str.maketrans("", "", "{}")
