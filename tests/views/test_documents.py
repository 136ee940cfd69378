"""Documents beside a form, from the page that takes them to the day when nothing of them is left."""

import html
import io
import re
import zipfile
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import files
import samples
from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput
from chalicelib.core import references
from chalicelib.core.errors import StoreDown
from chalicelib.core.languages import LANGS
from chalicelib.forms.attachment import DIRECT_BYTES, LARGE_BYTES, OFFER_BYTES, SCAN_PATIENCE
from chalicelib.forms.attachments.ports import CLEAN, THREATS, UNSUPPORTED
from chalicelib.forms.drafts.draft import RETENTION, section_ids
from chalicelib.people.erasure import ErasureDecision
from chalicelib.people.export import zipped
from chalicelib.wiring.drafts import FormDrafts
from fakes import MemoryDocuments
from journey import ADA, RITA, Journey
from sample_parts import part
from staff_browser import StaffBrowser
from visitor import hidden, token

PAGE = {"Accept": "text/html", "Content-Type": files.SENT_WITH}
SCRIPT = {"Content-Type": files.SENT_WITH}


def draft_of(way: Journey, **fields: str) -> str:
    told = way.visitor.send("/draft", {"form": "application", **(fields or {"uninvited": "1"})})
    return f"/draft/{told.json_body['links']['draft'].rpartition('/')[2]}"


def filled(way: Journey, **fields: str) -> str:
    url = draft_of(way, **fields)
    for name in section_ids("application"):
        way.visitor.send(f"{url}/{name}", {"version": 0, "fields": part("application", name)})
    way.clock.pass_(minutes=5)
    return url


def invited(way: Journey) -> str:
    way.declare()
    way.decide(RITA, decision="approve")
    way.after_undo()
    return way.invite()


def add(
    way: Journey, url: str, body: bytes | None = None, field: str = "file_other", **more: Any
) -> Any:
    headers = more.pop("headers", SCRIPT)
    sent = files.form_data(files.pdf() if body is None else body, do=f"add:{field}", **more)
    return way.visitor.request("POST", f"{url}/documents", sent, **headers)


