"""The images of an issue: brought by staff, described, placed, taken away, and swept."""

import re
import secrets
import unicodedata
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.free_name import free_name
from chalicelib.core.ports import Change, Check, Delete, Now, Put, Store, Write
from chalicelib.core.records import stamp
from chalicelib.forms.drafts.merging import digests
from chalicelib.newsletter.issues.both_texts import Values
from chalicelib.newsletter.issues.drafting import standing_of
from chalicelib.newsletter.issues.editing import Editing, Written
from chalicelib.newsletter.issues.image import (
    ImageRefused,
    IssueImage,
    image_at,
    images_of,
    owner_of,
)
from chalicelib.newsletter.issues.image_bytes import made_anew
from chalicelib.newsletter.issues.image_placing import line_of, names
from chalicelib.newsletter.issues.issue import Issue

if TYPE_CHECKING:
    from chalicelib.newsletter.issues.ports import ImageStore

MOST_IMAGES: Final = 12
"""Images of an issue: a mail with more is a gallery."""

IMAGE_NAME_MAX_LENGTH: Final = 30

UNOWNED: Final = timedelta(days=1)
"""How old an object without a row is when it is deleted: the row of a younger one may be on its
way."""


@dataclass(frozen=True)
class IssueImages:
    """Each method raises ImageRefused where nothing was done. An object is written before its row
    and deleted after it: what dies in between leaves an object that nobody names, which is swept."""

    store: Store
    objects: "Callable[[], ImageStore]"
    editing: Editing
    now: Now

    def add(
        self, issue: Issue, file_name: str, body: bytes, words: Mapping[str, str], by: str
    ) -> IssueImage:
        """Keep an image; without `words` it decorates. Raises ImageRefused, and StoreDown."""
        _require_open(issue)
        there = images_of(self.store, issue.id)
        if len(there) >= MOST_IMAGES:
            raise ImageRefused("image_many")
        picture = made_anew(body)
        name = _image_name(file_name, {one.name for one in there})
        image = IssueImage(
            owner_of(issue.id),
            name,
            f"{name}.{secrets.token_hex(16)}.{picture.kind}",
            picture.width,
            picture.height,
            len(picture.body),
            words,
            by,
            stamp(self.now()),
        )
        self.objects().put(image.object_key, picture.body)
        self._commit(issue, Put(image.item()))
        return image

    def place(self, issue: Issue, image: IssueImage, by: str, *, edit: bool) -> Written:
        """Put an image at the end of both texts, and save them."""
        values = self.editing.read(issue)
        line = line_of(image.name)
        placed = {
            name: f"{text.rstrip()}\n\n{line}\n" if name.startswith("body_") else text
            for name, text in values.items()
        }
        return self.editing.save(issue.id, placed, digests(values), by, edit=edit)

    def describe(
        self, issue: Issue, name: str, words: Mapping[str, str], by: str, *, edit: bool
    ) -> Written:
        """Change what an image shows, and both texts with it. Raises NotFound."""
        image = self._named(issue, name)
        _require_open(issue, edit=edit)
        expected = {"file": image.file}
        self._commit(issue, Change(image.key, expect=expected, set={"words": dict(words)}))
        values = self.editing.read(issue)
        return self.editing.save(issue.id, values, digests(values), by, edit=edit)

    def remove(self, issue: Issue, name: str) -> None:
        """Take an image away that neither text names. Raises NotFound."""
        image = self._named(issue, name)
        _require_open(issue)
        if self.is_placed(self.editing.read(issue), name):
            raise ImageRefused("image_placed")
        if image.issue != issue.id:
            raise ImageRefused("image_shared")
        self._commit(issue, Delete(image.key, {"file": image.file}))
        self.objects().delete(image.object_key)

    @staticmethod
    def is_placed(values: Values, name: str) -> bool:
        """Return whether one of the texts names an image."""
        return any(names(text, name) for field, text in values.items() if field.startswith("body_"))

    def _named(self, issue: Issue, name: str) -> IssueImage:
        found = next((one for one in images_of(self.store, issue.id) if one.name == name), None)
        if found is None:
            raise NotFound(name)
        return found

    def _commit(self, issue: Issue, write: Write) -> None:
        """Write, unless somebody did something with the issue meanwhile: it may have left."""
        try:
            self.store.commit([write, Check(issue.key, {"events": issue.events})])
        except Conflict:
            raise ImageRefused("moved") from None


def sweep(store: Store, objects: "ImageStore", now: datetime) -> int:
    """Delete the objects that no row names any more; return how many there were."""
    before, found = now - UNOWNED, 0
    for one in objects.all():
        issue, _, file = one.key.partition("/")
        if one.at < before and image_at(store, issue, file) is None:
            objects.delete(one.key)
            found += 1
    return found


def _require_open(issue: Issue, *, edit: bool = True) -> None:
    standing = standing_of(issue)
    if standing == "begun":
        raise ImageRefused("begun")
    if standing == "approved" and not edit:
        raise ImageRefused("approved")


def _image_name(file_name: str, taken: Container[str]) -> str:
    """Return a name for the Markdown, made of that of the file: `Café été.JPG` → `cafe-ete`."""
    plain = unicodedata.normalize("NFKD", file_name.rpartition(".")[0] or file_name).lower()
    words = re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode())
    return free_name("-".join(words)[:IMAGE_NAME_MAX_LENGTH].strip("-") or "image", taken)
