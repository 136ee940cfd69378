"""`relais cost`: what a stage costs, before AWS says so."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from infra.costs import SCENARIOS, Scenario, bill_of, price_list
from infra.operator.session import session_of


def cost(
    context: typer.Context,
    prices: Annotated[
        bool, typer.Option("--prices", help="List the prices, with where they are from.")
    ] = False,
    memory: Annotated[
        int, typer.Option(min=128, max=10_240, help="Megabytes of a function.")
    ] = 1024,
) -> None:
    """Say what a month costs, and a thousand of each thing, from counts on the code itself."""
    session = session_of(context)
    listed = price_list()
    if prices:
        session.list_rows(list(_prices(listed)))
        return
    session.list_rows([_row(scenario, memory / 1024) for scenario in SCENARIOS])
    if not session.as_json:
        session.say(
            f"{listed['currency']}, {listed['region']}, prices as known on {listed['written_on']}: "
            "`relais cost --prices` says which of them nobody could look up"
        )


def _prices(listed: dict[str, Any]) -> Iterator[dict[str, str]]:
    for one in listed["prices"].values():
        yield {
            "what": one["what"],
            "usd": f"{one['usd']:,.4f}",
            "per": f"{one['per']:,}",
            "from": one["source"],
            "seen": one.get("seen", "not seen"),
        }


def _row(scenario: Scenario, memory_gb: float) -> dict[str, str]:
    bill = bill_of(scenario, memory_gb)
    return {
        "what": scenario.name,
        "requests": f"{bill.amounts.get('requests', 0):,.0f}",
        "calls_of_aws": f"{bill.calls:,.0f}",
        "read_units": f"{bill.amounts.get('read units', 0):,.0f}",
        "write_units": f"{bill.amounts.get('write units', 0):,.0f}",
        "lambda_s": f"{bill.milliseconds / 1000:,.0f}",
        "mails": f"{bill.amounts.get('mails', 0):,.0f}",
        "usd": f"{bill.usd:,.2f}",
    }