def listed(way: Journey, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = way.visitor.get(f"{url}/documents").json_body["documents"]
    return found


def sweep(way: Journey, **later: int) -> dict[str, int]:
    way.clock.pass_(**(later or {"minutes": 3}))
    found: dict[str, int] = way.service.mail.outbox.sweep()
    return found


def scanned(way: Journey, documents: MemoryDocuments, result: str = CLEAN) -> None:
    """What the scan does: it tags every object, and tells of it."""
    for key in documents.bodies:
        documents.results.setdefault(key, result)
        way.service.drafts.minder.heard(key)


def send(way: Journey, url: str) -> Any:
    return way.visitor.send(f"{url}/check", {})


def rows(way: Journey) -> list[dict[str, Any]]:
    return way.store.kinds("attachment")


def nothing_is_left(way: Journey, documents: MemoryDocuments) -> bool:
    way.service.drafts.minder.sweep()
    sweep(way)
    owned = {f"incoming/{row['pk'].partition('#')[2]}" for row in rows(way)}
    return set(documents.bodies) == owned


@pytest.mark.parametrize("name", files.WRONG)
def test_a_wrong_file_is_refused_on_the_page_in_words_and_leaves_nothing(
    way: Journey, documents: MemoryDocuments, name: str
) -> None:
    url = draft_of(way)
    body, code = files.WRONG[name]
    told = add(way, url, body)
    assert told.status_code == 422
    assert [(e["field"], e["code"]) for e in told.json_body["errors"]] == [("file_other", code)]
    assert (documents.bodies, rows(way), listed(way, url)) == ({}, [], [])


@pytest.mark.parametrize("lang", LANGS)
def test_a_page_says_beside_the_field_why_a_file_is_refused(way: Journey, lang: str) -> None:
    url = draft_of(way)
    for body, field in ((b"", "file_other"), (files.EICAR, "file_coach_quote")):
        answer = add(way, url, body, field, headers=PAGE, lang=lang)
        page = answer.body.decode()
        assert answer.status_code == 422
        assert f'lang="{lang}-CA"' in page
        assert f'id="f-{field.replace("_", "-")}-error"' in page
    assert add(way, url, field="file_nothing", lang=lang).status_code == 404
    assert add(way, url, field="", lang=lang).status_code == 404


def test_a_file_over_four_megabytes_is_told_of_the_other_way(
    way: Journey, documents: MemoryDocuments
) -> None:
    url = draft_of(way)
    over = files.pdf(b"x" * DIRECT_BYTES)
    assert add(way, url, over).json_body["errors"][0]["code"] == "file_large"
    for lang, words in (("fr", "document volumineux"), ("en", "large document")):
        page = way.visitor.page(f"{url}/documents?lang={lang}").body.decode()
        (action,) = set(re.findall(r'action="[^"]*/api(/[^"]*)" enctype', page))
        sent = files.form_data(files.pdf(b"x" * (DIRECT_BYTES + 70_000)))
        far_over = way.visitor.request("POST", action, sent, **PAGE)
        assert far_over.status_code == 413
        assert words in far_over.body.decode()
    assert documents.bodies == {}


def test_a_document_is_added_replaced_and_removed_and_the_page_shows_each(
    way: Journey, documents: MemoryDocuments
) -> None:
    url = draft_of(way)
    assert add(way, url, field="file_coach_quote", headers=PAGE).status_code == 303
    (first,) = listed(way, url)
    assert (first["name"], first["state"], first["url"]) == ("entente.pdf", "scanning", "")
    page = way.visitor.page(f"{url}/documents?lang=en").body.decode()
    assert "Replace with another file" in page
    added = add(way, url, files.png(), "file_coach_quote", name="Café.pdf", replaces=first["id"])
    (second,) = added.json_body["documents"]
    assert second["name"] == "Café.png", "its bytes say what it is"
    sweep(way)
    assert list(documents.bodies) == [f"incoming/{second['id']}"], "the first one is gone"
    removed = way.visitor.submit(f"{url}/documents", [("do", f"remove:{second['id']}")])
    assert removed.status_code == 303
    assert listed(way, url) == []
    sweep(way)
    assert (documents.bodies, rows(way)) == ({}, [])


def test_there_is_room_for_as_many_as_the_form_says_and_again_after_one_is_removed(
    way: Journey, documents: MemoryDocuments
) -> None:
    url = draft_of(way)
    bodies = [files.pdf(number) for number in (b"1", b"2", b"3", b"4")]
    assert [add(way, url, body).status_code for body in bodies] == [200, 200, 200, 422]
    way.visitor.submit(f"{url}/documents", [("do", f"remove:{listed(way, url)[0]['id']}")])
    assert add(way, url).status_code == 200
    assert len(listed(way, url)) == 3
    assert nothing_is_left(way, documents)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(("field", "replacing"), [
    ("file_other", False), ("file_other", True), ("file_coach_quote", False), ("file_coach_quote", True),
])  # fmt: skip
def test_a_document_whose_button_is_pressed_three_times_is_kept_once(
    way: Journey, documents: MemoryDocuments, field: str, replacing: bool, at_once: bool
) -> None:
    url = draft_of(way)
    more: dict[str, Any] = {}
    if replacing:
        add(way, url, files.png(), field)
        more = {"replaces": listed(way, url)[0]["id"]}
    left = iter([True, True] if at_once else [])

    def another_first(key: str) -> None:
        if next(left, False):
            assert add(way, url, field=field, **more).status_code == 200

    documents.before = another_first
    told = [add(way, url, field=field, **more).status_code for _ in range(1 if at_once else 3)]
    assert set(told) == {200}
    assert [one["name"] for one in listed(way, url)] == ["entente.pdf"]
    assert nothing_is_left(way, documents)
    (one,) = listed(way, url)
    way.visitor.submit(f"{url}/documents", [("do", f"remove:{one['id']}")])
    assert add(way, url, field=field).status_code == 200, "what was taken out may come again"
    assert len(listed(way, url)) == 1


def test_of_two_who_replace_one_document_the_second_is_told(
    way: Journey, documents: MemoryDocuments
) -> None:
    url = draft_of(way)
    add(way, url, field="file_coach_quote")
    (seen,) = listed(way, url)
    assert add(way, url, field="file_coach_quote", replaces=seen["id"]).status_code == 200
    late = add(way, url, files.png(), "file_coach_quote", replaces=seen["id"])
    assert late.json_body["errors"][0]["code"] == "file_changed"
    without = add(way, url, files.png(), "file_coach_quote")
    assert without.json_body["errors"][0]["code"] == "file_changed"
    # And in the very moment in which the other one arrives.
    (now,) = listed(way, url)
    rival = iter([True])

    def at_once(key: str) -> None:
        if next(rival, False):
            add(way, url, files.png(), "file_coach_quote", replaces=now["id"])

    documents.before = at_once
    lost = add(way, url, files.odt(), "file_coach_quote", replaces=now["id"])
    assert lost.json_body["errors"][0]["code"] == "file_changed"
    assert [one["name"] for one in listed(way, url)] == ["entente.png"]
    assert nothing_is_left(way, documents)


def test_a_document_is_saved_only_once_it_is_clean_and_never_shown_inline(
    way: Journey, documents: MemoryDocuments
) -> None:
    url = draft_of(way)
    add(way, url, name="Entente signée.pdf")
    (one,) = listed(way, url)
    refused = way.visitor.page(f"{url}/documents?document={one['id']}")
    assert refused.status_code == 404
    scanned(way, documents)
    (one,) = listed(way, url)
    saved = way.visitor.page(f"{url}{one['url'].partition(url)[2]}")
    assert saved.status_code == 303
    assert saved.headers["X-Content-Type-Options"] == "nosniff"
    assert saved.headers["Location"].startswith("https://bucket.example/incoming/")
    other = draft_of(way)
    assert way.visitor.page(f"{other}/documents?document={one['id']}").status_code == 404


@pytest.mark.parametrize(
    ("result", "state", "words"),
    [(THREATS, "held_back", "logiciel malveillant"), (UNSUPPORTED, "refused", "mot de passe")],
)
def test_what_the_scan_finds_is_shut_and_told_and_the_form_can_still_be_sent(
    way: Journey, documents: MemoryDocuments, result: str, state: str, words: str
) -> None:
    url = filled(way)
    add(way, url, files.pdf(files.EICAR))
    scanned(way, documents, result)
    (one,) = listed(way, url)
    assert (one["state"], one["url"]) == (state, "")
    assert words in one["why"]
    assert words in html.unescape(way.visitor.page(f"{url}/check?lang=fr").body.decode())
    assert way.visitor.page(f"{url}/documents?document={one['id']}").status_code == 404
    assert send(way, url).status_code == 201
    sweep(way, days=31)
    assert documents.bodies == {}, "a quarantine ends"
    assert len(rows(way)) == 1, "and what it was about is still told"


def test_a_form_that_is_sent_during_the_scan_keeps_its_document_and_staff_hear_of_it(
    way: Journey, documents: MemoryDocuments
) -> None:
    token = invited(way)
    url = filled(way, invite=token)
    add(way, url, field="file_coach_quote")
    add(way, url, files.docx(), name="plan.docx")
    assert send(way, url).status_code == 201
    way.deliver()
    (case,) = way.store.kinds("case")
    review = way.review(RITA)
    before = html.unescape(way.visitor.page(review).body.decode())
    assert "En cours d’analyse" in before
    first, second = case["attachments"]
    documents.results = {f"incoming/{first}": CLEAN, f"incoming/{second}": THREATS}
    scanned(way, documents)
    scanned(way, documents)
    way.deliver()
    assert len(way.letters(RITA, "est sain")) == 1
    assert len(way.letters(RITA, "logiciel malveillant")) == 1
    assert len(way.letters(ADA, "nous envoyer de nouveau") or way.letters(ADA, "logiciel")) == 1
    review = way.review(RITA)
    page = html.unescape(way.visitor.page(review).body.decode())
    (address,) = re.findall(r'href="([^"]*document=[^"]*)"', page)
    told = urlsplit(address)
    saved = way.visitor.page(f"{told.path.removeprefix('/api')}?{told.query}")
    assert saved.headers["Location"].startswith(f"https://bucket.example/incoming/{first}")
    shut = way.visitor.page(f"{review}?document={second}")
    assert shut.status_code == 404
    own = html.unescape(way.visitor.page(way.own()).body.decode())
    assert "Vos documents" in own
    assert "à partir d’un autre appareil" in own
    mine = way.visitor.page(f"{way.own()}?document={first}")
    assert mine.status_code == 303


def test_staff_at_the_desk_save_a_document_and_one_who_stands_back_does_not(
    way: Journey, documents: MemoryDocuments
) -> None:
    url = filled(way, invite=invited(way))
    add(way, url)
    scanned(way, documents)
    send(way, url)
    (case,) = way.store.kinds("case")
    (one,) = case["attachments"]
    browser = StaffBrowser(way.visitor)
    browser.sign_in(RITA, way.mailer, way.deliver)
    path = f"/desk/files/{references.reference('application', case['id'])}"
    assert "Documents" in browser.get(path).body.decode()
    assert browser.get(f"{path}?document={one}").status_code == 303
    way.store.items["CASE#" + case["id"], "CASE"]["recused"] = ["rita-roy"]
    assert browser.get(f"{path}?document={one}").status_code != 303


def test_a_scan_without_a_result_leaves_a_document_shut_and_alarms_until_there_is_one(
    way: Journey, documents: MemoryDocuments, capsys: pytest.CaptureFixture[str]
) -> None:
    url = draft_of(way)
    add(way, url)
    assert sweep(way) == {"scanning": 1}
    assert "unscanned" not in capsys.readouterr().out
    assert sweep(way, seconds=SCAN_PATIENCE.seconds) == {"late": 1}
    assert '"test-unscanned-attachment-seconds": ' in capsys.readouterr().out
    (one,) = listed(way, url)
    assert (one["state"], one["url"]) == ("late", "")
    for key in documents.bodies:
        documents.results[key] = "FAILED"
    assert sweep(way, hours=2) == {"late": 1}
    for key in documents.bodies:
        documents.results[key] = CLEAN
    assert sweep(way, hours=2) == {"clean": 1}
    assert listed(way, url)[0]["state"] == "clean"


def offered(way: Journey, url: str) -> dict[str, Any]:
    given = files.form_data(do="large:file_other")
    answer = way.visitor.request("POST", f"{url}/documents", given, **SCRIPT)
    assert answer.status_code == 200, answer.body
    found: dict[str, Any] = answer.json_body
    return found


def test_a_large_document_goes_to_the_bucket_comes_back_and_is_looked_at_once_it_is_clean(
    way: Journey, documents: MemoryDocuments
) -> None:
    url = draft_of(way)
    told = offered(way, url)
    assert told["fields"]["policy"] == f"1-{OFFER_BYTES}"
    back = urlsplit(told["fields"]["success_action_redirect"])
    assert parse_qs(back.query)["came"] == [told["id"]]
    early = way.visitor.page(f"{url}/documents?came={told['id']}")
    assert "done=lost" in early.headers["Location"]
    documents.put(told["fields"]["key"], files.docx())
    for _ in range(2):
        came = way.visitor.page(f"{url}/documents?came={told['id']}")
        assert "done=sent" in came.headers["Location"]
    (one,) = listed(way, url)
    assert (one["state"], one["name"]) == ("scanning", "Autres documents")
    scanned(way, documents)
    assert [(o["state"], o["name"]) for o in listed(way, url)] == [
        ("clean", "Autres documents.docx")
    ]
    page = way.visitor.submit(f"{url}/documents", [("do", "large:file_other"), ("lang", "fr")])
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://bucket.example;" in policy


@pytest.mark.parametrize("sent", [False, True])
def test_a_document_over_the_limit_of_large_ones_is_refused_on_the_page_and_leaves_nothing(
    way: Journey, documents: MemoryDocuments, sent: bool
) -> None:
    """The bucket takes in more than we keep, for it would refuse in XML."""
    url = f"{sent_file(way)}?do=documents" if sent else f"{draft_of(way)}/documents"
    for lang in LANGS:
        address = f"{url}{'&' if sent else '?'}lang={lang}"
        proof = {"action": "add_document", "do": "large:file_other"}
        if sent:
            proof["nonce"] = hidden(way.visitor.page(address).body.decode(), "nonce")
        offer = way.visitor.send(address, proof).json_body
        assert set(offer) == {"id", "url", "fields"}, "as the script of the page asks for it"
        page = way.visitor.submit(address, list(proof.items())).body.decode()
        again = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page))
        assert again["do"] == "large:file_other", "the button that renews the page"
        documents.put(again["key"], b"%PDF" + bytes(LARGE_BYTES))
        back = again["success_action_redirect"].replace("&amp;", "&").partition("/api")[2]
        told = way.visitor.page(back).headers["Location"].partition("/api")[2]
        shown = way.visitor.page(told).body.decode()
        assert content.messages()["file_over"][lang] in shown
        assert 'role="alert"' in shown
        way.service.drafts.minder.heard(again["key"])
        assert documents.bodies == {}
        assert sweep(way, minutes=80) == {"deleted": 1}, "the offer that nobody took"
        assert rows(way) == []


