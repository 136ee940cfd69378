"""What each journey costs of AWS, counted on the real code: `python -m bench.journeys` writes
infra/journeys.json, which `relais cost` prices.

Every journey is taken twice, in a warm process with moto for DynamoDB, and the second is counted.
"""

import json
import logging
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from infra.run_file import use_root_key

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests" / "support"))

JOURNEYS: Final = ROOT / "infra" / "journeys.json"

READERS: Final = (50, 100)
"""What a reader costs is what an issue to more readers costs more; each fills whole calls of SES."""

BUNDLE: Final = 50
"""Reports of SES that settle_mail takes at a time."""


class Stage:
    """The app over moto's DynamoDB, with a meter."""

    def __init__(self, serve: Callable[[Any], None], client: Any) -> None:
        import boto3

        from chalicelib.aws.keys import Keys
        from chalicelib.aws.lists import DynamoSubscriberStore
        from chalicelib.core.ports import Put
        from chalicelib.core.settings import read
        from chalicelib.services import Services
        from environment import ENVIRONMENT, RITA, SAM
        from fakes import (
            MemoryBulkMailer,
            MemoryDocuments,
            MemoryImages,
            MemoryMailer,
            MemoryObjects,
            MemoryQueue,
            MemorySuppression,
            SetClock,
        )  # fmt: skip
        from metered import Meter
        from tables import make_tables
        from visitor import Visitor

        dynamo = boto3.client("dynamodb")
        make_tables(dynamo)
        self.meter = Meter()
        self.clock = SetClock()
        self.mailer = MemoryMailer()
        self.bulk = MemoryBulkMailer()
        self.queue = MemoryQueue()
        self.documents = MemoryDocuments(self.clock)
        store = DynamoSubscriberStore(dynamo, "Records", "Subscribers")
        store.commit([Put({**RITA, "roles": ["officer", "administrator"]}), Put({**SAM})])
        self.meter.watch(dynamo)
        self.store = store
        self.service = Services(
            read(ENVIRONMENT), store, Keys(links=("a" * 64,), people=b"p" * 32), self.mailer,
            self.clock, MemorySuppression(), (self.bulk, self.queue), MemoryObjects(),
            self.meter.documents(self.documents), images=MemoryImages(self.clock),
        )  # fmt: skip
        serve(self.service)
        self.visitor = Visitor(client)
        asks: Callable[..., Any] = self.visitor._asks

        def counted(*given: Any) -> Any:
            self.meter.note("requests")
            return asks(*given)

        setattr(self.visitor, "_asks", counted)  # noqa: B010

    def deliver(self, function: str = "deliver_letters") -> None:
        """Send what is owed and due, as the stream does: one invocation for all that one step owes."""
        from chalicelib.core.records import stamp
        from metered import owed

        while keys := list(owed(stamp(self.clock()))):
            self.meter.note(function)
            before = len(self.mailer.sent)
            for key in keys:
                self.service.mail.outbox.deliver(key)
            self.meter.note("mails", len(self.mailer.sent) - before)

    def letter(self, address: str, part: str, about: str = "") -> str:
        """Return the last link of a kind that an address was sent, as a path."""
        for mail in reversed(self.mailer.sent):
            if (
                mail.to == address
                and about in mail.subject
                and (found := re.search(rf"https?://\S*?(/{part}\S*)", mail.text))
            ):
                return found[1]
        raise AssertionError(f"no {part} was sent to {address}")


RITA_AT: Final = "rita.roy@example.org"


def declaration(stage: Stage, address: str) -> None:
    import samples

    # Another organization each time: files of one are looked at for each other.
    number = "123456782RR0001" if address.startswith("a") else "118829803RR0001"
    names = {"org_legal_name": address, "collective_name": address, "org_bn": number}
    told = stage.visitor.send("/forms/eoi", samples.eoi(contact_email=address, **names))
    assert told.status_code == 201
    stage.deliver()


def decision(stage: Stage, address: str) -> None:
    from visitor import decide

    link = stage.letter(RITA_AT, "review/", address).rpartition("/")[2]
    done = decide(stage.visitor, link, decision="approve")
    assert 'class="wrong"' not in done.body.decode(), "the page asks for something"
    assert done.status_code in (200, 303)
    stage.deliver()
    stage.clock.pass_(seconds=700)
    stage.deliver("sweep")


