"""The issue commands: each says what it did, or what stands in its way, in one's own language."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest

import issue_factory
from accounts import SetAccount
from chalicelib.cases.staff import RosterRefused
from chalicelib.core.errors import DeliveryFailed
from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Change
from chalicelib.newsletter.issue_counts import Readership, count
from chalicelib.newsletter.issues import link_check as answering
from chalicelib.newsletter.issues.issue import issue_of
from chalicelib.newsletter.issues.preflight import LinkAnswer
from chalicelib.newsletter.issues.rendered import Rendered, fill
from chalicelib.newsletter.pace import Allowance
from chalicelib.newsletter.sending.unreached import UnreachedReader
from chalicelib.services import Services
from fakes import MemoryStore
from infra.operator.errors import OperatorError
from infra.operator.newsletter import drafts, lifecycle, report
from infra.operator.newsletter.context import IssueContext, Outside
from issue_factory import VALUES

MISSED = [
    UnreachedReader("a" * 32, "ada@example.org", "fr", "failed", "550 no", True),
    UnreachedReader("b" * 32, "=bea@example.org", "en", "skipped_unsubscribed", "", False),
]


class World:
    """Everything outside, set by a test."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.missed: Sequence[UnreachedReader] = ()
        self.failing: Exception | None = None

    def deliver(self, text: Rendered, address: str, issue: str) -> None:
        if self.failing:
            raise self.failing
        self.sent.append((address, fill(text, VALUES).subject))

    def outside(self) -> Outside:
        return Outside(
            account=SetAccount(Allowance(rate=14, daily=50_000, used=0)),
            audience=lambda topics: {"fr": 3, "en": 2},
            tries=lambda urls: {url: LinkAnswer("well") for url in urls},
            deliver=self.deliver,
            missed=lambda issue: self.missed,
            bounces=lambda issue: {"example.org": 2} if self.missed else {},
        )


@pytest.fixture
def world() -> World:
    return World()


def commanded(
    service: Services, world: World, by: str = "sam-lee", **changed: object
) -> IssueContext:
    settings = service.settings.model_copy(update=changed)
    services = Services(settings, service.store, service.secret, now=service.now)
    return IssueContext(services, world.outside(), by)


@pytest.fixture
def context(service: Services, world: World) -> IssueContext:
    return commanded(service, world)


def test_an_issue_goes_all_its_way_by_commands(
    context: IssueContext, service: Services, world: World, tmp_path: Path
) -> None:
    folder = tmp_path / "2026-03"
    assert "issue check" in drafts.new(context, folder, "2026-03")
    for lang in LANGS:
        (folder / f"{lang}.md").write_text((issue_factory.SAMPLE / f"{lang}.md").read_text("utf-8"))
    told, well = drafts.check(context, folder, offline=False, over_days=False)
    assert well, told
    assert "readers: 3 in French and 2 in English" in told
    assert "ada@example.org" in lifecycle.test(context, "2026-03", ["ada@example.org"], nothing)
    assert world.sent == [
        ("ada@example.org", "[Essai] Le printemps de l’impact collectif"),
        ("ada@example.org", "[Test] A spring of collective impact"),
    ]
    assert lifecycle.ask(context, "2026-03").startswith("Asked Rita Roy to approve it.")
    room = issue_factory.newsroom(service)
    decided = {"by": "rita-roy", "name": "Rita Roy", "at": "2026-03-02T15:00:00.000Z",
               "decision": "approve", "remarks": "", "version": 1}  # fmt: skip
    room.lifecycle.move(room.lifecycle.get("2026-03"), "approve", "rita-roy", {"approved": decided})
    questions: list[str] = []
    assert "March 5, 2026, 9:00\u00a0a.m. (Eastern Time)" in lifecycle.schedule(
        context, "2026-03", datetime(2026, 3, 5, 14, tzinfo=UTC), questions.append
    )
    assert questions == [
        "Send 2026-03, March 5, 2026, 9:00\u00a0a.m. (Eastern Time)? Readers: 3 in French, 2 in "
        "English."
    ]
    assert "Leaves March 5" in report.status(context, "2026-03")
    assert room.lifecycle.get("2026-03").send_at == "2026-03-05T14:00:00.000Z"
    room.lifecycle.start(room.lifecycle.get("2026-03"))
    assert lifecycle.pause(context, "2026-03").startswith("Paused")
    assert lifecycle.resume(context, "2026-03").startswith("It goes on")
    assert lifecycle.cancel(context, "2026-03").startswith("Cancelled")
    assert "Cancelled" in report.every(context, ["2026-03", "none"])