@pytest.mark.parametrize("wrong_kind", [True, False])
def test_other_bytes_under_the_key_of_a_large_document_are_looked_at_anew(
    way: Journey, documents: MemoryDocuments, wrong_kind: bool
) -> None:
    url = filled(way, invite=invited(way))
    way.visitor.send(f"{url}/documents", {"do": "large:file_other"})
    (row,) = rows(way)
    key = f"incoming/{row['pk'].partition('#')[2]}"
    way.visitor.get(f"{url}/documents?came={key[9:]}")
    wrong = files.WRONG["a page"][0] if wrong_kind else b"%PDF" + bytes(LARGE_BYTES)
    for body, state in ((files.pdf(), "clean"), (wrong, "refused")):
        documents.put(key, body)
        documents.results.pop(key, None)
        if state == "clean":
            way.visitor.page(f"{url}/documents?came={key[9:]}")
        else:
            opened = way.visitor.page(f"{url}/documents?document={key[9:]}")
            assert opened.status_code == 404
        scanned(way, documents)
        assert rows(way)[0]["state"] == state
    assert nothing_is_left(way, documents)


@pytest.mark.parametrize("scan", [CLEAN, ""])
def test_a_large_document_that_comes_back_out_of_a_copy_is_opened_again_and_told_of_once(
    way: Journey, documents: MemoryDocuments, scan: str
) -> None:
    """`aws s3 sync` sends what is large in parts, and S3 then marks the same bytes otherwise."""
    url = filled(way, invite=invited(way))
    key = offered(way, url)["fields"]["key"]
    documents.put(key, files.pdf())
    way.visitor.page(f"{url}/documents?came={key[9:]}")
    send(way, url)
    scanned(way, documents)
    way.deliver()
    letters, file = len(way.mailer.sent), f"/file/{token(way.mailer.to(ADA)[-1].text, 'file')}"
    documents.marks[key] = "of two parts"
    documents.results.pop(key)
    opened = f"{file}?document={key[9:]}"
    assert way.visitor.page(opened).status_code == 404, "nobody has scanned it yet"
    if not scan:
        documents.results[key] = "FAILED"
        scanned(way, documents)
        documents.results[key] = CLEAN
    scanned(way, documents)
    assert way.visitor.page(opened).status_code == 303
    way.deliver()
    assert len(way.mailer.sent) == letters
    (row,) = rows(way)
    assert (row["state"], row["mark"]) == ("clean", "of two parts")


