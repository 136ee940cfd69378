"""What the review page's form says, read kindly: by people, and by scripts that name things so."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.content import load
from chalicelib.guards import CONDITIONS
from chalicelib.review import Decision

_YES: Final = ("on", "yes", "true", "1", True)


def typed(fields: Mapping[str, Any]) -> Decision:
    known = {reason["id"] for reason in load("lists")["decline_reason"]}
    said = [r.strip() for r in _list(fields.get("reason")) if isinstance(r, str)]
    # A reason in somebody's own words is a message under the code for all others.
    own = [r for r in said if r and r not in known]
    message = "\n".join([*own, *filter(None, (_text(fields, k) for k in ("message", "question")))])
    return Decision(
        name=_text(fields, "decision"),
        reasons=tuple([r for r in said if r in known] or (["other"] if own else [])),
        message=message.replace("\r\n", "\n").strip(),
        confirm=fields.get("confirm") in _YES,
        code=_text(fields, "code"),
        nonce=_text(fields, "nonce"),
        step_code=_text(fields, "step_code"),
        conditions=_conditions(fields),
        until=_text(fields, "until"),
        colleague=_text(fields, "colleague"),
        address=_text(fields, "address"),
        target=_text(fields, "target_ref") or _text(fields, "target"),
        met=tuple(str(one) for one in _list(fields.get("met"))),
    )


def _conditions(fields: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = ((_text(fields, f"condition_{n}"), _text(fields, f"due_{n}")) for n in range(CONDITIONS))
    return tuple(row for row in rows if any(row))


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key, "")
    return value.strip() if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