def test_everything_is_said_in_ones_own_language(
    service: Services, world: World, tmp_path: Path
) -> None:
    context = commanded(service, world, by="rita-roy")
    with pytest.raises(OperatorError, match="Il n’y a pas de numéro 2026-09"):
        lifecycle.pause(context, "2026-09")
    told, well = drafts.check(context, tmp_path, offline=True, over_days=False)
    assert not well
    assert told.startswith("À corriger\n  fr.md\u00a0: ce fichier manque.")
    assert told.endswith("Rien n’a été enregistré.")


def test_a_stranger_commands_nothing(service: Services, world: World) -> None:
    with pytest.raises(RosterRefused, match="not on the roster"):
        commanded(service, world, by="eve")


def test_what_blocks_is_listed_and_the_draft_is_kept(
    context: IssueContext, service: Services, tmp_path: Path
) -> None:
    for lang in LANGS:
        text = (issue_factory.SAMPLE / f"{lang}.md").read_text("utf-8")
        (tmp_path / f"{lang}.md").write_text(text + "\n![](https://www.example.org/i.png)\n")
    told, well = drafts.check(context, tmp_path, offline=False, over_days=False)
    assert not well
    assert "fr.md, line 36: the image" in told
    assert told.endswith("Saved as a draft, version 1.")
    assert issue_factory.newsroom(service).lifecycle.get("2026-03").status == "DRAFT"


def test_what_is_too_big_is_not_kept(
    context: IssueContext, service: Services, tmp_path: Path
) -> None:
    for lang in LANGS:
        text = (issue_factory.SAMPLE / f"{lang}.md").read_text("utf-8")
        (tmp_path / f"{lang}.md").write_text(text + "\n" + "{" * 40_000 + "\n", "utf-8")
    told, well = drafts.check(context, tmp_path, offline=False, over_days=False)
    assert not well
    assert told.endswith("Nothing was saved.")
    assert issue_of(service.store, "2026-03") is None


def test_a_check_of_the_same_keeps_what_is_approved(
    context: IssueContext, service: Services
) -> None:
    issue_factory.approved(service)
    told, well = drafts.check(context, issue_factory.SAMPLE, offline=False, over_days=False)
    assert well, told
    issue = issue_factory.newsroom(service).lifecycle.get("2026-03")
    assert issue.status == "APPROVED"


def test_a_check_keeps_the_postal_address_that_the_texts_name(
    context: IssueContext, service: Services
) -> None:
    told, well = drafts.check(context, issue_factory.SAMPLE, offline=False, over_days=False)
    assert well, told
    issue = issue_factory.newsroom(service).lifecycle.get("2026-03")
    assert issue.postal_address == service.settings.postal_address != ""
    assert issue.named == [service.settings.organization_name, service.settings.contact_email]


@pytest.mark.parametrize(
    "changed",
    [
        {"postal_address": "1, rue Neuve"},
        {"contact_email": "new@example.org"},
        {"organization_name": "Autre"},
    ],
)
def test_no_issue_is_resumed_that_names_its_sender_as_it_was(
    service: Services, world: World, changed: dict[str, str]
) -> None:
    before = commanded(service, world)
    assert drafts.check(before, issue_factory.SAMPLE, offline=True, over_days=False)[1]
    newsroom = issue_factory.newsroom(service)
    checked = newsroom.lifecycle.get("2026-03")
    service.store.commit([Change(checked.key, set={"status": "PAUSED"})])
    after = commanded(service, world, **changed)
    with pytest.raises(OperatorError, match="was changed since"):
        lifecycle.resume(after, "2026-03")
    with pytest.raises(OperatorError, match="was changed since"):
        lifecycle.schedule(after, "2026-03", None)
    with pytest.raises(OperatorError, match="was changed since"):
        lifecycle.send_to_missing(after, "2026-03")
    assert newsroom.lifecycle.get("2026-03").status == "PAUSED"
    assert lifecycle.resume(before, "2026-03").startswith("It goes on")


def test_a_test_that_ses_refuses_is_no_test(
    context: IssueContext, service: Services, world: World
) -> None:
    issue = issue_factory.newsroom(service).checked(issue_factory.saved(service), [], "sam-lee")
    world.failing = DeliveryFailed("MessageRejected", permanent=True)
    with pytest.raises(OperatorError, match="MessageRejected"):
        lifecycle.test(context, issue.id, ["ada@example.org"], nothing)
    assert issue_factory.newsroom(service).lifecycle.get(issue.id).status == "CHECKED"


def test_a_draft_is_not_tested(context: IssueContext, service: Services, world: World) -> None:
    issue_factory.saved(service)
    with pytest.raises(OperatorError, match="“Draft”"):
        lifecycle.test(context, "2026-03", ["ada@example.org"], nothing)
    assert world.sent == []


