"""What a stage costs is counted on the code itself, and priced from one table."""

import json
from datetime import date
from typing import Any

import pytest

from bench.journeys import CPU, TAKEN, assessment, counts, stage
from infra import costs
from infra.costs import SCENARIOS, bill_of, fixed, journeys, milliseconds_of, price_list
from infra.operator.stage import Operator
from operator_cli import listed, relais


@pytest.fixture(scope="module")
def counted() -> dict[str, dict[str, float]]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "ca-central-1")
        return counts()


@pytest.mark.parametrize("name", [*TAKEN, "issue_reader"])
def test_a_journey_costs_exactly_what_is_written_of_it(
    counted: dict[str, dict[str, float]], name: str
) -> None:
    """Calls, units and mails are the same in each run; CPU is not."""
    written, found = journeys()[name], counted[name]
    differs = {
        what: {"written": written.get(what, 0), "counted": found.get(what, 0)}
        for what in sorted({*written, *found} - {CPU})
        if written.get(what, 0) != found.get(what, 0)
    }
    assert not differs, (
        "Is each of these meant? Then `python -m bench.journeys` writes infra/journeys.json anew, "
        "and the commit says why"
    )


def test_one_call_more_of_a_journey_is_noticed(
    counted: dict[str, dict[str, float]], aws: None
) -> None:
    with stage() as one:
        one.meter.found.clear()
        assessment(one, "ada@example.org")
        one.meter.found.clear()
        assessment(one, "zoe@example.org")
        counted_again = dict(one.meter.found)
        one.store.get("CASE#nobody", "CASE")
        assert one.meter.found["dynamodb:GetItem"] == counted_again["dynamodb:GetItem"] + 1
        assert one.meter.found["half read units"] == counted_again["half read units"] + 2
    without_cpu = {what: n for what, n in counted["assessment"].items() if what != CPU}
    assert counted_again == without_cpu, "alone it costs what it costs among the others"


def test_everything_that_is_billed_has_a_price_with_its_source_and_its_day() -> None:
    listed = price_list()
    assert date.fromisoformat(listed["written_on"]) <= date.today()
    priced = listed["prices"]
    for one in priced.values():
        assert one["usd"] > 0 < one["per"]
        assert one["source"].startswith("https://aws.amazon.com/")
    guide = (costs.HERE.parent / "docs" / "scale.md").read_text("utf-8")
    assert "**The prices are not verified**" in guide or all(
        "seen" in one for one in priced.values()
    )
    billed = {name for scenario in SCENARIOS for name in bill_of(scenario).amounts}
    assert billed <= set(priced)
    assert {name for scenario in SCENARIOS for name in scenario.times} == set(journeys())


def test_a_bill_is_the_sum_of_its_units(monkeypatch: pytest.MonkeyPatch) -> None:
    one: dict[str, Any] = {
        "tried": {"requests": 2, "sweep": 1, "write units": 10, "half read units": 4, "mails": 3,
                  "dynamodb:GetItem": 5, "s3:PutObject": 1, CPU: 40},
    }  # fmt: skip
    monkeypatch.setattr(costs, "journeys", lambda: one)
    bill = bill_of(costs.Scenario("tried", {"tried": 1000}), memory_gb=0.5)
    cpu = 40 / (512 / 1769)
    assert bill.milliseconds == pytest.approx(1000 * (cpu + 5 * 6 + 30 + 3 * 60))
    assert bill.calls == 6000
    prices = {name: one["usd"] / one["per"] for name, one in price_list()["prices"].items()}
    expected = (
        2000 * prices["requests"] + 3000 * prices["invocations"] + 10_000 * prices["write units"]
        + 2000 * prices["read units"] + 3000 * prices["mails"] + 6000 * prices["notices"]
        + 7200 * prices["queue requests"] + 1000 * prices["S3 writes"]
        + bill.milliseconds / 2000 * prices["gigabyte seconds"]
    )  # fmt: skip
    assert bill.usd == pytest.approx(expected)


def test_more_memory_makes_cpu_shorter_and_waits_no_shorter() -> None:
    busy, waiting = {CPU: 100}, {"dynamodb:GetItem": 10}
    assert milliseconds_of(busy, 1.0) == pytest.approx(100 * 1769 / 1024)
    assert milliseconds_of(busy, 4.0) == 100
    assert milliseconds_of(waiting, 0.5) == milliseconds_of(waiting, 4.0)


def test_a_month_without_anybody_counts_what_the_template_has() -> None:
    found = fixed()
    text = (costs.HERE / "resources.json").read_text("utf-8")
    assert found["alarms"] == text.count('"AWS::CloudWatch::Alarm"') > 20
    assert found["secrets"] == 3
    assert found["metrics"] >= 8
    assert found["queue requests"] == 2 * 15 * 43_200


def test_an_operator_reads_what_a_month_costs() -> None:
    operator: Any = Operator.__new__(Operator)
    rows = listed(operator, "cost")
    assert [row["what"] for row in rows] == [scenario.name for scenario in SCENARIOS]
    prices = {name: one["usd"] / one["per"] for name, one in price_list()["prices"].items()}
    for row, scenario in zip(rows, SCENARIOS, strict=True):
        amounts = bill_of(scenario).amounts
        assert row["usd"] == f"{sum(prices[name] * n for name, n in amounts.items()):,.2f}"
        assert row["mails"] == f"{amounts.get('mails', 0):,.0f}"
        assert float(row["usd"].replace(",", "")) > 0
    assert "prices as known on 2026" in relais(operator, "cost")
    seen = {row["what"]: row["seen"] for row in listed(operator, "cost", "--prices")}
    assert "not seen" in seen.values(), "it says which nobody could look up"
    assert json.dumps(listed(operator, "cost", "--memory", "512")) != json.dumps(rows)
