"""What is logged: one line of JSON an event, in a known shape, with nothing of a person in it."""

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

import app as application
import samples
from chalicelib.core import log_lines
from chalicelib.core.errors import StoreDown
from chalicelib.core.letter_row import log_name, tag_of
from chalicelib.core.metrics import METRICS
from chalicelib.web.chalice_app import FunctionFailed
from journey import ADA, RITA, Journey
from logged import Lines

BOOK = (Path(__file__).resolve().parents[2] / "docs" / "watching.md").read_text("utf-8")


def column(chapter: str) -> list[str]:
    """The names in the first column of a chapter's table."""
    text = BOOK.partition(f"\n## {chapter}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", text, re.M)
    return [name for row in rows for name in re.findall(r"`([\w-]+)`", row)]


def test_every_field_and_every_metric_is_in_the_book() -> None:
    assert sorted(column("Logs")) == sorted(log_lines.LINE_FIELDS)
    assert sorted(column("Metrics")) == sorted(METRICS)


def _stream_event(way: Journey, keys: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "awsRegion": "ca-central-1", "eventID": str(n), "eventName": "INSERT",
                "eventSource": "aws:dynamodb", "eventSourceARN": "arn", "eventVersion": "1.1",
                "dynamodb": {
                    "SequenceNumber": str(n), "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
                    "StreamViewType": "NEW_IMAGE",
                },
            }
            for n, (pk, sk) in enumerate(keys)
        ]
    }  # fmt: skip


def _queue_event(way: Journey, tags: dict[str, list[str]], kind: str) -> dict[str, Any]:
    report = {
        "eventType": kind.title(),
        "mail": {"messageId": "m", "destination": [ADA], "tags": tags},
        kind: {},
    }
    wrapped = {"TopicArn": way.service.settings.mail_topic, "Message": json.dumps(report)}
    return {"Records": [{"messageId": "1", "body": json.dumps(wrapped), "receiptHandle": "r"}]}


def test_one_id_follows_a_submission_through_stream_letter_and_report_of_ses(
    way: Journey, lines: Lines
) -> None:
    told = way.visitor.send("/forms/eoi", samples.eoi())
    assert told.status_code == 201
    (posted,) = lines.of("request")
    assert posted["route"] == "/forms/{form}"
    assert posted["form"] == "eoi"
    assert posted["test-submissions"] == 1
    cid = posted["cid"]
    owed = way.store.kinds("letter")
    assert {row["cid"] for row in owed} == {cid}
    with Client(application.app) as client:
        for _ in range(2):
            # The letter to all of the staff becomes one a person, which the stream tells of anew.
            keys = [(r["pk"], r["sk"]) for r in way.store.kinds("letter") if r["status"] == "owed"]
            client.lambda_.invoke("deliver_letters", _stream_event(way, keys))
        letters = lines.of("letter")
        assert {line["cid"] for line in letters} == {cid}
        assert {line["outcome"] for line in letters} == {"sent", "spread"}
        assert {mail.cid for mail in way.mailer.sent} == {cid}
        (mail,) = way.mailer.to(ADA)
        tags = {"mail": [mail.tag], "cid": [mail.cid]}
        client.lambda_.invoke("settle_mail", _queue_event(way, tags, "delivery"))
    (settled,) = lines.of("mail_event")
    assert (settled["cid"], settled["kind"], settled["outcome"]) == (cid, "delivery", "delivered")
    assert settled["test-delivered"] == 1


def test_what_a_decision_brings_about_has_the_id_of_its_post(way: Journey, lines: Lines) -> None:
    way.declare()
    way.clock.pass_(days=3)
    way.decide(RITA, decision="approve")
    (decided,) = lines.of("decision")
    assert decided["kind"] == "approve"
    assert decided["test-decision-seconds"] == 3 * 86400
    assert decided["cid"] in {line["cid"] for line in lines.of("request")}
    way.after_undo()
    (invited,) = [line for line in lines.of("letter") if "eoi--approved" in line["letter"]]
    assert invited["cid"] == decided["cid"]


