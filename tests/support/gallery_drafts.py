"""The pages of a form in steps, for the gallery."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import files
import samples
from chalicelib.core.records import stamp
from chalicelib.forms.attachments.ports import CLEAN, THREATS
from chalicelib.forms.drafts.draft import section_ids
from sample_parts import part
from visitor import hidden, token

if TYPE_CHECKING:
    from gallery import Walk


def drafts(walk: "Walk") -> Iterator[tuple[str, str]]:
    """One draft from its first page to what is left of it, and another that is deleted."""
    yield "draft-start", walk.page("/forms/eoi")
    url = f"/draft/{_sent(walk, '/draft', {'form': 'eoi'})['links']['draft'].rpartition('/')[2]}"
    yield "draft-link", walk.page(url)
    yield "draft-section", walk.page(f"{url}/contact")
    # More rows than are shown in full, of which one is wrong.
    partners = [*samples.EOI["partners"] * 2, {"sector": "public"}]
    wrong = {"contact_email": "ada@", "contact_phone": "12", "partners": partners}
    for name in section_ids("eoi"):
        fields = part("eoi", name, **wrong)
        _sent(walk, f"{url}/{name}", {"version": 0, "fields": fields})
    yield "draft-section-errors", walk.page(f"{url}/contact?check=1")
    yield "draft-section-rows", walk.page(f"{url}/collective?check=1")
    row = re.findall(r"change:partners:(\w+)", walk.page(f"{url}/collective"))[0]
    yield "draft-row", walk.page(f"{url}/collective?row=partners.{row}")
    yield "draft-check-errors", walk.page(f"{url}/check")
    colleague = {"email": "zoe@example.org", "name": "Zoé"}
    _posted(walk, f"{url}/colleagues", {**colleague, "lang": walk.lang})
    _posted(walk, f"{url}/later", {"email": "eve@example.org", "lang": walk.lang})
    yield (
        "draft-both",
        _posted(
            walk,
            f"{url}/contact",
            {"version": "9", "contact_email": "eve@example.org", "lang": walk.lang},
        ),
    )
    for name in ("contact", "collective"):
        fields = part("eoi", name, contact_email="eve@example.org")
        _sent(walk, f"{url}/{name}", {"version": 1, "fields": fields})
    for page in ("tasks", "check", "later", "colleagues", "delete"):
        yield f"draft-{page}", walk.page(f"{url}/{page}")
    walk.deliver()
    for row in walk.store.kinds("draft"):
        # Its end comes near, and nobody else's time passes.
        row |= {"due_at": stamp(walk.clock.now)} if "due_at" in row else {}
    walk.deliver()
    yield "draft-link-kept", _posted(walk, url, {"do": "extend", "lang": walk.lang})
    _sent(walk, f"{url}/check", {"person": "on"})
    yield "draft-sent", walk.page(f"{url}/tasks")
    other = f"/draft/{_sent(walk, '/draft', {'form': 'eoi'})['links']['draft'].rpartition('/')[2]}"
    yield "draft-deleted", _posted(walk, f"{other}/delete", {"confirm": "on", "lang": walk.lang})


def documents(walk: "Walk") -> Iterator[tuple[str, str]]:
    """Documents of an application: on their page, refused, large, checked, and in the file."""
    begun = {"form": "application", "invite": walk.invited("doc@example.org")}
    url = f"/draft/{_sent(walk, '/draft', begun)['links']['draft'].rpartition('/')[2]}"
    for name in section_ids("application"):
        applicant = {"applicant_email": "doc@example.org", "applicant_language": walk.lang}
        fields = part("application", name, **applicant)
        _sent(walk, f"{url}/{name}", {"version": 0, "fields": fields})
    _brought(walk, f"{url}/documents", files.pdf(), "file_coach_quote")
    _brought(walk, f"{url}/documents", files.png(), "file_other")
    walk.scan(CLEAN)
    _brought(walk, f"{url}/documents", files.docx(), "file_other")
    yield "draft-documents", walk.page(f"{url}/documents")
    yield (
        "draft-documents-errors",
        _brought(walk, f"{url}/documents", b"MZ" + bytes(90), "file_board_support"),
    )
    large = {"do": "large:file_other", "lang": walk.lang}
    yield "draft-document", _posted(walk, f"{url}/documents", large)
    yield "draft-documents-check", walk.page(f"{url}/check")
    _sent(walk, f"{url}/check", {"person": "on"})
    walk.scan(THREATS)
    walk.deliver()
    own = token(walk.mailer.to("doc@example.org")[-1].text, "file")
    yield "file-documents", walk.page(f"/file/{own}")
    more = f"/file/{own}?do=documents"
    page = walk.page(more)
    proofs = {"nonce": hidden(page, "nonce"), "action": "add_document"}
    _brought(walk, more, files.pdf(), "file_board_support", **proofs)
    yield "file-added", walk.page(f"{more}&done=sent")
    yield "file-added-errors", _brought(walk, more, b"MZ" + bytes(90), "file_other", **proofs)
    for row in walk.store.kinds("letter"):
        if row["letter"] == "staff_documents_added":
            # The morning comes, and nobody else's time passes.
            row["due_at"] = stamp(walk.clock.now)
    walk.deliver()


def _brought(walk: "Walk", url: str, body: bytes, key: str, **more: str) -> str:
    """Return the page after a file was brought."""
    sent = files.form_data(body, do=f"add:{key}", lang=walk.lang, **more)
    answer = walk.visitor.request(
        "POST", url, sent, Accept="text/html", Content_Type=files.SENT_WITH
    )
    return str(answer.body.decode())


def _sent(walk: "Walk", path: str, fields: dict[str, Any]) -> Any:
    """Return what a script is told."""
    return walk.visitor.send(path, fields).json_body


def _posted(walk: "Walk", path: str, fields: dict[str, str]) -> str:
    """Return the page that a browser is shown."""
    return walk.visitor.submit(path, list(fields.items())).body.decode()