def assessment(stage: Stage, address: str) -> None:
    import samples

    told = stage.visitor.send(
        "/forms/assessment", {**samples.assessment(), "send_to_email": address}
    )
    assert told.status_code in (200, 201)
    stage.deliver()


def application(stage: Stage, address: str) -> None:
    """Write a draft in sections, add a document that is scanned, and send it."""
    import files
    import samples
    from chalicelib.forms.attachments.ports import CLEAN
    from chalicelib.forms.drafts.draft import section_ids
    from chalicelib.forms.drafts.typed import section_of

    told = stage.visitor.send("/draft", {"form": "application", "uninvited": "1"})
    url = f"/draft/{told.json_body['links']['draft'].rpartition('/')[2]}"
    answers = samples.application(applicant_email=address)
    for name in section_ids("application"):
        keys = {field["key"] for field in section_of("application", name)["fields"]}
        given = {key: value for key, value in answers.items() if key in keys}
        saved = stage.visitor.send(f"{url}/{name}", {"version": 0, "fields": given})
        assert saved.status_code < 400
    sent = files.form_data(files.pdf(), do="add:file_other")
    added = stage.visitor.request("POST", f"{url}/documents", sent, Content_Type=files.SENT_WITH)
    assert added.status_code < 400
    for key in stage.documents.bodies:
        if key not in stage.documents.results:
            stage.documents.results[key] = CLEAN
            stage.meter.note("settle_scan")
            stage.service.drafts.minder.heard(key)
    stage.clock.pass_(minutes=5)
    stage.deliver()
    checked = stage.visitor.send(f"{url}/check", {})
    assert checked.status_code < 400
    stage.deliver()


def search(stage: Stage, address: str) -> None:
    stage.clock.pass_(seconds=60)  # The process looks again whether there is a newer directory.
    query = "housing" if address.startswith("a") else "logement"
    assert stage.visitor.get(f"/coaches?q={query}").status_code == 200


def sign_up(stage: Stage, address: str) -> None:
    fields = {"email": address, "language": "fr", "consent": True}
    assert stage.visitor.send("/newsletter", fields).status_code == 202
    stage.deliver()
    link = stage.letter(address, "newsletter/confirm/")
    assert stage.visitor.page(link).status_code == 200
    assert stage.visitor.submit(link, [("lang", "fr")]).status_code in (200, 303)
    stage.deliver()


def desk_page(stage: Stage, address: str) -> None:
    browser: Any = stage.browser  # type: ignore[attr-defined]
    assert browser.get("/desk/files?tab=to_decide").status_code == 200


IMAGE: Final = f"garden.{'0' * 32}.jpg"


def image(stage: Stage, address: str) -> None:
    """Follow the address of an image in a mail, to where S3 gives it."""
    told = stage.visitor.request("GET", f"/newsletter/images/2026-03/{IMAGE}", Accept="image/*")
    assert told.status_code == 302
    stage.meter.note("s3:GetObject")


def idle_minute(stage: Stage, address: str) -> None:
    """Do what the schedules of each minute do while nothing is due."""
    stage.meter.note("sweep")
    stage.service.edits.refresh()
    stage.service.cases.digest.ensure_scheduled()
    stage.service.mail.daily_canary.ensure_scheduled()
    stage.service.mail.outbox.sweep()
    stage.service.coaches.upkeep.check()
    stage.meter.note("run_jobs")
    stage.service.desk.jobs.run_open(1)


TAKEN: Final[dict[str, Callable[[Stage, str], None]]] = {
    "declaration": declaration,
    "decision": decision,
    "assessment": assessment,
    "application": application,
    "search": search,
    "sign_up": sign_up,
    "desk_page": desk_page,
    "image": image,
    "idle_minute": idle_minute,
}
"""The journeys, in an order in which each finds what it needs."""


CPU: Final = "CPU milliseconds"


def counts() -> dict[str, dict[str, float]]:
    """Return what each journey, and a reader of an issue, costs: calls, units, mails and CPU."""
    found = {}
    with stage() as one:
        _publish_coaches(one)
        _sign_in(one)
        _keep_image(one)
        for name, take in TAKEN.items():
            for address in ("ada@example.org", "zoe@example.org"):
                one.meter.found.clear()
                with _timed(one.meter):
                    take(one, address)
            found[name] = _sorted(one.meter.found)
    few, many = (_issue_to(readers) for readers in READERS)
    more = READERS[1] - READERS[0]
    found["issue_reader"] = _sorted({key: (many[key] - few[key]) / more for key in many})
    return found