def test_without_a_postal_address_nothing_leaves_and_it_is_said_why(
    service: Services, world: World
) -> None:
    issue_factory.approved(service)
    context = commanded(service, world, postal_address="")
    with pytest.raises(OperatorError, match="PostalAddress"):
        lifecycle.schedule(context, "2026-03", None)
    with pytest.raises(OperatorError, match="PostalAddress"):
        lifecycle.test(context, "2026-03", ["ada@example.org"], nothing)
    told, well = drafts.check(context, issue_factory.SAMPLE, offline=True, over_days=False)
    assert not well
    assert "postal address is not set" in told


def test_who_says_no_schedules_nothing_and_sends_to_nobody_again(
    context: IssueContext, service: Services, world: World
) -> None:
    def no(question: str) -> None:
        raise OperatorError("no")

    issue_factory.approved(service)
    with pytest.raises(OperatorError, match="no"):
        lifecycle.schedule(context, "2026-03", None, no)
    assert context.issue("2026-03").status == "APPROVED"
    world.missed = MISSED
    with pytest.raises(OperatorError, match="no"):
        lifecycle.send_to_missing(context, "2026-03", no)


@pytest.mark.parametrize("command", ["test", "ask"])
def test_who_says_no_to_mail_that_cannot_be_called_back_sends_none(
    context: IssueContext, service: Services, world: World, command: str
) -> None:
    asked: list[str] = []

    def no(question: str) -> None:
        asked.append(question)
        raise OperatorError("no")

    if command == "test":
        issue = issue_factory.newsroom(service).checked(issue_factory.saved(service), [], "sam-lee")
        sends = partial(lifecycle.test, to=["ada@example.org", "bea@example.org"])
    else:
        issue = issue_factory.through_test(service)
        sends = partial(lifecycle.ask)
    with pytest.raises(OperatorError, match="no"):
        sends(context, issue.id, confirm=no)
    assert world.sent == []
    assert context.issue(issue.id) == issue
    (question,) = asked
    assert ("4 e-mails to ada" if command == "test" else "Rita Roy") in question


def nothing(question: str) -> None:
    """Says yes to whatever is asked."""


def test_nobody_is_asked_about_what_cannot_be_scheduled(
    context: IssueContext, service: Services
) -> None:
    issue_factory.saved(service)
    with pytest.raises(OperatorError, match="“Draft”"):
        lifecycle.schedule(context, "2026-03", None, pytest.fail)


def test_the_text_part_is_written_once_to_be_edited(context: IssueContext, tmp_path: Path) -> None:
    for lang in LANGS:
        (tmp_path / f"{lang}.md").write_text(
            (issue_factory.SAMPLE / f"{lang}.md").read_text("utf-8")
        )
    drafts.text(context, tmp_path)
    written = (tmp_path / "fr.txt").read_text("utf-8")
    assert "== Deux ateliers en ligne ==" in written
    with pytest.raises(OperatorError, match="already"):
        drafts.text(context, tmp_path)
    assert drafts.check(context, tmp_path, offline=False, over_days=False)[1]


def test_remarks_of_who_sent_it_back_are_shown(context: IssueContext, service: Services) -> None:
    issue = issue_factory.through_test(service, "sam-lee")
    back = {"by": "rita-roy", "name": "Rita Roy", "at": "2026-03-02T15:00:00.000Z",
            "decision": "send_back", "remarks": "La date.", "version": 1}  # fmt: skip
    issue_factory.newsroom(service).lifecycle.move(
        issue, "send_back", "rita-roy", {"approved": back}
    )
    assert "Rita Roy sent it back: La date." in report.status(context, "2026-03")


def reported(context: IssueContext, issue_id: str, path: Path | None) -> str:
    issue = context.issue(issue_id)
    return report.report(context, issue, list(context.outside.missed(issue)), path)


def test_the_report_lists_who_was_not_reached_and_why(
    context: IssueContext, service: Services, world: World, tmp_path: Path
) -> None:
    issue_factory.sending(service)
    assert reported(context, "2026-03", None).endswith("Everybody was reached.")
    world.missed = MISSED
    told = reported(context, "2026-03", None)
    assert "Not reached: 2" in told
    assert "Bounced by domain: example.org 2" in told
    assert "ada@example.org  fr  SES did not take it (550 no)" in told
    reported(context, "2026-03", tmp_path / "missed.csv")
    lines = (tmp_path / "missed.csv").read_text("utf-8").splitlines()
    assert (
        lines[2]
        == f"{'b' * 32},'=bea@example.org,en,skipped_unsubscribed,,Unsubscribed before it was sent"
    )