def test_no_line_says_who_somebody_is_or_what_they_wrote(way: Journey, lines: Lines) -> None:
    way.apply()
    way.decide(RITA, decision="ask", message="Bonjour Ada, quel âge ont les jeunes ?")
    way.visitor.send("/forms/eoi", samples.eoi(contact_email="not an address"))
    way.visitor.send("/newsletter", {"email": "zoe.hier@example.net", "first_name": "Zoé"})
    way.visitor.page("/review/somebody.elses.token")
    way.deliver()
    found = lines.all()
    assert {*found[0]} <= {*log_lines.LINE_FIELDS, "_aws", "test-cold-starts", "test-submissions"}
    # What is drawn by lot may have any digits in it.
    drawn = {"stackTrace", "requestId", "cid"}
    said = "\n".join(str({k: v for k, v in line.items() if k not in drawn}) for line in found)
    texts = [v for form in (samples.eoi(), samples.application()) for v in form.values()]
    personal = {v for v in texts if isinstance(v, str) and (len(v) > 14 or "@" in v)}
    staff = {"rita", "sam-lee", "Rita Roy", "Sam Lee", "514"}
    for text in {*personal, *staff, "Tremblay", "Zoé", "zoe.hier", "quel âge", "elses.token"}:
        assert text not in said, text


@examples(max_examples=60)
@given(
    user=st.from_regex(r"[a-z0-9._%+é-]{1,20}", fullmatch=True),
    host=st.from_regex(r"[a-zé0-9-]{1,10}\.(ca|org|québec)", fullmatch=True),
    around=st.tuples(st.text(max_size=9), st.text(max_size=9)),
    raised=st.sampled_from([ValueError, KeyError, OSError, StoreDown]),
)
def test_an_address_is_kept_back_and_so_is_what_a_foreign_error_repeats(
    user: str, host: str, around: tuple[str, str], raised: type[Exception]
) -> None:
    address = f"{user}@{host}"
    record = logging.LogRecord("relais.x", 40, "x.py", 1, "%s <%s> %s", (), None)
    record.args = (around[0], address, around[1])
    try:
        raise raised(f"no such thing as {address}")
    except Exception as error:
        record.exc_info = (type(error), error, error.__traceback__)
    text = log_lines.JsonLines().format(record)
    line = json.loads(text)
    assert "\n" not in text
    assert address not in text
    assert line["errorType"] == raised.__name__
    ours = "no such thing as …@…" if raised is StoreDown else None
    assert line.get("errorMessage") == ours
    assert "test_log_lines.py" in line["stackTrace"][-1]


@pytest.mark.parametrize(
    ("key", "named"),
    [
        (("CASE#2026-AAAAA-1", "LETTER#000002#eoi_received#applicant"), True),
        (("CASE#2026-AAAAA-1", "LETTER#000002#staff_eoi_received#rita-roy"), False),
        (("CASE#2026-AAAAA-1", "LETTER#000002#staff_code#rita-roy#1"), False),
        (("COACH#marie-tremblay", "LETTER#000002#coach_check#coach"), False),
        (("STAFF#rita-roy", "CLOCK"), False),
    ],
)
def test_the_log_names_a_letter_without_whose_name_is_in_its_key(
    key: tuple[str, str], named: bool
) -> None:
    assert (log_name(*key) == tag_of(*key)) is named
    assert "rita" not in log_name(*key)
    assert "marie" not in log_name(*key)


def test_a_function_that_fails_says_in_the_log_why_and_to_lambda_what_kind_alone(
    way: Journey, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise ZeroDivisionError(ADA)

    monkeypatch.setattr(type(way.service.mail.outbox), "sweep", lambda _: fails())
    event = {"version": "0", "id": "1", "detail-type": "x", "source": "aws.events", "account": "1",
             "time": "t", "region": "ca-central-1", "resources": [], "detail": {}}  # fmt: skip
    with Client(application.app) as client, pytest.raises(FunctionFailed) as failed:
        client.lambda_.invoke("sweep", event)
    assert str(failed.value) == "ZeroDivisionError"
    assert failed.value.__suppress_context__
    (line,) = [one for one in lines.all() if one["level"] == "ERROR"]
    assert line["errorType"] == "ZeroDivisionError"
    assert "fails" in line["stackTrace"][-1]
    assert ADA not in lines.text


def test_an_id_that_is_none_is_replaced_and_outside_of_events_nothing_is_noted() -> None:
    log_lines.note(outcome="nowhere")
    log_lines.count("submissions")
    assert log_lines.cid() == ""
    with log_lines.event("clock", "ada@example.org"):
        assert re.fullmatch(r"[0-9a-f-]{36}", log_lines.cid())
        log_lines.follow("x y")
        log_lines.follow("0123456789")
        assert log_lines.cid() == "0123456789"
    assert log_lines.cid() == ""