@pytest.mark.parametrize("name", list(files.WRONG)[::5])
def test_a_large_document_of_the_wrong_kind_is_found_when_it_is_read(
    way: Journey, documents: MemoryDocuments, name: str
) -> None:
    url = draft_of(way)
    told = offered(way, url)
    body, code = files.WRONG[name]
    documents.put(told["fields"]["key"], body)
    scanned(way, documents)
    (one,) = listed(way, url)
    assert one["state"] == "refused"
    assert [row["why"] for row in rows(way)] == [code]


def test_a_browser_that_never_comes_back_loses_nothing_and_one_that_sent_nothing_leaves_nothing(
    way: Journey, documents: MemoryDocuments
) -> None:
    url = draft_of(way)
    told = offered(way, url)
    documents.put(told["fields"]["key"], files.pdf())
    offered(way, url)
    sweep(way, minutes=80)
    assert [one["state"] for one in listed(way, url)] == ["scanning"]
    assert len(rows(way)) == 1
    for _ in range(3):
        told = offered(way, url)
        documents.put(told["fields"]["key"], files.pdf())
    sweep(way, minutes=80)
    assert len(listed(way, url)) == 3, "one had no room"
    assert nothing_is_left(way, documents)


def test_whoever_dies_on_the_way_leaves_nothing_that_the_sweep_does_not_find(
    way: Journey, documents: MemoryDocuments
) -> None:
    url = draft_of(way)
    documents.failing = [RuntimeError("died before the bytes were there")]
    add(way, url)

    def die(writes: Any) -> None:
        if any("scanning" in getattr(write, "set", {}).values() for write in writes):
            raise RuntimeError("died after the bytes were there")

    way.store.before = die
    add(way, url)
    way.store.before = lambda writes: None
    assert listed(way, url) == []
    assert (len(rows(way)), len(documents.bodies)) == (2, 1)
    sweep(way)
    documents.put("incoming/of-nobody", b"x")
    way.clock.pass_(hours=3)
    # What the first sweep took up stands in the draft; nothing else is left.
    way.service.drafts.minder.sweep()
    assert {f"incoming/{one['id']}" for one in listed(way, url)} == set(documents.bodies)