def test_those_who_can_be_reached_get_an_issue_of_their_own(
    context: IssueContext, service: Services, world: World
) -> None:
    issue_factory.newsroom(service).lifecycle.finished(issue_factory.sending(service), {})
    world.missed = MISSED[1:]
    with pytest.raises(OperatorError, match="Nobody to send to again"):
        lifecycle.send_to_missing(context, "2026-03")
    world.missed = MISSED
    assert lifecycle.send_to_missing(context, "2026-03").startswith(
        "Made 2026-03-suite-2 with the same approved texts, readers: 1."
    )


def test_the_bar_moves_until_all_are_dealt_with(
    context: IssueContext, service: Services, store: MemoryStore
) -> None:
    issue = issue_factory.sending(service)
    store.commit([count(issue.id, Readership("fr"), "0", {"queued": 4})])
    rounds = iter(range(5))

    def waits(seconds: float) -> None:
        store.commit([count(issue.id, Readership("fr"), "0", {"sent": 1})])
        if next(rounds) == 3:
            lifecycle = issue_factory.newsroom(service).lifecycle
            lifecycle.finished(lifecycle.get(issue.id), {})

    lines: list[str] = []
    report.follow(context, issue.id, lines.append, waits)
    assert [line.split()[0] for line in lines] == ["0", "25", "50", "75", "100"]
    assert lines[-1].endswith("Sent")


def test_the_report_has_the_figures_of_each_topic_where_there_are_several(
    context: IssueContext, service: Services, store: MemoryStore
) -> None:
    issue = issue_factory.sending(service)
    store.commit([count(issue.id, Readership("fr", ("news",)), "0", {"queued": 4})])
    assert "By topic" not in report.report(context, issue, [], None)
    store.commit([count(issue.id, Readership("en", ("events", "news")), "0", {"queued": 3})])
    found = report.report(context, issue, [], None)
    rows = [line.split()[-2:] for line in found.splitlines() if line.startswith("To send")]
    assert rows == [["4", "3"], ["0", "3"], ["4", "3"]]
    assert "\nevents\n" in found
    assert "\nCoaching, funding and events\n" in found


def test_a_share_of_nothing_is_none() -> None:
    assert report.share(0, 0) == "  0 %  0/0"
    assert report.share(7, 5) == "100 %  7/5"


# ---------------------------------------------------------------- links


class Site:
    """Answers as a test says: a status, or an error to raise."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str]] = []

    def __call__(self, method: str, url: str) -> int:
        self.asked.append((method, url))
        found = self.answers[f"{method}_{url}"]
        if isinstance(found, Exception):
            raise found
        return int(found)


@pytest.mark.parametrize(
    ("head", "get", "kind", "why"),
    [
        (200, None, "well", ""),
        (405, 200, "well", ""),
        (404, 404, "dead", "404"),
        (404, 200, "well", ""),
        (500, 503, "dead", "503"),
        (403, 403, "unsure", "403"),
        (TimeoutError(), TimeoutError(), "dead", "timeout"),
        (OSError("x"), ValueError("y"), "dead", "ValueError"),
    ],
)
def test_a_link_is_asked_as_a_program_then_as_a_browser(
    head: Any, get: Any, kind: Literal["well", "dead", "unsure"], why: str
) -> None:
    site = Site(HEAD_a=head, GET_a=get)
    assert answering.tries(["a", "a"], site) == {"a": LinkAnswer(kind, why)}
    assert len(site.asked) == (1 if get is None else 2)


def test_links_that_never_answer_do_not_hold_the_check_up() -> None:
    import threading

    gate = threading.Event()

    def hangs(method: str, url: str) -> int:
        gate.wait(20)
        return 200

    urls = [f"u{n}" for n in range(30)]
    found = answering.tries(urls, hangs, seconds=0.2)
    gate.set()
    assert found == dict.fromkeys(urls, LinkAnswer("dead", "timeout"))


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    class Pages(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response({"/here": 200, "/gone": 410, "/shy": 403}[self.path])
            self.end_headers()

        do_GET = do_HEAD  # noqa: N815

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_real_links_are_tried_over_the_network(served: str) -> None:
    urls = [f"{served}/here", f"{served}/gone", f"{served}/shy", "http://127.0.0.1:9/"]
    found = answering.tries(urls)
    assert [found[url].kind for url in urls] == ["well", "dead", "unsure", "dead"]


def test_the_service_asks_no_address_of_a_network_whatever_name_leads_there(served: str) -> None:
    port = served.rpartition(":")[2]
    urls = [f"{served}/here", f"http://localhost:{port}/here", f"https://localhost:{port}/here"]
    assert {one.kind for one in answering.public_tries(urls).values()} == {"dead"}
