"""The samples as a form in steps takes them: the answers of one section."""

from typing import Any

import samples
from chalicelib.forms.drafts.typed import section_of


def part(form: str, section: str, **changes: Any) -> dict[str, Any]:
    """Return the answers of a section among those of a sample."""
    keys = {f["key"] for f in section_of(form, section)["fields"]}
    given = getattr(samples, form)(**changes)
    return {key: value for key, value in given.items() if key in keys}