@pytest.mark.parametrize("end", ["deleted", "expired", "sent without it", "erased", "forgotten"])
def test_documents_go_with_what_they_are_of(
    way: Journey, documents: MemoryDocuments, end: str
) -> None:
    url = filled(way)
    add(way, url)
    scanned(way, documents)
    if end == "deleted":
        way.visitor.submit(f"{url}/delete", [("confirm", "on")])
    if end == "expired":
        way.clock.pass_(days=RETENTION.days + 1)
    if end == "sent without it":
        told = offered(way, url)
        send(way, url)
        documents.put(told["fields"]["key"], files.pdf())
        sweep(way, minutes=80)
        assert len(documents.bodies) == 1
        return
    if end == "forgotten":
        send(way, url)
        for _ in range(40):
            sweep(way, days=40)
    if end == "erased":
        send(way, url)
        (case,) = way.store.kinds("case")
        assert case["attachments"]
        people = way.service.people(way.store)
        found = people.erasure.find(ADA)
        people.erasure.erase(found, ErasureDecision("request", force_open=True))
    sweep(way)
    assert (documents.bodies, rows(way)) == ({}, [])


def test_the_daily_sweep_leaves_what_is_owned_and_takes_what_is_not(
    way: Journey, documents: MemoryDocuments
) -> None:
    url = draft_of(way)
    add(way, url)
    (one,) = listed(way, url)
    documents.put("incoming/" + "0" * 32, b"nobody's")
    documents.put("malware-protection-resource-validation-object", b"of the scan")
    assert way.service.drafts.minder.sweep() == {}, "what came a moment ago may be on its way"
    way.clock.pass_(hours=3)
    assert way.service.drafts.minder.sweep() == {"owned": 1, "orphan": 1}
    assert set(documents.bodies) == {
        f"incoming/{one['id']}", "malware-protection-resource-validation-object",
    }  # fmt: skip


