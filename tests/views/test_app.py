"""The interface from outside: statuses, languages, repeats, and what is stored for each."""

import json
import re
from collections.abc import Callable

import pytest
from openapi_spec_validator import validate

import app as application
import samples
from chalicelib.cases.states import table
from chalicelib.core.errors import StoreDown
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, SetClock
from visitor import FORM, HTML, JSON, Visitor, decide, hidden, token


def test_a_declaration_becomes_a_decision(
    visitor: Visitor, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    deliver: Callable[[], int], service: Services,
) -> None:  # fmt: skip
    answer = visitor.send("/forms/eoi", samples.eoi())
    assert answer.status_code == 201
    told = answer.json_body
    assert re.fullmatch(r"DI-2026-[0-9A-Z]{5}-[0-9A-Z]", told["ref"])
    assert answer.headers["Location"] == told["links"]["status"]
    assert mailer.sent == [], "no mail leaves inside the request"
    assert deliver() == 3

    (receipt,) = mailer.to("ada.tremblay@example.org")
    assert receipt.lang == "fr"
    assert told["ref"] in receipt.subject
    (to_rita,) = mailer.to("rita.roy@example.org")
    (to_sam,) = mailer.to("sam.lee@example.org")
    assert (to_rita.lang, to_sam.lang) == ("fr", "en")

    page = decide(visitor, token(to_rita.text, "review"), decision="approve", message="Bravo!")
    assert page.status_code == 200
    assert "Rita Roy" in page.body.decode()
    deliver()
    assert len(mailer.to("ada.tremblay@example.org")) == 1, "the letter waits for the undo"
    assert "annulable" in mailer.to("rita.roy@example.org")[-1].subject
    clock.pass_(seconds=600)
    service.mail.outbox.sweep()
    invitation = mailer.to("ada.tremblay@example.org")[-1]
    assert "Invitation" in invitation.subject
    assert "Bravo!" in invitation.text

    invite = token(invitation.text, "invite")
    form = visitor.get(f"/forms/application?lang=fr&invite={invite}").json_body
    assert form["values"]["applicant_last_name"] == "Tremblay"
    applied = visitor.send("/forms/application", {**samples.application(), "invite": invite})
    assert applied.status_code == 201
    assert applied.json_body["ref"] == told["ref"].replace("DI", "DF")
    deliver()
    assert len(mailer.to("beatrice.obrien@example.org")) == 1
    review = mailer.to("sam.lee@example.org")[-1]
    code = re.search(r"decide: ([2-9A-Z]{4})", review.text)
    assert code
    link = token(review.text, "review")
    refused = decide(visitor, link, decision="approve", code="2222")
    assert refused.status_code == 422
    assert decide(visitor, link, decision="approve", code=code[1].lower()).status_code == 200
    clock.pass_(seconds=600)
    service.mail.outbox.sweep()
    assert "approuvée" in mailer.to("ada.tremblay@example.org")[-1].subject
    (case,) = store.kinds("case")
    assert case["state"] == "APP_APPROVED"
    over = visitor.page(f"/file/{token(told['links']['status'], 'file')}")
    assert over.status_code == 410
    own = token(mailer.to("ada.tremblay@example.org")[-1].text, "file")
    assert "Approuvée" in visitor.page(f"/file/{own}").body.decode()


def test_a_refusal_tells_the_reason_in_the_applicant_s_language(
    visitor: Visitor, mailer: MemoryMailer, clock: SetClock, service: Services,
    deliver: Callable[[], int],
) -> None:  # fmt: skip
    visitor.send("/forms/eoi", samples.eoi(contact_language="en"))
    deliver()
    link = token(mailer.to("rita.roy@example.org")[0].text, "review")
    assert decide(visitor, link, decision="decline").status_code == 422
    assert decide(visitor, link, decision="decline", reason="too_early").status_code == 200
    clock.pass_(seconds=600)
    service.mail.outbox.sweep()
    letter = mailer.to("ada.tremblay@example.org")[-1]
    assert "It is too early: the key group is not in place" in letter.text