def _sorted(found: Mapping[str, float]) -> dict[str, float]:
    return {name: round(found[name], 4) for name in sorted(found) if found[name]}


@contextmanager
def _timed(meter: Any) -> Iterator[None]:
    """Count the CPU of what runs, without moto's and the meter's own."""
    from moto.core.botocore_stubber import BotocoreStubber

    plain = BotocoreStubber.__call__
    spent = [0.0]

    def timed(*given: Any, **named: Any) -> Any:
        began = time.process_time()
        try:
            return plain(*given, **named)
        finally:
            # Within the meter's own work it is taken away with that.
            spent[0] += 0 if meter.at_work else time.process_time() - began

    BotocoreStubber.__call__ = timed  # type: ignore[method-assign]
    meter.own_seconds = 0.0
    began = time.process_time()
    try:
        yield
    finally:
        BotocoreStubber.__call__ = plain  # type: ignore[method-assign]
        took = time.process_time() - began - spent[0] - meter.own_seconds
        meter.note(CPU, max(0, round(took * 1000)))


@contextmanager
def stage() -> Iterator[Stage]:
    from chalice.test import Client
    from moto import mock_aws

    import app

    served_by: Any = app
    kept = served_by.services, served_by.settings
    logging.getLogger("relais").setLevel(logging.CRITICAL)

    def serve(served: Any) -> None:
        served_by.services = lambda: served
        served_by.settings = lambda: served.settings

    try:
        with mock_aws(), Client(app.app) as client:
            yield Stage(serve, client)
    finally:
        served_by.services, served_by.settings = kept
        logging.getLogger("relais").setLevel(logging.NOTSET)


def _publish_coaches(one: Stage) -> None:
    import sample_coaches
    from chalicelib.coaches.directory import sheets
    from chalicelib.coaches.editions import EditionStore
    from chalicelib.forms.cells import read_cells

    coaches = sheets.parse(read_cells("coaches.csv", sample_coaches.SAMPLE.read_bytes())).coaches
    EditionStore(one.store, one.clock).publish(coaches, by="bench", why="", after=None)


def _keep_image(one: Stage) -> None:
    from chalicelib.core.ports import Put
    from chalicelib.newsletter.issues.image import IssueImage

    words = {"fr": "Un jardin", "en": "A garden"}
    kept = IssueImage(
        "2026-03", "garden", IMAGE, 1200, 800, 90_000, words, "rita-roy", "2026-03-02"
    )
    one.store.commit([Put(kept.item())])


def _sign_in(one: Stage) -> None:
    from staff_browser import StaffBrowser

    one.browser = StaffBrowser(one.visitor)  # type: ignore[attr-defined]
    one.browser.sign_in(RITA_AT, one.mailer, one.deliver)  # type: ignore[attr-defined]


def _issue_to(readers: int) -> Counter[str]:
    """Return what an issue to that many costs, with what SES reports of it."""
    import sent_issue

    with stage() as one:
        key = b"p" * 32
        with one.meter.paused():
            people = [sent_issue.reader(key, f"reader{n}@example.org") for n in range(readers)]
            sent_issue.enrol(one.store, *people)
            sent_issue.scheduled(one.store, one.clock())
        run = sent_issue.SendingRun(one.service, one.queue, one.clock)
        with _timed(one.meter):
            run.run()
        assert len(one.bulk.sent) == readers
        one.meter.note("send_issue", len(run.outcomes))
        one.meter.note("ses:SendBulkEmail", len(one.bulk.bulks))
        one.meter.note("mails", readers)
        for kind in ("Send", "Delivery"):
            reports = [sent_issue.sent_event(envelope, kind) for envelope in one.bulk.sent]
            for start in range(0, readers, BUNDLE):
                assert one.service.feedback.take(reports[start : start + BUNDLE]) == []
                one.meter.note("settle_mail")
        return Counter(one.meter.found)


def main() -> None:
    use_root_key(os.environ)
    logging.disable(logging.CRITICAL)
    JOURNEYS.write_text(json.dumps(counts(), indent=1) + "\n", "utf-8")
    print(f"Counted {len(TAKEN) + 1} journeys")


if __name__ == "__main__":
    main()
