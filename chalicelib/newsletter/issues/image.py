"""An image of an issue as the store keeps it: its row, its name in the Markdown, its address."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import quote

from chalicelib.core.errors import RelaisError
from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Item, Key, Store
from chalicelib.newsletter.issues.source import SLUG, SUITE, PlacedImage, Source

WORDS_MAX_LENGTH: Final = 300
"""Characters of what an image shows: more is a text of its own."""

_KEY_PREFIX: Final = "IMAGE#"
_FILE: Final = re.compile(r"([a-z0-9-]{1,60})\.[0-9a-f]{32}\.(?:jpg|png)")

RefusedBecause = Literal[
    "image_kind", "image_damaged", "image_large", "image_pixels", "image_many", "image_words",
    "image_placed", "image_shared", "begun", "approved", "moved",
]  # fmt: skip


class ImageRefused(RelaisError):
    """Nothing was done with an image: `why` is the code of what is said of it."""

    def __init__(self, why: RefusedBecause) -> None:
        super().__init__(why)
        self.why: RefusedBecause = why


@dataclass(frozen=True)
class IssueImage:
    """`name` is how the Markdown of either language calls it; `file` is its name at its address,
    which nobody guesses. `words` say in each language what it shows, and are none where it only
    decorates."""

    issue: str
    name: str
    file: str
    width: int
    height: int
    size: int
    words: Mapping[str, str]
    by: str
    at: str

    @property
    def key(self) -> Key:
        return image_key(self.issue, self.name)

    @property
    def object_key(self) -> str:
        return f"{self.issue}/{self.file}"

    @property
    def decorates(self) -> bool:
        return not self.words

    def address(self, public_url: str) -> str:
        return f"{images_url(public_url)}{quote(self.issue, safe='')}/{self.file}"

    def item(self) -> Item:
        pk, sk = self.key
        facts = {"file": self.file, "width": self.width, "height": self.height, "size": self.size}
        about = {"words": dict(self.words), "by": self.by, "at": self.at}
        return {"pk": pk, "sk": sk, "kind": "issue_image", **facts, **about}


def images_url(public_url: str) -> str:
    """Return how the addresses of all images begin."""
    return f"{public_url}/newsletter/images/"


def image_key(issue: str, name: str) -> Key:
    return f"ISSUE#{issue}", f"{_KEY_PREFIX}{name}"


def _of(item: Item) -> IssueImage:
    return IssueImage(
        str(item["pk"]).partition("#")[2],
        str(item["sk"]).removeprefix(_KEY_PREFIX),
        str(item["file"]),
        int(item["width"]),
        int(item["height"]),
        int(item["size"]),
        item["words"],
        str(item["by"]),
        str(item["at"]),
    )


def owner_of(issue: str) -> str:
    """Return the issue whose images an issue shows: one that follows another has the other's."""
    return issue.partition(SUITE)[0]


def images_of(store: Store, issue: str) -> list[IssueImage]:
    """Return the images of an issue, in the order in which they came."""
    pk, prefix = image_key(owner_of(issue), "")
    return sorted(map(_of, store.rows(pk, prefix)), key=lambda one: one.at)


def image_at(store: Store, issue: str, file: str) -> IssueImage | None:
    """Return the image of an address; None where there is none."""
    named = _FILE.fullmatch(file)
    if named is None or not SLUG.fullmatch(issue):
        return None
    row = store.get(*image_key(issue, named[1]))
    return None if row is None or row["file"] != file else _of(row)


def with_images(store: Store, public_url: str, sources: Mapping[str, Source]) -> dict[str, Source]:
    """Return the sources of an issue with the images that its texts may name."""
    slugs: Iterable[str] = {one.slug for one in sources.values() if SLUG.fullmatch(one.slug)}
    images = [image for slug in slugs for image in images_of(store, slug)]
    return {
        lang: replace(
            source,
            images={
                one.name: PlacedImage(one.address(public_url), one.words.get(lang, ""), one.width)
                for one in images
            },
        )
        for lang, source in sources.items()
    }


def words_of(said: Mapping[str, str]) -> dict[str, str]:
    """Return what an image shows in each language, each on one line. Raises ImageRefused where one
    is missing, or longer than anybody listens to."""
    # Brackets are signs of the Markdown, and would be told as such.
    plain = str.maketrans("[]", "()")
    found: dict[str, str] = {lang: " ".join(said[lang].translate(plain).split()) for lang in LANGS}
    if not all(0 < len(words) <= WORDS_MAX_LENGTH for words in found.values()):
        raise ImageRefused("image_words")
    return found