def test_a_browser_goes_back_to_the_website_or_to_our_own_page(visitor: Visitor) -> None:
    pairs = samples.as_html(samples.eoi())
    back = visitor.submit(
        "/forms/eoi", [*pairs, ("redirect", "https://www.example.org/fr/merci?a=1")]
    )
    assert back.status_code == 303
    assert back.headers["Location"].startswith(
        "https://www.example.org/fr/merci?a=1&form=eoi&ref=DI-"
    )
    for elsewhere in ("https://evil.example.com/", "//evil.example.com", "https://www.example.org.evil.com",
                      "https://www.example.org@evil.com/", "https://[", "https://exa\u2100mple.com", "https://www.example.org/é", "javascript:alert(1)", "https://www.example.org\\@evil.com"):  # fmt: skip
        pairs = samples.as_html(samples.eoi(contact_email=f"a{hash(elsewhere)}@example.org"))
        ours = visitor.submit("/forms/eoi", [*pairs, ("redirect", elsewhere)])
        assert ours.headers["Location"].startswith("https://relais.example.org/api/file/")
        page = visitor.page(ours.headers["Location"].removeprefix("https://relais.example.org/api"))
        assert "Merci, c’est bien reçu" in page.body.decode()


def test_a_double_click_a_resend_and_a_retry_give_one_case(
    visitor: Visitor, store: MemoryStore, deliver: Callable[[], int]
) -> None:
    first = visitor.send("/forms/eoi", samples.eoi())
    again = visitor.send("/forms/eoi", samples.eoi())
    browser = visitor.submit("/forms/eoi", samples.as_html(samples.eoi()))
    assert again.json_body == first.json_body
    assert again.headers["Idempotent-Replayed"] == "true"
    assert browser.status_code == 303
    assert len(store.kinds("case")) == 1
    assert deliver() == 3


def test_a_key_makes_a_retry_safe_and_is_for_one_content(
    visitor: Visitor, store: MemoryStore
) -> None:
    first = visitor.send("/forms/eoi", samples.eoi(), Idempotency_Key="k1")
    again = visitor.send("/forms/eoi", samples.eoi(), Idempotency_Key="k1")
    assert first.json_body == again.json_body
    other = visitor.send("/forms/eoi", samples.eoi(org_city="Laval"), Idempotency_Key="k1")
    assert other.status_code == 422
    assert len(store.kinds("case")) == 1


def test_each_content_is_kept_once_in_whatever_order_it_comes(
    visitor: Visitor, store: MemoryStore
) -> None:
    for city in ("Montréal", "Laval", "Montréal", "Montréal", "Laval"):
        assert visitor.send("/forms/eoi", samples.eoi(org_city=city)).status_code == 201
    kept = {case["answers"]["org_city"]: case["state"] for case in store.kinds("case")}
    assert kept == {"Montréal": "EOI_PENDING", "Laval": "EOI_TO_CONFIRM"}
    assert len(store.kinds("case")) == 2


def test_a_key_works_from_another_network(
    visitor: Visitor, service: Services, store: MemoryStore
) -> None:
    from chalicelib.cases.intake.submission import IncomingForm

    receipts = [
        service.views.forms.intake.receive(
            IncomingForm("assessment", samples.assessment(), "fr", key="k", address=address)
        )
        for address in ("192.0.2.1", "198.51.100.7")
    ]
    assert receipts[0].ref == receipts[1].ref
    assert receipts[1].replayed


def test_whoever_posts_in_somebody_s_name_does_not_get_their_answers(
    visitor: Visitor, mailer: MemoryMailer, deliver: Callable[[], int]
) -> None:
    visitor.send("/forms/eoi", samples.eoi())
    deliver()
    told = visitor.send("/forms/eoi", samples.eoi(org_city="Laval")).json_body
    stranger = visitor.page(f"/file/{token(told['links']['status'], 'file')}").body.decode()
    assert "c’est bien reçu" in stranger
    assert "à l’étude" not in stranger
    assert "Jeunes en action" not in stranger
    own = token(mailer.to("ada.tremblay@example.org")[0].text, "file")
    assert "Jeunes en action" in visitor.page(f"/file/{own}").body.decode()


def test_the_same_content_is_a_repeat_at_whatever_age(
    visitor: Visitor, store: MemoryStore, clock: SetClock
) -> None:
    first = visitor.send("/forms/eoi", samples.eoi())
    clock.pass_(days=1, seconds=2)
    later = visitor.send("/forms/eoi", samples.eoi())
    assert later.headers["Idempotent-Replayed"] == "true"
    assert later.json_body["ref"] == first.json_body["ref"]
    assert len(store.kinds("case")) == 1