def test_an_end_that_was_never_told_is_found_by_the_daily_sweep(
    way: Journey, documents: MemoryDocuments
) -> None:
    url = draft_of(way)
    add(way, url)
    for row in way.store.kinds("draft"):
        del way.store.items[row["pk"], row["sk"]]
    way.clock.pass_(hours=3)
    assert way.service.drafts.minder.sweep() == {"deleted": 1}
    assert (documents.bodies, rows(way)) == ({}, [])


def test_documents_of_an_application_without_an_invitation_go_to_the_file_that_it_joins(
    way: Journey, documents: MemoryDocuments
) -> None:
    invited(way)
    url = filled(way)
    add(way, url)
    send(way, url)
    way.deliver()
    (row,) = rows(way)
    orphan = row["owner"]
    assert orphan.startswith("CASE#")
    orphans = [one for one in way.store.kinds("case") if one.get("attachments")]
    assert [f"CASE#{one['id']}" for one in orphans] == [orphan]
    (target,) = [one for one in way.store.kinds("case") if not one.get("attachments")]
    joined = way.service.cases.orphans.link(
        Case.of(orphans[0]), Case.of(target), Decider("rita-roy", "Rita Roy")
    )
    (row,) = rows(way)
    assert row["owner"] == joined.key[0]
    assert joined.attachments == [row["pk"].partition("#")[2]]
    way.clock.pass_(hours=3)
    assert way.service.drafts.minder.sweep() == {"owned": 1}


def test_one_post_of_everything_takes_no_document_and_works_as_before(way: Journey) -> None:
    case = way.apply()
    assert case.attachments is None
    assert rows(way) == []
    given = {**samples.eoi(), "file_other": "x"}
    assert way.visitor.send("/forms/eoi", given).status_code == 422


def test_a_copy_for_one_person_has_their_documents_and_nobody_else_s(
    way: Journey, documents: MemoryDocuments
) -> None:
    file = filled(way, invite=invited(way))
    add(way, file, name="Entente signée.pdf")
    add(way, file, files.png(), name="Photo.png")
    send(way, file)
    mine, theirs = filled(way), filled(way)
    add(way, mine, files.docx(), name="Brouillon.docx")
    add(way, theirs, name="À quelqu’un d’autre.pdf")
    for url, address in ((mine, ADA), (theirs, "eve@example.org")):
        way.visitor.submit(f"{url}/later", [("email", address)])
    picture = next(one for one in rows(way) if one["name"] == "Photo.png")
    documents.results[f"incoming/{picture['pk'].partition('#')[2]}"] = THREATS
    scanned(way, documents)
    people = way.service.people(way.store)
    found = people.erasure.find(ADA)
    given: Any = people.export.of(found, way.clock())
    (listed,) = [one["documents"] for one in given["files"] if "documents" in one]
    assert [(one["name"], one["state"]) for one in listed] == [
        ("Entente signée.pdf", "clean"), ("Photo.png", "held_back"),
    ]  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(zipped(given, people.documents(found)))) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if "documents" in name}
    assert {name[19:]: body for name, body in kept.items()} == {
        "Entente signée.pdf": files.pdf(), "Brouillon.docx": files.docx(),
    }  # fmt: skip
    told = [one["place"] for one in (*listed, *given["draft_documents"]) if "place" in one]
    assert sorted(told) == sorted(kept)


