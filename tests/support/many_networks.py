"""For schemathesis: each request comes from a network of its own, for one that tries everything is
soon told to wait."""

from itertools import count

import schemathesis

_NUMBERS = count(1)


def before_call(_context: object, case: schemathesis.Case, _arguments: object) -> None:
    number = next(_NUMBERS)
    case.headers["X-Forwarded-For"] = f"198.18.{number // 250 % 250}.{number % 250 + 1}"


schemathesis.hook(before_call)