def test_a_second_declaration_of_an_address_is_kept_beside_the_open_case(
    visitor: Visitor, store: MemoryStore, deliver: Callable[[], int]
) -> None:
    first = visitor.send("/forms/eoi", samples.eoi())
    deliver()
    second = visitor.send("/forms/eoi", samples.eoi(org_city="Laval"))
    assert second.json_body["ref"] != first.json_body["ref"]
    found = {case["state"]: case for case in store.kinds("case")}
    assert found["EOI_PENDING"]["answers"]["org_city"] == "Montréal"
    assert found["EOI_TO_CONFIRM"]["beside"] == found["EOI_PENDING"]["id"]
    assert deliver() == 1


def test_a_self_assessment_is_answered_at_once_and_keeps_no_address(
    visitor: Visitor, store: MemoryStore, mailer: MemoryMailer, deliver: Callable[[], int]
) -> None:
    answer = visitor.send(
        "/forms/assessment",
        samples.assessment(send_to_email="eve@example.org"),
        Accept_Language="en",
    )
    assert answer.status_code == 201
    result = answer.json_body["result"]
    assert (result["score"], result["band"]) == (8, "ready")
    assert result["next_steps"]
    assert "advice" in result
    assert deliver() == 1
    assert mailer.sent[0].to == "eve@example.org"
    assert "eve@" not in str(store.items)
    page = visitor.page(f"/file/{token(answer.json_body['links']['status'], 'file')}")
    assert "You are well placed" in page.body.decode()


NOWHERE = "/{proxy+}"

ODD = [{"website": "http://x"}, {"started_at": "fast"}, {"issue_summary": "www.a.org " * 6}]


@pytest.mark.parametrize("odd", ODD, ids=["trap", "fast", "links"])
def test_a_form_that_looks_odd_is_asked_whether_a_person_sends_it(
    visitor: Visitor, store: MemoryStore, clock: SetClock, odd: dict[str, str]
) -> None:
    given = samples.eoi(**odd)
    if "started_at" in odd:
        given["started_at"] = str(int(clock().timestamp()) - 1)
    refused = visitor.send("/forms/eoi", {**given, "org_city": ""})
    told = {error["field"]: error["code"] for error in refused.json_body["errors"]}
    assert (refused.status_code, told) == (422, {"person": "ask_person", "org_city": "required"})
    assert list(store.kinds("case")) == [], "in one round, and nothing is held"
    assert visitor.send("/forms/eoi", {**given, "person": True}).status_code == 201
    assert [case["state"] for case in store.kinds("case")] == ["EOI_PENDING"]


def test_the_interface_names_the_field_that_answers_the_question(visitor: Visitor) -> None:
    paths = visitor.get("/openapi.json").json_body["paths"]
    for path in ("/forms/eoi", "/forms/assessment", "/forms/application", "/newsletter"):
        assert "person=true" in paths[path]["post"]["responses"]["422"]["description"]


def test_the_page_of_a_refusal_says_how_it_reads_what_was_written_in_another_way(
    visitor: Visitor,
) -> None:
    typed = samples.as_html(samples.eoi(start_month="mai 2027", org_city="", lang="fr"))
    page = visitor.submit("/forms/eoi", [*typed, ("start_month", "05/2027")]).body.decode()
    assert 'value="05/2027"' in page
    assert re.search(r'id="f-start-month-read">Lu comme\s: mai 2027<', page)
    assert 'id="f-contact-email-read"' not in page


