"""What a stage costs: what each journey was counted to need, by `python -m bench.journeys`, at the
prices of infra/prices.json."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

HERE: Final = Path(__file__).parent

MONTH_MINUTES: Final = 30 * 24 * 60
"""Of a month."""

MEMORY_GB: Final = 1.0

WHOLE_CPU_MB: Final = 1769
"""With so much memory Lambda gives a function one whole CPU, and with less a share of it."""

WAIT_MS: Final = {"dynamodb": 6, "s3": 30, "mail": 60, "ses": 150}
"""What one call takes until it is answered, by rule of thumb: nobody measured it on AWS."""

POLLS_A_MINUTE: Final = 5 * 3
"""Lambda asks a queue by five pollers at least, each of which waits for twenty seconds."""

FUNCTIONS: Final = (
    "deliver_letters",
    "sweep",
    "run_jobs",
    "settle_scan",
    "settle_mail",
    "send_issue",
)

NOTICES_A_MAIL: Final = 2
"""SES tells of a mail that it took it, and that it arrived."""


class Scenario(NamedTuple):
    name: str
    times: Mapping[str, int]
    """How often each journey is taken."""
    month: bool = False
    """Whether what costs by the month is in it."""


SCENARIOS: Final = (
    Scenario("a month without anybody", {"idle_minute": MONTH_MINUTES}, month=True),
    Scenario("1,000 declarations, decided", {"declaration": 1000, "decision": 1000}),
    Scenario("1,000 assessments with their letter", {"assessment": 1000}),
    Scenario("1,000 applications with a document", {"application": 1000}),
    Scenario("1,000 sign-ups, confirmed", {"sign_up": 1000}),
    Scenario("10,000 searches", {"search": 10_000}),
    Scenario("10,000 pages of the desk", {"desk_page": 10_000}),
    Scenario("1,000,000 views of an image of an issue", {"image": 1_000_000}),
    Scenario("an issue to 1,000,000 readers", {"issue_reader": 1_000_000}),
)


class Bill(NamedTuple):
    """What a scenario needs, by the names of the prices, and in whole."""

    amounts: Mapping[str, float]
    calls: float
    milliseconds: float
    usd: float


def price_list() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "prices.json").read_text("utf-8"))
    return found


def journeys() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads((HERE / "journeys.json").read_text("utf-8"))
    return found


def price_of(name: str) -> float:
    """Return the price of one, in US$."""
    one = price_list()["prices"][name]
    return float(one["usd"]) / float(one["per"])


def bill_of(scenario: Scenario, memory_gb: float = MEMORY_GB) -> Bill:
    """Return what a scenario needs and costs."""
    counted = journeys()
    needed: Counter[str] = Counter()
    for name, times in scenario.times.items():
        for what, number in counted[name].items():
            needed[what] += number * times  # type: ignore[assignment]
    milliseconds = milliseconds_of(needed, memory_gb)
    amounts = _amounts(needed, milliseconds, memory_gb)
    if scenario.month:
        amounts |= fixed()
    usd = sum(price_of(name) * amount for name, amount in amounts.items())
    calls = sum(number for what, number in needed.items() if ":" in what)
    return Bill(amounts, calls, milliseconds, usd)


def milliseconds_of(needed: Mapping[str, float], memory_gb: float = MEMORY_GB) -> float:
    """Return how long functions run: their CPU at their share of one, and what they wait."""
    share = min(1.0, memory_gb * 1024 / WHOLE_CPU_MB)
    waits = sum(WAIT_MS.get(what.partition(":")[0], 0) * n for what, n in needed.items())
    # An issue's mails leave by fifty in a call, which is counted as one.
    single = needed.get("mails", 0) if "ses:SendBulkEmail" not in needed else 0
    return needed.get("CPU milliseconds", 0) / share + waits + single * WAIT_MS["mail"]


def _amounts(
    needed: Mapping[str, float], milliseconds: float, memory_gb: float
) -> dict[str, float]:
    functions = sum(needed.get(name, 0) for name in FUNCTIONS)
    writes = sum(needed.get(f"s3:{name}", 0) for name in ("PutObject", "ListObjectsV2"))
    reads = sum(needed.get(f"s3:{name}", 0) for name in ("GetObject", "HeadObject"))
    mails = needed.get("mails", 0)
    found = {
        "requests": needed.get("requests", 0),
        "invocations": needed.get("requests", 0) + functions,
        "gigabyte seconds": milliseconds / 1000 * memory_gb,
        "write units": needed.get("write units", 0),
        "read units": needed.get("half read units", 0) / 2,
        "mails": mails,
        "notices": mails * NOTICES_A_MAIL,
        # Each is put by SNS, taken and deleted: by ten at most.
        "queue requests": mails * NOTICES_A_MAIL * 1.2,
        "S3 writes": writes,
        "S3 reads": reads,
        "scans": needed.get("settle_scan", 0),
    }
    return {name: amount for name, amount in found.items() if amount}


def fixed() -> dict[str, float]:
    """Return what stands there for a month whoever comes, as the template has it."""
    text = (HERE / "resources.json").read_text("utf-8")
    resources = json.loads(text)["Resources"].values()
    kinds = Counter(resource.get("Type", "") for resource in resources)
    queues = sum("SqsEventSource" in str(resource.get("Properties")) for resource in resources)
    people_key = 1  # The deploy keeps it, beside the stack.
    return {
        "secrets": kinds["AWS::SecretsManager::Secret"] + people_key,
        "alarms": kinds["AWS::CloudWatch::Alarm"],
        "metrics": len(set(re.findall(r"\$\{Stage\}-([a-z]+(?:-[a-z]+)+)", text)) & _metrics(text)),
        "queue requests": queues * POLLS_A_MINUTE * MONTH_MINUTES,
    }


def _metrics(text: str) -> set[str]:
    """Return the names of the metrics that the template speaks of."""
    named = re.findall(r'"MetricName": \{\s*"Fn::Sub": "\$\{Stage\}-([a-z-]+)"', text)
    shown = re.findall(r'\\"Relais\\", ?\\"\$\{Stage\}-([a-z-]+)', text)
    return {*named, *shown}
