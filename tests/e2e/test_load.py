"""Many at once, and a stack that is updated while it holds cases."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

import samples
from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change
from chalicelib.core.records import stamp
from deployed import Stack, ask, hidden, is_waiting, link_in, wait_for
from infra.deploy import deploy
from infra.local_aws.ses import LocalSes
from infra.local_aws.stack import stack_settings
from infra.operator.stage import Operator
from infra.package import ROOT

STORM = [f"storm{number}@example.org" for number in range(3)]
AT_ONCE = 12
"""Requests in flight: more than an account of AWS serves at first. Each is a process of the
emulator of its own, a second of a processor to start."""

REFUSALS = [
    (429, "TooManyRequestsException"),
    (500, "InternalFailure"),
    (503, "ServiceUnavailable"),
]


# First and last of these tests: what was refused waits while the others go on.
def test_while_ses_refuses_all_forms_are_accepted(stack: Stack) -> None:
    refused: list[tuple[int, str]] = []

    def bad_weather() -> tuple[int, str] | None:
        if len(refused) == 9:
            return None
        refused.append(REFUSALS[len(refused) % 3])
        return refused[-1]

    stack.ses.refuse = bad_weather
    try:
        answers = [stack.post("eoi", samples.eoi(contact_email=address)) for address in STORM]
        assert [a.status for a in answers] == [201] * 3
        wait_for(lambda: len(refused) == 9, "the refusals", seconds=30)
    finally:
        stack.ses.refuse = lambda: None


@pytest.fixture
def silent_ses(stack: Stack) -> Iterator[LocalSes]:
    """No events for mail by the thousand: each would wake a function, on two cores."""
    stack.ses.reporting = False
    yield stack.ses
    stack.ses.reporting = True


def test_a_hundred_posts_are_a_hundred_cases_with_exactly_their_letters(
    stack: Stack, silent_ses: LocalSes
) -> None:
    assert not silent_ses.reporting
    before = {i["pk"]["S"] for i in stack.items("CASE#")}

    def post(number: int) -> Any:
        own = {"org_legal_name": f"Organisme {number}", "collective_name": f"Collectif {number}"}
        form = samples.eoi(contact_email=f"many{number}@example.org", **own)
        return stack.post("eoi", form)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(post, range(100)))
    assert Counter(a.status for a in answers) == {201: 100}
    refs = {a.json["ref"] for a in answers}
    assert len(refs) == 100
    expected = {f"CASE#{ref[3:]}" for ref in refs}

    def all_sent() -> Any:
        rows = [i for i in stack.items("CASE#") if i["pk"]["S"] in expected]
        letters = [i for i in rows if i["sk"]["S"].startswith("LETTER#")]
        return None if any(map(is_waiting, letters)) or len(letters) != 400 else rows

    def all_left() -> bool:
        left = sum(m["to"][0].startswith("many") for m in stack.ses.messages())
        return left >= 100 and len(stack.ses.messages()) >= 300

    wait_for(all_left, "all mail", seconds=150)
    rows = wait_for(all_sent, "all letters", seconds=120)
    kinds = Counter(
        (i["kind"]["S"], i.get("letter", {}).get("S"), i.get("to", {}).get("S")) for i in rows
    )
    assert kinds == {
        ("case", None, None): 100,
        ("event", None, None): 100,
        ("clock", None, None): 100,
        ("letter", "eoi_received", "applicant"): 100,
        ("letter", "staff_eoi_received", "staff"): 100,
        ("letter", "staff_eoi_received", "rita-roy"): 100,
        ("letter", "staff_eoi_received", "sam-lee"): 100,
    }
    assert {i["pk"]["S"] for i in stack.items("CASE#")} - before == expected
    sent = stack.ses.messages()
    per_person = Counter(m["to"][0] for m in sent if m["to"][0].startswith("many"))
    assert per_person == {f"many{n}@example.org": 1 for n in range(100)}
    staff = Counter(m["subject"] for m in sent if m["to"] == ["rita.roy@example.org"])
    assert all(staff[s] == 1 for s in staff if any(ref in s for ref in refs))


def test_the_same_form_from_fifty_clicks_at_once_is_one_case(stack: Stack) -> None:
    form = samples.eoi(contact_email="clicks@example.org")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: stack.post("eoi", form), range(50)))
    assert {a.status for a in answers} == {201}
    assert len({a.json["ref"] for a in answers}) == 1
    assert sum("idempotent-replayed" not in a.headers for a in answers) == 1
    stack.wait_for_mail("clicks@example.org")
    assert len(stack.mail("clicks@example.org")) == 1


def test_fifty_approve_and_fifty_decline_at_once_and_one_decision_stands(stack: Stack) -> None:
    stack.post("eoi", samples.eoi(contact_email="raced@example.org", org_legal_name="La course"))
    links = [
        link_in(stack.wait_for_mail(staff, "La course")["text"], "review")
        for staff in ("rita.roy@example.org", "sam.lee@example.org")
    ]
    nonces = [hidden(stack.page(link).text, "nonce") for link in links]

    def press(number: int) -> Any:
        mine = number % 2
        choice = (
            [("decision", "approve")]
            if mine == 0
            else [("decision", "decline"), ("reason", "funds")]
        )
        return stack.submit(links[mine], [("nonce", nonces[mine]), ("confirm", "on"), *choice])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(press, range(100)))
    assert Counter(a.status for a in answers) == {200: 1, 409: 99}
    assert all("Rita Roy" in a.text or "Sam Lee" in a.text for a in answers)
    ref = stack.mail("raced@example.org")[0]["subject"].split("(")[1].rstrip(")")[3:]
    told = wait_for(lambda: stack.mail("raced@example.org")[1:], "the decision")
    rows = stack.items(f"CASE#{ref}")
    events = [i["event"]["S"] for i in rows if i["kind"]["S"] == "event"]
    assert len(events) == 2
    assert len(told) == 1


def test_looking_at_a_review_link_changes_nothing(stack: Stack) -> None:
    stack.post("eoi", samples.eoi(contact_email="looked@example.org", org_legal_name="Regards"))
    mail = stack.wait_for_mail("rita.roy@example.org", "Regards")
    link = link_in(mail["text"], "review")
    ref = mail["subject"].split("]")[0][4:]
    before = stack.items(f"CASE#{ref}")
    with ThreadPoolExecutor(8) as pool:
        urls = [f"{link}?decision=approve", link] * 25
        statuses = list(pool.map(lambda u: ask("HEAD", u).status, urls))
        statuses += list(pool.map(lambda u: stack.page(u).status, urls))
    assert set(statuses) == {200}
    settled = [i for i in stack.items(f"CASE#{ref}") if i["sk"]["S"] in ("CASE", "EVENT#000001")]
    assert settled == [i for i in before if i["sk"]["S"] in ("CASE", "EVENT#000001")]


def test_an_update_of_the_stack_keeps_its_cases_and_its_links(stack: Stack) -> None:
    told = stack.post("eoi", samples.eoi(contact_email="kept@example.org")).json
    cloud = stack.client("cloudformation")
    before = cloud.list_stack_resources(StackName="relais-local")["StackResourceSummaries"]
    said: list[str] = []
    deploy(
        "local",
        {**stack_settings(stack.site), "PostsPerHour": "99999"},
        ROOT / "build" / "local" / "sam.json",
        endpoint=stack.emulator.url,
        public_url=stack.emulator.api,
        say=said.append,
    )
    assert "updating the stack" in said
    after = cloud.list_stack_resources(StackName="relais-local")["StackResourceSummaries"]
    names = [(r["LogicalResourceId"], r["PhysicalResourceId"]) for r in before]
    assert sorted(names) == sorted((r["LogicalResourceId"], r["PhysicalResourceId"]) for r in after)
    assert stack.page(told["links"]["status"]).status == 200
    stack.post("eoi", samples.eoi(contact_email="after@example.org"))
    stack.wait_for_mail("after@example.org")


def test_after_the_storm_all_letters_have_arrived_once(stack: Stack) -> None:
    def arrived() -> list[int]:
        return [len(stack.mail(address)) for address in STORM]

    def swept() -> bool:
        # Their next try is a minute or more away; a test need not wait for it.
        due = {"due_at": stamp(datetime.now(UTC))}
        for row in filter(is_waiting, stack.items("CASE#")):
            key = row["pk"]["S"], row["sk"]["S"]
            with suppress(Conflict):
                store.commit([Change(key, expect={"status": "owed"}, set=due)])
        stack.sweep()
        return all(arrived())

    store = Operator("local", stack.emulator.url, stack.ses.url).store
    wait_for(swept, "the letters", seconds=150, every=1)
    assert arrived() == [1, 1, 1]