@pytest.mark.parametrize(("lang", "yes"), [("fr", "Oui, je suis une personne"), ("en", "Yes, I am a person")])  # fmt: skip
def test_the_page_asks_plainly_keeps_what_was_typed_and_remembers_the_answer(
    visitor: Visitor, store: MemoryStore, lang: str, yes: str
) -> None:
    texts = {k: v for k, v in samples.eoi().items() if isinstance(v, str)}
    pairs = [*texts.items(), ("website", "filled by a password manager"), ("lang", lang)]
    page = visitor.submit("/forms/eoi", pairs)
    text = page.body.decode()
    assert page.status_code == 422
    assert yes in text
    assert 'name="person" value="on" aria-invalid' in text
    assert "Cœur-de-l’Île" in text
    again = visitor.submit("/forms/eoi", [*pairs, ("person", "on")]).body.decode()
    assert yes not in again
    assert hidden(again, "person") == "on", (
        "the other mistakes are mended without a second question"
    )


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", JSON, 400), (b"[]", JSON, 400), (b'"x"', JSON, 400), (b"\xff\xfe", JSON, 400),
        (b'{"a": NaN}', JSON, 400), (b'{"a": "\\u0000"}', JSON, 400), (b'{"a": "\\ud800"}', JSON, 400),
        (b"[" * 100_000, JSON, 400), (b'{"a":' * 50_000, JSON, 400), (b"a=%ff", FORM, 400), (b"a=%00", FORM, 400),
        (b"\xff", FORM, 400), (b"", JSON, 400), (b"x" * 1_000_000, JSON, 413), (b"a=" + b"x" * 1_000_000, FORM, 413),
        (b"&".join([b"a=1"] * 5000), FORM, 413), (b"x", {"Content-Type": "text/plain"}, 415),
        (b"x", {"Content-Type": "multipart/form-data"}, 400), (b"x", {}, 415),
        (b"x", {"Content-Type": "multipart/form-data; boundary=x"}, 400),
        (b"a=1", JSON, 400), (b'{"a":1}', FORM, 422), (b"{}", JSON, 422), (b'{"contact_email": 10e999}', JSON, 422),
    ],
)  # fmt: skip
@pytest.mark.parametrize("accept", [{}, HTML])
def test_rubbish_is_refused_with_a_reason_and_nothing_is_stored(
    visitor: Visitor, store: MemoryStore, body: bytes, headers: dict[str, str], status: int,
    accept: dict[str, str],
) -> None:  # fmt: skip
    answer = visitor._client.http.post("/forms/eoi", headers={**headers, **accept}, body=body)
    assert answer.status_code == status, answer.body
    assert not store.changes
    if not accept:
        problem = json.loads(answer.body)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert problem["status"] == status
        assert problem["title"]
        assert problem["detail"]


def test_rows_and_types_that_lie_are_refused(visitor: Visitor, store: MemoryStore) -> None:
    for change in ({"partners": [{"name": "x"}] * 3000}, {"partners": {"a": 1}}, {"team_size_planned": [1]},
                   {"contact_first_name": "A\r\nBcc: x@example.org"}, {"lang": {"x": 1}, "org_city": None}):  # fmt: skip
        answer = visitor.send("/forms/eoi", {**samples.eoi(), **change})
        assert answer.status_code == 422
        assert answer.json_body["errors"]
    assert not store.changes


@pytest.mark.parametrize(
    ("lang", "said"), [("fr", "Répondez à cette question."), ("en", "Answer this question.")]
)
def test_errors_speak_the_visitor_s_language(visitor: Visitor, lang: str, said: str) -> None:
    for answer in (
        visitor.send("/forms/eoi", samples.eoi(org_city="", lang=lang)),
        visitor.send(f"/forms/eoi?lang={lang}", samples.eoi(org_city="")),
        visitor.send("/forms/eoi", samples.eoi(org_city=""), Accept_Language=f"de, {lang};q=0.7"),
    ):
        assert answer.json_body["errors"] == [
            {"field": "org_city", "code": "required", "message": said}
        ]
        assert answer.headers["Content-Language"] == f"{lang}-CA"


def test_french_is_spoken_to_those_who_say_nothing(visitor: Visitor) -> None:
    answer = visitor.send("/forms/eoi", {})
    assert answer.json_body["title"] == "Certaines réponses demandent votre attention"


def test_a_browser_gets_its_form_again_with_all_that_was_typed(visitor: Visitor) -> None:
    given = samples.eoi(org_city="", contact_first_name='<b>"Ada"</b>', issue_summary="a\nb")
    page = visitor.submit(
        "/forms/eoi", [*samples.as_html(given), ("redirect", "https://www.example.org/x")]
    )
    body = page.body.decode()
    assert page.status_code == 422
    assert 'href="#f-org-city"' in body
    assert 'id="f-org-city-error"' in body
    assert "&lt;b&gt;&#34;Ada&#34;&lt;/b&gt;" in body
    assert "École du Parc" in body
    assert 'name="issue_summary" value="a\nb"' in body
    assert hidden(body, "redirect") == "https://www.example.org/x"


