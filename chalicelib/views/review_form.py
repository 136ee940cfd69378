"""What the review page's form says: read kindly, for scripts may name its fields too."""

import re
from collections.abc import Mapping

from chalicelib import content
from chalicelib.cases.guards import MAX_CONDITIONS, DecisionInput
from chalicelib.cases.review.model import Decision
from chalicelib.web.request import is_ticked, text_field


def read_decision(fields: Mapping[str, object]) -> Decision:
    codes = {reason["id"] for reason in content.lists()["decline_reason"]}
    texts = [r.strip() for r in _list(fields.get("reason")) if isinstance(r, str)]
    # A reason in somebody's own words is a message under the code for all others.
    free = [r for r in texts if r and r not in codes]
    message = "\n".join(
        [*free, *filter(None, (text_field(fields, key) for key in ("message", "question")))]
    )
    name = text_field(fields, "decision")
    given = DecisionInput(
        reasons=tuple([r for r in texts if r in codes] or (["other"] if free else [])),
        message=message.replace("\r\n", "\n").strip(),
        conditions=_conditions(fields),
        until=text_field(fields, "until"),
        colleague=text_field(fields, "colleague"),
        address=text_field(fields, "address"),
        target=text_field(fields, "target_ref") or text_field(fields, "target"),
        met=tuple(str(one) for one in _list(fields.get("met"))),
        new_days=_new_days(fields),
        leaves=text_field(fields, "leaves"),
    )
    return Decision(
        name=name,
        given=given.for_event(name),
        confirm=is_ticked(fields, "confirm"),
        code=text_field(fields, "code"),
        nonce=text_field(fields, "nonce"),
        step_code=text_field(fields, "step_code"),
    )


def _conditions(fields: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    rows = (
        (text_field(fields, f"condition_{n}"), text_field(fields, f"due_{n}"))
        for n in range(MAX_CONDITIONS)
    )
    return tuple(row for row in rows if any(row))


def _new_days(fields: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return (number of a condition, day as typed) for each condition that is given a new day."""
    names = [name for name in fields if re.fullmatch(r"new_day_[0-9]{1,2}", name)]
    days = ((name.rpartition("_")[2], text_field(fields, name)) for name in sorted(names))
    return tuple((number, day) for number, day in days if day)


def _list(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
