"""The whole way on the deployed stack: from the website's form to the decision on funding."""

import re
from datetime import UTC, datetime

import pytest

import samples
from chalicelib.core.ports import Change
from chalicelib.core.records import stamp
from chalicelib.mail.canary import ADDRESS
from chalicelib.mail.daily_canary import CLOCK_KEY
from deployed import Stack, ask, fill, hidden, link_in, wait_for
from infra.operator.checks.letters import lost_canary
from infra.operator.stage import Operator
from operator_cli import listed

STAFF = {"fr": "rita.roy@example.org", "en": "sam.lee@example.org"}
SAID: dict[str, dict[str, str]] = {
    "fr": {"received": "Nous avons bien reçu", "invited": "Invitation", "approved": "approuvée",
           "code": r"décider\s*: ([2-9A-Z]{4})", "decided": "Votre décision est enregistrée"},
    "en": {"received": "We received", "invited": "You are invited", "approved": "is approved",
           "code": r"decide: ([2-9A-Z]{4})", "decided": "Your decision is recorded"},
}  # fmt: skip


def decide(stack: Stack, link: str, **fields: str) -> str:
    page = stack.page(link)
    assert page.status == 200
    given = {"nonce": hidden(page.text, "nonce"), "confirm": "on", **fields}
    answer = stack.submit(link, list(given.items()))
    assert answer.status == 200, answer.text
    return answer.text


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_form_on_the_website_becomes_a_decision_on_funding(stack: Stack, lang: str) -> None:
    said, staff = SAID[lang], STAFF[lang]
    ada = f"ada.{lang}@example.org"
    page = stack.page(f"{stack.site}/{lang}/eoi")
    answers = samples.eoi(contact_email=ada, contact_language=lang, stream=None)
    posted = stack.submit(f"{stack.api}/forms/eoi", fill(page.text, answers))
    assert posted.status == 303, posted.text
    back = stack.page(posted.headers["location"])
    ref = re.search(r"DI-\d{4}-\w{5}-\w", back.text)
    assert ref, "the website's own page thanks with the reference"

    receipt = stack.wait_for_mail(ada, said["received"])
    assert ref[0] in receipt["subject"]
    assert receipt["headers"]["Auto-Submitted"] == "auto-generated"
    assert stack.page(link_in(receipt["text"], "file")).status == 200
    asked = stack.wait_for_mail(staff, ref[0])
    assert said["decided"] in decide(stack, link_in(asked["text"], "review"), decision="approve")

    invitation = stack.wait_for_mail(ada, said["invited"])
    page = stack.page(link_in(invitation["text"], "invite"))
    assert page.status == 200
    assert page.text.count('value="Tremblay"') >= 1, "what is known is filled in"
    application = samples.application(applicant_email=ada, applicant_language=lang)
    applied = stack.submit(f"{stack.api}/forms/application", fill(page.text, application))
    assert applied.status == 303, applied.text
    app_ref = ref[0].replace("DI-", "DF-")
    assert app_ref in applied.headers["location"]

    asked = stack.wait_for_mail(staff, app_ref)
    code = re.search(said["code"], asked["text"])
    assert code
    decide(stack, link_in(asked["text"], "review"), decision="approve", code=code[1])
    final = stack.wait_for_mail(ada, said["approved"])
    assert app_ref in final["subject"]
    (case,) = stack.items(f"CASE#{ref[0][3:]}")[:1] and [
        i for i in stack.items(f"CASE#{ref[0][3:]}") if i["sk"]["S"] == "CASE"
    ]
    assert case["state"]["S"] == "APP_APPROVED"