def test_multipart_is_read_like_the_other_kinds(visitor: Visitor, store: MemoryStore) -> None:
    parts = "".join(
        f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in samples.as_html(samples.eoi())
    )
    kind = "multipart/form-data; boundary=xyz"
    body = f"{parts}--xyz--\r\n".encode()
    answer = visitor.request("POST", "/forms/eoi", body, Content_Type=kind)
    assert answer.status_code == 201, answer.body
    file = (
        parts + '--xyz\r\nContent-Disposition: form-data; name="f"; filename="a.pdf"\r\n\r\nx\r\n'
    )
    refused = visitor.request(
        "POST", "/forms/eoi", f"{file}--xyz--\r\n".encode(), Content_Type=kind
    )
    assert refused.json_body["errors"][0]["code"] == "unknown_field"


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_store_out_of_reach_is_said_and_what_was_typed_is_kept(
    visitor: Visitor, store: MemoryStore, lang: str
) -> None:
    def down(_: object) -> None:
        raise StoreDown("away")

    store.before = down
    answer = visitor.send("/forms/eoi", samples.eoi(lang=lang))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert ("pas enregistrer" in answer.json_body["title"]) is (lang == "fr")
    page = visitor.submit("/forms/eoi", [*samples.as_html(samples.eoi()), ("lang", lang)])
    assert page.status_code == 503
    assert "Retry-After" in page.headers
    assert "Jeunes en action" in page.body.decode()


def test_too_many_posts_from_one_address_wait(
    visitor: Visitor, service: Services, store: MemoryStore, clock: SetClock
) -> None:
    service.views.forms.intake.posts_per_hour = 8
    statuses = [
        visitor.send("/forms/eoi", samples.eoi(contact_email=f"p{n}@example.org")).status_code
        for n in range(10)
    ]
    assert statuses == [201] * 8 + [429] * 2
    clock.pass_(hours=1)
    assert visitor.send("/forms/eoi", samples.eoi(contact_email="z@example.org")).status_code == 201


def test_an_invitation_that_opens_nothing_is_refused(visitor: Visitor, store: MemoryStore) -> None:
    for invite in ("rubbish", "a.b.c"):
        answer = visitor.send("/forms/application", {**samples.application(), "invite": invite})
        assert answer.status_code == 409
        assert "Déclaration d’intérêt" in answer.json_body["detail"]
    assert not store.kinds("case")


def test_who_was_not_invited_is_told_before_filling_it_in(visitor: Visitor) -> None:
    page = visitor.page("/forms/application?lang=en")
    assert page.status_code == 409
    assert "opens once your Declaration of interest has been approved" in page.body.decode()
    described = visitor.get("/forms/application?lang=en").json_body
    assert "opens once" in described["gate"]
    assert "gate" not in visitor.get("/forms/eoi").json_body


@pytest.fixture
def invited(
    visitor: Visitor, mailer: MemoryMailer, clock: SetClock, service: Services,
    deliver: Callable[[], int],
) -> str:  # fmt: skip
    visitor.send("/forms/eoi", samples.eoi())
    deliver()
    decide(visitor, token(mailer.to("rita.roy@example.org")[0].text, "review"), decision="approve")
    clock.pass_(seconds=600)
    service.mail.outbox.sweep()
    return token(mailer.to("ada.tremblay@example.org")[-1].text, "invite")


def test_an_invitation_ends_after_its_date_and_two_days_of_grace(
    visitor: Visitor, clock: SetClock, invited: str, store: MemoryStore
) -> None:
    given = {**samples.application(), "invite": invited}
    clock.pass_(days=180)
    assert visitor.get(f"/forms/application?invite={invited}").status_code == 200
    clock.pass_(days=3)
    assert visitor.get(f"/forms/application?invite={invited}").status_code == 410
    assert visitor.send("/forms/application", given).status_code == 410
    assert store.kinds("case")[0]["state"] == "EOI_APPROVED"


def test_an_application_is_received_once(
    visitor: Visitor, invited: str, store: MemoryStore
) -> None:
    given = {**samples.application(), "invite": invited}
    first = visitor.send("/forms/application", given)
    again = visitor.send("/forms/application", given)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json_body == first.json_body
    other = visitor.send("/forms/application", {**given, "signed_title": "Présidente"})
    assert other.status_code == 409
    assert first.json_body["ref"] in other.json_body["detail"]


def test_what_is_invalid_in_an_application_keeps_the_invitation(
    visitor: Visitor, invited: str
) -> None:
    pairs = [*samples.as_html(samples.application(fid_city="")), ("invite", invited)]
    page = visitor.submit("/forms/application", pairs)
    assert page.status_code == 422
    assert hidden(page.body.decode(), "invite") == invited


