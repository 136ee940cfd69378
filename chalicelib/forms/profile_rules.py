"""What the columns of a coach's profile say together; a pure check, for forms and sheets alike."""

from collections.abc import Iterator, Mapping
from typing import Any


def misfits(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the columns that are wrong only beside another, each with the code of its message."""
    if given.get("languages") and not {"fr", "en"} & set(given["languages"]):
        yield "languages", "official_language"
    if not given.get("bio_fr") and not given.get("bio_en"):
        yield "bio_fr", "bio_needed"
    for lang in ("fr", "en"):
        if given.get("photo") and not given.get(f"photo_alt_{lang}"):
            yield f"photo_alt_{lang}", "alt_needed"
    if given.get("phone_public") and not given.get("phone"):
        yield "phone", "phone_needed"
    if given.get("status") == "published" and not given.get("consent_publication"):
        yield "consent_publication", "consent_needed"