def test_a_question_is_asked_and_answered_and_the_file_goes_on(stack: Stack) -> None:
    zoe = "zoe.question@example.org"
    posted = stack.post("eoi", samples.eoi(contact_email=zoe, org_legal_name="Maison Zoé"))
    ref = posted.json["ref"]
    asked = stack.wait_for_mail(STAFF["fr"], ref)
    decide(stack, link_in(asked["text"], "review"), decision="ask", message="Combien de jeunes?")
    letter = stack.wait_for_mail(zoe, "Il nous manque une information")
    assert "Combien de jeunes?" in letter["text"]
    own = link_in(letter["text"], "file")
    page = stack.page(own)
    assert "En attente de votre réponse" in page.text
    answers = samples.eoi(contact_email=zoe, org_legal_name="Maison Zoé", org_city="Laval")
    fields = dict(samples.as_html(answers)) | {
        "nonce": hidden(page.text, "nonce"), "action": "reply", "answer": "Douze.", "revised": "1",
    }  # fmt: skip
    sent = stack.submit(own, list(fields.items()))
    assert sent.status == 200, sent.text
    assert "votre réponse a été ajoutée" in sent.text
    stack.wait_for_mail(zoe, "votre réponse a été ajoutée")
    answered = stack.wait_for_mail(STAFF["fr"], "a répondu")
    assert "Laval" in answered["text"]
    review = link_in(answered["text"], "review")
    assert "Douze." in stack.page(review).text
    decide(stack, review, decision="approve")
    stack.wait_for_mail(zoe, "Invitation")
    assert "Invitation à soumettre une demande" in stack.page(own).text


def test_what_ses_reports_reaches_the_letters(stack: Stack) -> None:
    answer = stack.post("eoi", samples.eoi(contact_email="success@simulator.amazonses.com"))
    case = answer.json["ref"][3:]

    def delivered() -> bool:
        letters = [i for i in stack.items(f"CASE#{case}") if i["sk"]["S"].startswith("LETTER")]
        return any(i["status"]["S"] == "delivered" for i in letters)

    assert wait_for(delivered, "a delivered letter")
    # The emulator keeps what a function wrote once it has ended.
    operator = Operator("local", stack.emulator.url, stack.ses.url)
    wait_for(
        lambda: "delivered" in stack.logs("settle_mail").rpartition(case)[2],
        "the line of the report",
    )
    story = listed(operator, "trace", answer.json["ref"])
    (posted,) = [step for step in story if "form=eoi" in step["what"] and step["source"] == "api"]
    sources = {step["source"] for step in story if step["cid"] == posted["cid"]}
    assert sources == {"api", "stored", "deliver_letters", "settle_mail"}, "one id, all the way"


def test_a_canary_flies_by_the_stream_and_leaves_nothing_behind(stack: Stack) -> None:
    operator = Operator("local", stack.emulator.url, stack.ses.url)
    assert lost_canary(operator) is None
    assert stack.items("CANARY#DOCTOR") == []
    assert stack.mail(ADDRESS), "it really left"


def test_the_canary_of_the_day_flies_by_itself_and_its_alarm_hears_that_it_is_back(
    stack: Stack,
) -> None:
    store = Operator("local", stack.emulator.url, stack.ses.url).store
    stack.sweep()

    def is_back() -> bool:
        flies = {row["status"]["S"] for row in stack.items("CANARY#DAILY") if "status" in row}
        if not flies - {"delivered"}:
            # Its next step is minutes away, or a day; a test need not wait for it.
            store.commit(
                [Change(CLOCK_KEY, {"kind": "clock"}, set={"due_at": stamp(datetime.now(UTC))})]
            )
            stack.sweep()
        return '"local-canary-lost": 0' in stack.logs("sweep")

    wait_for(is_back, "the canary of the day", every=1)
    row = store.get(*CLOCK_KEY)
    assert row is not None
    assert row["kind"] == "clock"


def test_a_bounce_is_kept_with_its_letter(stack: Stack) -> None:
    answer = stack.post("eoi", samples.eoi(contact_email="bounce@simulator.amazonses.com"))
    case = answer.json["ref"][3:]

    def bounced() -> bool:
        return any(i.get("status", {}).get("S") == "bounced" for i in stack.items(f"CASE#{case}"))

    assert wait_for(bounced, "a bounced letter")
    told = stack.wait_for_mail(STAFF["en"], f"[DI-{case}] We could not reach")
    assert "call 514" in told["text"]