@pytest.mark.parametrize("path", ["/forms/nothing", "/file/rubbish"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_not_there_is_said(visitor: Visitor, path: str, method: str) -> None:
    answer = visitor.request(method, path, b"{}", Content_Type="application/json")
    assert answer.status_code == 404


def test_a_method_that_does_not_work_says_which_do(visitor: Visitor) -> None:
    answer = visitor.request("DELETE", "/forms/eoi")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_only_the_website_s_own_scripts_may_read_answers(visitor: Visitor) -> None:
    ours = visitor.request("OPTIONS", "/forms/eoi", Origin="https://www.example.org")
    assert ours.status_code == 204
    assert ours.headers["Access-Control-Allow-Origin"] == "https://www.example.org"
    assert "POST" in ours.headers["Access-Control-Allow-Methods"]
    refused = visitor.send("/forms/eoi", {}, Origin="https://www.example.org")
    assert refused.headers["Access-Control-Allow-Origin"] == "https://www.example.org"
    other = visitor.send("/forms/eoi", {}, Origin="https://evil.example.com")
    assert "Access-Control-Allow-Origin" not in other.headers


def test_a_form_is_served_with_a_tag_and_not_sent_twice(visitor: Visitor) -> None:
    first = visitor.get("/forms/eoi?lang=en")
    assert first.json_body["title"] == "Declaration of interest"
    again = visitor.get("/forms/eoi?lang=en", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.body) == (304, b"")
    assert visitor.get("/forms/eoi?lang=fr").headers["ETag"] != first.headers["ETag"]


def test_a_paused_intake_says_so_in_the_words_of_the_programme(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, store: MemoryStore
) -> None:
    from chalicelib import content

    monkeypatch.setitem(content.programme()["intake"], "eoi", "paused")
    answer = visitor.send("/forms/eoi", samples.eoi())
    assert answer.status_code == 409
    assert "n’accepte pas de nouvelles déclarations" in answer.json_body["detail"]
    assert not store.commits


def test_an_error_of_ours_is_a_page_in_the_person_s_language(
    visitor: Visitor,
    service: Services,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(type(service.views.forms.intake), "receive", breaks)
    answer = visitor.send("/forms/eoi", samples.eoi(), Accept_Language="en")
    assert answer.status_code == 500
    assert answer.json_body["title"] == "Something went wrong on our side"
    assert b"secret" not in answer.body
    assert "ZeroDivisionError" in caplog.text


def test_health_and_openapi_answer(visitor: Visitor) -> None:
    assert visitor.get("/health").json_body == {"status": "ok", "stage": "test"}
    document = visitor.get("/openapi.json").json_body
    assert document["openapi"].startswith("3.1")
    named = {re.sub(r"/forms/\w+", "/forms/{form}", path) for path in document["paths"]}
    routes = {path for path, methods in application.app.routes.items() if methods}
    assert named == routes - {NOWHERE}
    assert set(document["paths"]) >= {"/forms/eoi", "/review/{token}", "/health"}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_openapi_is_valid_and_names_each_decision(visitor: Visitor, lang: str) -> None:
    document = visitor.get(f"/openapi.json?lang={lang}").json_body
    validate(document)
    summary = document["paths"]["/review/{token}"]["post"]["summary"]
    choices = {row.event for row in table().values() if row.choice}
    assert "approve" in choices
    for decision in (*choices, "undo", "assign", "recuse"):
        assert re.search(rf"\b{decision}\b", summary), decision


def test_pages_tell_nobody_their_address(visitor: Visitor) -> None:
    told = visitor.send("/forms/eoi", samples.eoi()).json_body
    page = visitor.page(f"/file/{token(told['links']['status'], 'file')}")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.body.decode()


def test_guesses_of_links_and_references_are_counted_and_end(
    visitor: Visitor, service: Services, clock: SetClock
) -> None:
    statuses = [visitor.page(f"/file/guess{n}").status_code for n in range(60)]
    statuses += [visitor.page(f"/newsletter/confirm/guess{n}").status_code for n in range(60)]
    assert 429 not in statuses, "twenty people may open six old links each"
    assert visitor.page("/newsletter/preferences/guess").status_code == 429
    answer = visitor.send("/forms/application", {**samples.application(), "invite": "guess"})
    assert answer.status_code == 429
    assert visitor.send("/forms/eoi", samples.eoi()).status_code == 201, "who guesses nothing"
    assert visitor.page("/coaches/nobody").status_code == 404
    clock.pass_(hours=1)
    assert visitor.page("/file/guess").status_code == 404
