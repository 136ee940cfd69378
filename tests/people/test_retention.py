"""One table says of every row how long it is kept; what the code writes is held to it."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

import fakes
import samples
from chalicelib import content
from chalicelib.cases.applicant import ApplicantReply
from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput
from chalicelib.coaches.editions import EditionStore
from chalicelib.coaches.proposals import proposal_key
from chalicelib.coaches.removal import CoachRemoval
from chalicelib.coaches.upkeep import ARCHIVED_RETENTION
from chalicelib.core.ports import Put
from chalicelib.people import retention
from fakes import MemoryStore, SetClock
from infra import privacy
from journey import ADA, RITA, Journey

ROOT = Path(__file__).resolve().parents[2]
ROWS = content.retention()["rows"]
RESOURCES = json.loads((ROOT / "infra" / "resources.json").read_text("utf-8"))["Resources"]


def kinds_in_the_code() -> set[str]:
    """Every constant that the code gives to the attribute `kind` of a mapping."""
    found: set[str] = set()
    for path in (ROOT / "chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Dict):
                pairs = zip(node.keys, node.values, strict=True)
                found |= {
                    str(value.value)
                    for key, value in pairs
                    if isinstance(key, ast.Constant) and key.value == "kind"
                    and isinstance(value, ast.Constant)
                }  # fmt: skip
    return found


def test_each_kind_of_row_that_the_code_writes_is_in_the_table_and_no_other() -> None:
    assert {row["kind"] for row in ROWS if "kind" in row} == kinds_in_the_code()


def test_a_row_that_the_table_does_not_know_cannot_be_written_in_any_test() -> None:
    store = MemoryStore()
    with pytest.raises(AssertionError, match="no line"):
        store.commit([Put({"pk": "DIARY#1", "sk": "PAGE", "kind": "diary"})])
    with pytest.raises(AssertionError, match="no line"):
        store.commit([Put({"pk": "CASE#1", "sk": "CASE", "kind": "letter"})])


def test_a_row_that_the_table_ends_by_time_cannot_be_written_without_its_end() -> None:
    with pytest.raises(AssertionError, match="no end"):
        MemoryStore().commit([Put({"pk": "STRAY#2026-03-02", "sk": "x#Open", "kind": "stray"})])


@pytest.mark.parametrize("name", ["privacy", "privacy-impact", "incidents"])
def test_what_the_law_asks_to_be_written_stands_alike_in_both_languages(name: str) -> None:
    texts = [(ROOT / "docs" / f"{name}.{lang}.md").read_text("utf-8") for lang in ("fr", "en")]
    headings, lines, files = (
        [re.findall(pattern, text, re.M) for text in texts]
        for pattern in (r"^(#+) ", r"^\|", r"`[\w/]+\.\w+`")
    )
    assert headings[0] == headings[1]
    assert len(lines[0]) == len(lines[1]) > 10
    assert sorted(files[0]) == sorted(files[1])


def test_no_row_fits_two_lines() -> None:
    for row in ROWS:
        for pattern in row["keys"]:
            key = pattern.replace("*", "x").split("/")
            assert retention.row_of(key[0], key[1], row.get("kind")) == row, pattern


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_page_of_privacy_shows_the_table(lang: Any) -> None:
    shown = privacy.page(lang).read_text("utf-8")
    assert shown == privacy.written(lang), "run python -m infra.privacy"


def test_the_notices_promise_what_the_table_says() -> None:
    notices, table = content.programme()["retention"], content.retention()
    assert notices["assessment"]["en"] == f"{table['assessment_months']} months"
    months = table["case_months"]
    assert (
        str(max(m for state, m in months.items() if state != "APP_APPROVED"))
        in (notices["eoi"]["en"])
    )
    assert months["APP_APPROVED"] >= 7 * 12 + int(content.programme()["max_months"])


def test_logs_and_backups_end_as_the_table_says() -> None:
    elsewhere = {row["name"]: row for row in content.retention()["elsewhere"]}
    groups = [r for r in RESOURCES.values() if r.get("Type") == "AWS::Logs::LogGroup"]
    assert groups
    days = elsewhere["function_logs"]["period"]["days"]
    assert {group["Properties"]["RetentionInDays"] for group in groups} == {days}
    for table in ("Records", "Subscribers"):
        assert RESOURCES[table]["Properties"]["TimeToLiveSpecification"] == {
            "AttributeName": "expires", "Enabled": True
        }  # fmt: skip
    queues = [r for r in RESOURCES.values() if r.get("Type") == "AWS::SQS::Queue"]
    most = elsewhere["queues"]["period"]["days"] * 86400
    assert all(queue["Properties"]["MessageRetentionPeriod"] <= most for queue in queues)


def test_a_self_assessment_and_its_letter_end_after_24_months(
    way: Journey, store: MemoryStore, clock: SetClock
) -> None:
    way.visitor.send("/forms/assessment", samples.assessment(send_to_email=ADA))
    way.deliver()
    (row,) = store.kinds("assessment")
    letters = [one for one in store.kinds("letter") if one["pk"] == row["pk"]]
    assert {one["expires"] for one in (row, *letters)} == {row["expires"]}
    assert 729 <= (row["expires"] - clock().timestamp()) / 86400 <= 732


def test_every_letter_that_belongs_to_no_file_ends(way: Journey, store: MemoryStore) -> None:
    way.visitor.send("/forms/assessment", samples.assessment(send_to_email=ADA))
    way.declare()
    way.service.mail.outbox.deliver(("MORNING", "CLOCK#DIGEST"))
    for row in store.kinds("letter"):
        assert row["pk"].startswith("CASE#") or row["expires"], row["sk"]


def test_a_corrected_address_leaves_no_pointer_behind(way: Journey, store: MemoryStore) -> None:
    case = way.declare()
    way.service.cases.applicant.correct_address(case, "ada@new.example.org", by="staff")
    (pointer,) = store.kinds("open")
    assert pointer["pk"].split("#")[1] == way.again(case).person != case.person


def test_a_coach_who_is_removed_leaves_no_row_behind(
    way: Journey, store: MemoryStore, published: object, editions: EditionStore
) -> None:
    proposals, upkeep = way.service.coaches.proposals, way.service.coaches.upkeep
    coach = next(c for c in editions.catalogue(editions.current()) if c.public)
    store.commit([Put({"pk": proposal_key(coach.slug)[0], "sk": "PROPOSAL", "kind": "proposal",
                       "slug": coach.slug, "version": 1, "status": "waiting", "changes": {},
                       "expires": 1})])  # fmt: skip
    upkeep.confirm(coach)
    way.service.coaches.upkeep.withdraw(coach)
    way.deliver()
    assert CoachRemoval(editions).remove(coach.slug, by="operator") == "removed"
    assert proposals.newest(coach.slug) is None
    assert [key for key, row in store.items.items() if coach.slug in str((key, row))] == []


def test_an_archived_coach_is_taken_out_after_two_years(
    way: Journey, clock: SetClock, published: object, editions: EditionStore
) -> None:
    upkeep = way.service.coaches.upkeep
    coach = next(c for c in editions.catalogue(editions.current()) if c.public)
    upkeep.confirm(coach)
    upkeep.withdraw(coach)
    clock.pass_(days=ARCHIVED_RETENTION.days)
    upkeep.check()
    assert upkeep.coach(coach.slug) is not None
    clock.pass_(days=1)
    upkeep.check()
    assert upkeep.coach(coach.slug) is None


def test_every_kind_of_a_file_is_written_under_one_line_each(way: Journey) -> None:
    case: Case = way.apply()
    assert case.application is not None
    assert {"case", "case_event", "case_letter", "case_clock", "open", "once", "rate", "name",
            "link"} <= fakes.KINDS_WRITTEN  # fmt: skip


@pytest.mark.parametrize("form", ["eoi", "application"])
def test_a_file_that_nobody_decides_ends_and_is_forgotten_in_time(
    way: Journey, clock: SetClock, form: str
) -> None:
    case = way.declare() if form == "eoi" else way.apply()
    last = clock().date()
    ended = None
    for _ in range(80):
        way.deliver()
        state = way.again(case).state
        if ended is None and state.endswith("_LAPSED"):
            ended = clock().date()
        clock.pass_(days=20)
    assert ended is not None
    assert any("Nous n’avons pas pris de décision" in text for text in way.letters(ADA))
    assert 730 <= (ended - last).days <= 760
    assert way.again(case).state == "ANONYMISED"


def test_a_file_that_is_answered_after_its_time_is_not_closed_at_once(
    way: Journey, clock: SetClock
) -> None:
    """Nothing swept for two years and more, and then somebody asks."""
    case = way.declare()
    clock.pass_(days=800)
    question = DecisionInput(message="Qui porte le projet?")
    staff = Decider("rita-roy", "Rita Roy")
    way.service.cases.decisions.act(case, "ask", staff, question)
    clock.pass_(hours=2)
    way.service.cases.applicant.reply(way.again(case), ApplicantReply("Nous."))
    way.deliver()
    assert way.again(case).state == "EOI_PENDING"
    clock.pass_(days=20)
    way.mailer.sent.clear()
    way.deliver()
    way.deliver()
    assert way.letters(RITA)