def sent_file(way: Journey, **fields: str) -> str:
    """The address of a file whose application came, for its owner."""
    url = filled(way, **(fields or {"invite": invited(way)}))
    send(way, url)
    way.deliver()
    return f"/file/{token(way.mailer.to(ADA)[-1].text, 'file')}"


def add_later(way: Journey, file: str, body: bytes | None = None, **more: Any) -> Any:
    page = way.visitor.page(f"{file}?do=documents&lang=fr").body.decode()
    nonce = more.get("nonce") or hidden(page, "nonce")
    given = {"nonce": nonce, "action": "add_document", "do": "add:file_other"}
    headers = more.pop("headers", PAGE)
    sent = files.form_data(files.pdf() if body is None else body, **{**given, **more})
    return way.visitor.request("POST", f"{file}?do=documents", sent, **headers)


def the_case(way: Journey) -> Case:
    return next(Case.of(row) for row in way.store.kinds("case"))


def test_a_document_is_added_to_a_file_that_was_sent_and_staff_hear_of_it_in_the_morning(
    way: Journey, documents: MemoryDocuments
) -> None:
    file = sent_file(way)
    assert "?do=documents" in way.visitor.page(file).body.decode()
    before = the_case(way)
    for name in ("Résolution.pdf", "Budget.pdf"):
        answer = add_later(way, file, files.pdf(name.encode()), name=name)
        assert answer.status_code == 303
        assert "done=sent" in answer.headers["Location"]
    after = the_case(way)
    assert (after.version, after.events) == (before.version, before.events + 2)
    assert len(after.attachments or []) == 2
    scanned(way, documents)
    way.deliver()
    page = way.visitor.page(f"{file}?do=documents&lang=en").body.decode()
    assert "Résolution.pdf" in page
    assert page.count("Scanned, nothing found") == 2
    assert not [m for m in way.mailer.to(RITA) if "ajouté" in m.subject]
    way.clock.pass_(days=4)
    way.service.mail.outbox.sweep()
    way.deliver()
    told = [m for m in way.mailer.to(RITA) if "Des documents ont été ajoutés" in m.subject]
    assert len(told) == 1
    assert told[0].text.count("Autres documents\xa0: Analysé, rien à signaler") == 2
    assert "Résolution" not in told[0].text
    chain = [row for row in way.store.kinds("event") if row["event"] == "add_document"]
    assert [set(row["data"]) for row in chain] == [{"document", "field"}] * 2


def test_what_is_added_is_held_to_the_limits_and_the_scan_of_the_form(
    way: Journey, documents: MemoryDocuments
) -> None:
    file = sent_file(way)
    for body, code in (files.WRONG["a program for Windows"], files.WRONG["a page"], (b"", "")):
        refused = add_later(way, file, body)
        assert refused.status_code == 422, code
        assert 'id="f-file-other-error"' in refused.body.decode()
    far_over = add_later(way, file, files.pdf(b"x" * (DIRECT_BYTES + 70_000)))
    assert far_over.status_code == 413
    assert "document volumineux" in far_over.body.decode()
    assert (documents.bodies, the_case(way).attachments) == ({}, None)
    for number in (b"1", b"2", b"3", b"3"):
        assert add_later(way, file, files.pdf(number)).status_code == 303
    assert len(the_case(way).attachments or []) == 3, "a button that is pressed twice adds one"
    full = add_later(way, file, files.pdf(b"4"))
    assert full.status_code == 422
    assert "Autant de documents que possible" in full.body.decode()
    scanned(way, documents, THREATS)
    way.deliver()
    assert [m for m in way.mailer.to(ADA) if "ne peut pas être ouvert" in m.text]
    assert [m for m in way.mailer.to(RITA) if "logiciel malveillant" in m.text]
    assert add_later(way, file).status_code == 303
    stale = add_later(way, file, nonce="x")
    assert stale.status_code == 422
    assert add_later(way, file, do="add:file_nothing").status_code == 404
    assert nothing_is_left(way, documents)


