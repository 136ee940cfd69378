"""What the review page's form says, read kindly: by people, and by scripts that name things so."""

from collections.abc import Mapping
from typing import Any

from chalicelib.cases.guards import CONDITIONS
from chalicelib.cases.review.model import Decision
from chalicelib.content import load
from chalicelib.web.request import text_of, ticked


def typed(fields: Mapping[str, Any]) -> Decision:
    known = {reason["id"] for reason in load("lists")["decline_reason"]}
    said = [r.strip() for r in _list(fields.get("reason")) if isinstance(r, str)]
    # A reason in somebody's own words is a message under the code for all others.
    own = [r for r in said if r and r not in known]
    message = "\n".join(
        [*own, *filter(None, (text_of(fields, k) for k in ("message", "question")))]
    )
    return Decision(
        name=text_of(fields, "decision"),
        reasons=tuple([r for r in said if r in known] or (["other"] if own else [])),
        message=message.replace("\r\n", "\n").strip(),
        confirm=ticked(fields, "confirm"),
        code=text_of(fields, "code"),
        nonce=text_of(fields, "nonce"),
        step_code=text_of(fields, "step_code"),
        conditions=_conditions(fields),
        until=text_of(fields, "until"),
        colleague=text_of(fields, "colleague"),
        address=text_of(fields, "address"),
        target=text_of(fields, "target_ref") or text_of(fields, "target"),
        met=tuple(str(one) for one in _list(fields.get("met"))),
    )


def _conditions(fields: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = (
        (text_of(fields, f"condition_{n}"), text_of(fields, f"due_{n}")) for n in range(CONDITIONS)
    )
    return tuple(row for row in rows if any(row))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