def test_the_self_assessment_is_answered_at_once(stack: Stack) -> None:
    page = stack.page(f"{stack.site}/fr/assessment")
    posted = stack.submit(f"{stack.api}/forms/assessment", fill(page.text, samples.assessment()))
    assert posted.status == 303
    result = stack.page(posted.headers["location"])
    assert "Vous êtes en bonne position" in result.text


def test_an_application_begins_with_whom_it_is_for(stack: Stack) -> None:
    page = stack.page(f"{stack.site}/en/application")
    gate = page.text.index("opens once your Declaration of interest has been approved")
    assert gate < page.text.index('name="ref"') < page.text.index("<fieldset")
    wrong = stack.page(f"{stack.site}/en/application?invite=wrong")
    assert wrong.status == 409
    assert f'href="{stack.api}/file?lang=en"' in wrong.text


def test_a_browser_gets_its_form_again_in_its_language(stack: Stack) -> None:
    page = stack.page(f"{stack.site}/en/eoi")
    answers = samples.eoi(contact_email="not an address", stream=None)
    answer = stack.submit(f"{stack.api}/forms/eoi", fill(page.text, answers))
    assert answer.status == 422
    assert "Enter an e-mail address" in answer.text
    assert "École du Parc" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("PUT", "/forms/eoi", 405), ("GET", "/forms/nothing", 404)],
)
def test_wrong_addresses_and_methods_say_so_and_scripts_can_read_it(
    stack: Stack, method: str, path: str, status: int
) -> None:
    answer = ask(method, f"{stack.api}{path}", Origin=stack.site)
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] in ("*", stack.site)
    assert answer.json["title"]


def test_scripts_of_the_website_may_ask_first(stack: Stack) -> None:
    asked = ask("OPTIONS", f"{stack.api}/forms/eoi", Origin=stack.site,
                Access_Control_Request_Method="POST")  # fmt: skip
    assert asked.status == 204
    assert asked.headers["access-control-allow-origin"] == stack.site
    other = ask("OPTIONS", f"{stack.api}/forms/eoi", Origin="https://evil.example.com")
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x" * 1_000_000, "application/json", 413),
        (b"\xff\xfe\x00", "application/json", 400),
        (b"{", "application/json", 400),
        (b"x", "text/plain", 415),
        (b"[" * 100_000, "application/json", 400),
        (b"--b\r\n\xff\xff", "multipart/form-data; boundary=b", 400),
    ],
)
def test_rubbish_is_refused_by_the_real_app(
    stack: Stack, body: bytes, kind: str, status: int
) -> None:
    answer = ask("POST", f"{stack.api}/forms/eoi", body, Content_Type=kind)
    assert answer.status == status
    assert answer.json["detail"]


def test_the_mailbox_shows_a_letter_as_a_person_reads_it(stack: Stack) -> None:
    stack.post("eoi", samples.eoi(contact_email="reader@example.org"))
    stack.wait_for_mail("reader@example.org")
    listed = stack.page(stack.mailbox)
    assert "Nous avons bien reçu" in listed.text
    last = re.findall(r'href="/\?message=(\d+)"', listed.text)[0]
    shown = stack.page(f"{stack.mailbox}/?message={last}")
    assert "<iframe" in shown.text
    assert re.search(r'<a href="http[^"]+/(file|review)/', shown.text)


def test_a_lost_link_comes_again_by_mail(stack: Stack) -> None:
    told = stack.post("eoi", samples.eoi(contact_email="lost@example.org")).json
    pairs = [("email", "lost@example.org"), ("lang", "en")]
    assert stack.submit(f"{stack.api}/file", pairs).status == 303
    mail = stack.wait_for_mail("lost@example.org", "The links to your files")
    assert told["ref"] in mail["text"]
    assert told["ref"] in stack.page(link_in(mail["text"], "file")).text


def test_no_permission_is_missing(stack: Stack) -> None:
    for function in ("api", "deliver_letters", "sweep", "settle_mail", "send_issue", "run_jobs"):
        assert "AccessDenied" not in stack.logs(function)