def test_a_file_takes_documents_while_it_is_open_and_no_longer(
    way: Journey, documents: MemoryDocuments
) -> None:
    file = sent_file(way)
    page = way.visitor.page(f"{file}?do=documents").body.decode()
    given = {"nonce": hidden(page, "nonce"), "action": "add_document"}
    large = way.visitor.submit(
        f"{file}?do=documents", list({**given, "do": "large:file_other"}.items())
    )
    assert large.status_code == 200
    back = html.unescape(
        re.findall(r'success_action_redirect" value="([^"]+)"', large.body.decode())[0]
    )
    back = "/file/" + back.partition("/file/")[2]
    assert "done=lost" in way.visitor.page(back).headers["Location"]
    why = DecisionInput(reasons=("funds",))
    way.service.cases.decisions.act(the_case(way), "decline", Decider("rita-roy", "Rita Roy"), why)
    kept = add_later(way, file, None, **given)
    assert kept.status_code == 409
    way.after_undo()
    documents.put(f"incoming/{parse_qs(urlsplit(back).query)['came'][0]}", files.pdf())
    assert "done=lost" in way.visitor.page(back).headers["Location"]
    assert (
        "Votre dossier ne prend plus de documents"
        in way.visitor.page(f"{file}?do=documents&lang=fr").body.decode()
    )
    assert add_later(way, file, None, **given).status_code == 409
    assert the_case(way).attachments is None
    assert nothing_is_left(way, documents)


def test_a_large_document_comes_to_its_file_whether_or_not_its_browser_comes_back(
    way: Journey, documents: MemoryDocuments
) -> None:
    file = sent_file(way)
    for comes_back in (True, False):
        page = way.visitor.page(f"{file}?do=documents").body.decode()
        given = {"nonce": hidden(page, "nonce"), "action": "add_document", "do": "large:file_other"}
        large = way.visitor.submit(f"{file}?do=documents", list(given.items())).body.decode()
        back = html.unescape(re.findall(r'success_action_redirect" value="([^"]+)"', large)[0])
        back = "/file/" + back.partition("/file/")[2]
        key = re.findall(r'name="key" value="([^"]+)"', large)[0]
        documents.put(key, files.pdf())
        if comes_back:
            for _ in range(2):
                assert "done=sent" in way.visitor.page(back).headers["Location"]
    sweep(way, hours=2)
    assert len(the_case(way).attachments or []) == 2
    scanned(way, documents)
    assert {row["state"] for row in rows(way)} == {"clean"}


class NoKeys:
    """What a function may read that has no right to any key."""

    @property
    def links(self) -> list[str]:
        raise StoreDown("no right")

    @property
    def people(self) -> bytes:
        raise StoreDown("no right")


def test_whoever_hears_of_scans_looks_after_documents_without_a_key(
    way: Journey, documents: MemoryDocuments
) -> None:
    file = sent_file(way)
    page = way.visitor.page(f"{file}?do=documents").body.decode()
    given = {"nonce": hidden(page, "nonce"), "action": "add_document", "do": "large:file_other"}
    large = way.visitor.submit(f"{file}?do=documents", list(given.items())).body.decode()
    key = re.findall(r'name="key" value="([^"]+)"', large)[0]
    documents.put(key, files.pdf())
    documents.results[key] = CLEAN
    minder = FormDrafts(replace(way.service.parts, keys=NoKeys())).minder
    assert minder.heard(key) == "clean"
    assert minder.sweep() == {}
    assert len(the_case(way).attachments or []) == 1


def test_a_link_that_is_none_of_a_file_s_owner_adds_nothing(way: Journey) -> None:
    file = sent_file(way)
    body = files.form_data(files.pdf(), action="add_document", do="add:file_other")
    assert way.visitor.request("POST", f"{file}x?do=documents", body, **PAGE).status_code == 404
    huge = files.form_data(files.pdf(b"x" * (DIRECT_BYTES + 70_000)), action="add_document")
    assert way.visitor.request("POST", f"{file}x?do=documents", huge, **PAGE).status_code == 404
    receipt = way.visitor.send("/forms/eoi", samples.eoi(contact_email="zoe@example.org"))
    theirs = "/file/" + receipt.json_body["links"]["status"].rpartition("/")[2]
    assert way.visitor.request("POST", f"{theirs}?do=documents", body, **PAGE).status_code == 409
    assert the_case(way).attachments is None
