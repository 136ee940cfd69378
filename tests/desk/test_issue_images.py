"""Images of an issue are brought at the desk, with their words, and shown in mail and archive."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from chalice.test import HTTPResponse

import files
from chalicelib.core.ports import Change
from chalicelib.newsletter.issues.image import IssueImage, images_of
from chalicelib.newsletter.issues.issue import APPROVED, SENDING, rendered_of
from chalicelib.newsletter.issues.newsroom import followed_by
from fakes import MemoryImages
from journey import Journey
from staff_browser import FIREFOX, StaffBrowser
from tests.desk.test_newsletter_desk import (
    PAGE,
    approved,
    editing,
    issue,
    rita,
    sample,
    save,
)

__all__ = ["rita"]

IMAGES = f"{PAGE}/images"
BUCKET = "https://bucket.example"


def post(browser: StaffBrowser, file: bytes | None, name: str, **fields: str) -> HTTPResponse:
    """Send the form of the page, with a file or without."""
    path = fields.pop("path", IMAGES)
    form = browser.token(path)
    jar = "; ".join(f"{key}={value}" for key, value in browser.cookies.items())
    return browser.visitor.request(
        "POST", path, body=files.form_data(file, name, nonce=form, **fields),
        Content_Type=files.SENT_WITH, Cookie=jar, Accept="text/html",
        Sec_Fetch_Site="same-origin", User_Agent=FIREFOX,
    )  # fmt: skip


def add(browser: StaffBrowser, name: str = "Café été.PNG", **fields: str) -> HTTPResponse:
    given = {"act": "add", "words_fr": "Un  café", "words_en": "A café"}
    return post(browser, files.sized_png(900, 2), name, **(given | fields))


def images(way: Journey) -> list[IssueImage]:
    return images_of(way.store, "2026-03")


def bucket(way: Journey) -> MemoryImages:
    found = way.service.parts.images()
    assert isinstance(found, MemoryImages)
    return found


def mail(way: Journey, lang: str = "fr") -> str:
    found = rendered_of(way.store, issue(way), lang)
    assert found is not None
    return found.html


def policy(page: HTTPResponse) -> str:
    return str(re.findall(r"img-src ([^;]*)", str(page.headers["Content-Security-Policy"]))[0])


@pytest.fixture
def written(rita: StaffBrowser) -> StaffBrowser:
    rita.post("/desk/newsletter", ("nonce", rita.token("/desk/newsletter")), ("slug", "2026-03"))
    assert save(rita, "images", **sample()).headers["Location"].endswith(IMAGES)
    return rita


def test_one_image_serves_both_texts_and_leads_to_the_bucket_for_a_while(
    way: Journey, written: StaffBrowser
) -> None:
    assert add(written, place="on").headers["Location"].endswith("done=image_placed_now")
    (image,) = images(way)
    assert (image.name, image.words) == ("cafe-ete", {"fr": "Un café", "en": "A café"})
    values = editing(way).read(issue(way))
    assert values["body_fr"].endswith("![](image:cafe-ete)")
    assert values["body_en"].endswith("![](image:cafe-ete)")
    address = image.address(way.service.settings.public_url)
    assert f'<img src="{address}" alt="Un café" width="552"' in mail(way)
    assert 'alt="A café"' in mail(way, "en")
    page = written.get(f"{IMAGES}?done=image_placed_now")
    assert f'src="{address}"' in page.body.decode()
    for one in (page, written.get(f"{PAGE}/preview?part=mail&of=fr"),
                written.get(f"{PAGE}/preview?part=page&of=en")):  # fmt: skip
        assert {"https://relais.example.org", BUCKET} <= set(policy(one).split())
    path = urlsplit(address).path.removeprefix("/api")
    told = way.visitor.request("GET", path, Accept="image/avif,image/webp,*/*;q=0.8")
    assert told.status_code == 302
    assert told.headers["Location"].startswith(f"{BUCKET}/2026-03/cafe-ete.")
    age = int(re.findall(r"max-age=(\d+)", told.headers["Cache-Control"])[0])
    assert age * 4 < int(told.headers["Location"].rpartition("=")[2]), "the way outlives its memory"
    assert bucket(way).bodies[image.object_key][0].startswith(b"\x89PNG")
    for wrong in (
        f"{path[:-5]}{'1' if path[-5] == '0' else '0'}.png",
        path.replace("2026-03", "2026-04"),
        "/newsletter/images/a/b",
    ):
        assert way.visitor.get(wrong).status_code == 404
    assert "rien ne bloque" in save(written, "check").body.decode()


def test_a_page_of_the_archive_shows_its_images_and_one_without_asks_no_bucket(
    way: Journey, written: StaffBrowser
) -> None:
    def archived() -> HTTPResponse:
        sent = {"status": SENDING, "started_at": "2026-03-02T09:00:00Z"}
        way.store.commit([Change(issue(way).key, set=sent)])
        return way.visitor.page("/newsletter/archive/2026-03?lang=fr")

    add(written, place="on")
    found = archived()
    assert BUCKET in policy(found)
    assert 'alt="Un café"' in found.body.decode()
    told = post(written, None, "", act="remove:cafe-ete")
    assert told.status_code == 409, "what has left keeps its images"
    assert add(written).status_code == 409
    assert len(bucket(way).bodies) == 1


def test_what_is_not_whole_keeps_nothing_but_what_was_typed(
    way: Journey, written: StaffBrowser
) -> None:
    told = add(written, words_en="")
    assert "Dites ce que l’image montre" in told.body.decode()
    assert 'value="Un  café"' in told.body.decode()
    assert add(written, words_fr="a" * 301).status_code == 422
    assert add(written, act="describe:gone").status_code == 404
    assert add(written, act="eat").status_code == 404
    for body in (files.pdf(), b"", b"x" * 1_100_000, b"x" * 3_900_000):
        told = post(written, body, "a.png", act="add", words_fr="Un café", words_en="A café")
        assert told.status_code == 422
        assert 'value="Un café"' in told.body.decode()
    assert "dépasse 1\u00a0Mo" in unescape(told.body.decode()), "and what to do is said"
    assert "1\u00a0200 pixels de large" in unescape(told.body.decode())
    assert bucket(way).bodies == {}
    assert images(way) == []


def test_other_words_are_in_both_texts_at_once_and_end_an_approval_that_says_so(
    way: Journey, rita: StaffBrowser
) -> None:
    approved(way, rita)
    assert add(rita, place="on").headers["Location"].endswith("done=image_added")
    assert issue(way).status == APPROVED, "an image that no text names changes nothing"
    add(rita, "cafe-ete.png", decorates="on", words_fr="")
    assert [(one.name, one.decorates) for one in images(way)] == [
        ("cafe-ete", False),
        ("cafe-ete-2", True),
    ]
    words = {"act": "describe:cafe-ete", "words_fr": "Deux cafés", "words_en": "Two"}
    assert post(rita, None, "", **words).status_code == 409
    assert images(way)[0].words["fr"] == "Un café"
    save(rita, edit="on", body_fr="![](image:cafe-ete)", body_en="![](image:cafe-ete)")
    version = issue(way).version
    assert post(rita, None, "", **words).status_code == 303
    assert 'alt="Deux cafés"' in mail(way)
    assert issue(way).version == version + 1, "another text, to be checked and approved anew"
    told = post(rita, None, "", act="remove:cafe-ete")
    assert "Un texte nomme encore cette image" in told.body.decode()
    assert post(rita, None, "", act="remove:cafe-ete-2").status_code == 303
    assert [one.name for one in images(way)] == ["cafe-ete"]
    assert len(bucket(way).bodies) == 1


def test_a_death_after_the_object_leaves_what_the_sweep_takes_and_nothing_else(
    way: Journey, written: StaffBrowser
) -> None:
    add(written)
    bucket(way).before = lambda key: way.store.commit(
        [Change(issue(way).key, add={"events": 1})]  # somebody else is faster
    )
    assert add(written, "autre.png").status_code == 409
    assert len(bucket(way).bodies) == 2
    assert way.service.issues.sweep_images() == 0, "a row may be on its way"
    way.clock.now += timedelta(days=2)
    assert way.service.issues.sweep_images() == 1
    assert list(bucket(way).bodies) == [images(way)[0].object_key]


def test_an_issue_has_twelve_images_at_most_and_another_one_its_own(
    way: Journey, written: StaffBrowser
) -> None:
    add(written, "x.png")
    first = images(way)[0]
    for number in range(11):
        row = first.item() | {"sk": f"IMAGE#y{number}"}
        way.store.items[row["pk"], row["sk"]] = row
    told = add(written)
    assert told.status_code == 422
    assert "retirez-en d’abord une" in told.body.decode()
    assert images_of(way.store, followed_by("2026-03")) == images(way), (
        "one that follows shows them"
    )
    assert images_of(way.store, "2026-04") == []
