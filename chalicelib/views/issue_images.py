"""The images that were uploaded for issues, as mails and pages show them; nobody is counted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from chalicelib.core.errors import NotFound
from chalicelib.core.ports import Store
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issues.image import image_at, images_url
from chalicelib.web.request import Request
from chalicelib.web.responses import HTML, Response

if TYPE_CHECKING:
    from chalicelib.newsletter.issues.ports import ImageStore

SIGNED_SECONDS: Final = 3600
"""How long the bucket gives an image by one address."""

KEPT_SECONDS: Final = 300
"""How long whoever was led there may remember the way: far shorter than it lasts, for it ends with
the keys of the function that signed it too."""

ImageOrigins = Callable[[str], Sequence[str]]
"""Returns where the images of a text in HTML may come from."""


@dataclass(frozen=True)
class IssueImageViews:
    store: Store
    settings: Settings
    objects: "Callable[[], ImageStore]"

    def show(self, request: Request, issue: str, file: str) -> Response:
        """Lead to where the bucket gives an image, for a while."""
        found = image_at(self.store, issue, file)
        if found is None:
            raise NotFound(file)
        headers = {
            "Location": self.objects().shown(found.object_key, SIGNED_SECONDS),
            "Cache-Control": f"public, max-age={KEPT_SECONDS}",
            "X-Robots-Tag": "all",
        }
        return Response(302, "", HTML, headers)

    def origins(self, html: str) -> Sequence[str]:
        """Return where images may come from: our own sites; where the bucket gives them too, for a
        text that shows one which was uploaded."""
        sites = self.settings.image_origins
        if images_url(self.settings.public_url) not in html:
            return sites
        parts = urlsplit(self.objects().shown("none.png", 1))
        bucket = f"{parts.scheme}://{parts.netloc}"
        return tuple(dict.fromkeys((*sites, self.settings.public_origin, bucket)))
