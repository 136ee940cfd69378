"""`relais trace` tells the story of one file, from what is stored and from the logs."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.operator.errors import OperatorError
from infra.operator.stage import Operator
from journey import ADA, RITA, Journey
from logged import Lines
from operator_cli import MAY, listed, relais

FUNCTIONS = {"request": "api", "decision": "api", "letter": "sweep", "mail_event": "settle_mail"}
"""Whose log has a line."""


class Logs:
    """CloudWatch Logs, with what was logged in this test; some groups may not be read."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.denied: set[str] = set()

    def get_paginator(self, name: str) -> "Logs":
        assert name == "filter_log_events"
        assert "logs:FilterLogEvents" in MAY
        return self

    def paginate(self, logGroupName: str, filterPattern: str, startTime: int) -> Iterator[Any]:  # noqa: N803
        function = logGroupName.removeprefix("/aws/lambda/relais-test-")
        if function in self.denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "FilterLogEvents")
        assert startTime > 0
        yield {"events": [{"message": "START RequestId: 1"}, {"message": "[1]"}]}
        lines = [
            one for one in self._lines.all() if FUNCTIONS.get(str(one.get("event"))) == function
        ]
        found = [json.dumps(one) for one in lines if filterPattern.strip('"') in json.dumps(one)]
        yield {"events": [{"message": text} for text in found]}


class Traced(Operator):
    def __init__(self, way: Journey, logs: Logs) -> None:
        super().__init__("test", now=way.clock, settings=way.service.settings)
        self.logs = logs
        self.store = way.store  # type: ignore[assignment]

    def client(self, service: str) -> Any:
        assert service == "logs"
        return self.logs


@pytest.fixture
def operator(way: Journey, lines: Lines) -> Traced:
    return Traced(way, Logs(lines))


def test_the_story_has_post_letters_reports_and_decision_in_order(
    way: Journey, operator: Traced
) -> None:
    case = way.declare()
    way.clock.pass_(days=1)
    way.decide(RITA, decision="approve")
    way.after_undo()
    other = way.declare("bea@example.net")
    mail = way.mailer.to(ADA)[0]
    tags = {"mail": [mail.tag], "cid": [mail.cid]}
    way.service.delivery_events.settle(
        {"eventType": "Delivery", "mail": {"tags": tags, "messageId": "m"}, "delivery": {}}
    )
    story = listed(operator, "trace", case.ref.lower())
    assert [step["at"] for step in story] == sorted(step["at"] for step in story)
    stored = [step["what"] for step in story if step["source"] == "stored"]
    assert stored[0] == "event submit by applicant"
    assert [text for text in stored if text.startswith("event approve by rita")], stored
    assert sum("eoi--received_applicant" in text for text in stored) == 2, "sent and delivered"
    logged = {source: [s["what"] for s in story if s["source"] == source] for source in
              ("api", "sweep", "settle_mail")}  # fmt: skip
    (posted,) = [text for text in logged["api"] if "form=eoi" in text]
    assert posted == "request method=POST route=/forms/{form} status=201 form=eoi"
    assert [text for text in logged["api"] if text.startswith("decision")]
    assert [text for text in logged["sweep"] if "eoi--approved" in text and "sent" in text]
    assert len(logged["settle_mail"]) == 1
    assert other.id not in json.dumps(story)


def test_what_a_log_keeps_back_is_named_and_the_rest_is_told(
    way: Journey, operator: Traced, capsys: pytest.CaptureFixture[str]
) -> None:
    case = way.declare()
    operator.logs.denied = {"api", "sweep"}
    told = relais(operator, "trace", case.ref)
    assert "event submit by applicant" in told
    assert ADA not in told


def test_an_assessment_has_a_story_too_and_what_is_no_file_is_said(
    way: Journey, operator: Traced
) -> None:
    import samples

    sent = way.visitor.send("/forms/assessment", samples.assessment(send_to_email=ADA))
    way.deliver()
    story = listed(operator, "trace", sent.json_body["ref"])
    assert any("assessment--result" in step["what"] for step in story)
    for ref, hint in (("DI-2026-00000-0", ""), ("12", "; one looks like .*")):
        with pytest.raises(OperatorError, match=f"^there is no file {ref} in test{hint}$"):
            relais(operator, "trace", ref)
