"""How fast an issue may leave: what SES allows, and the share of it that issues take."""

import math
from dataclasses import dataclass
from typing import Final

RATE_SHARE: Final = 0.8
"""The part of SES's mails a second that issues take; the rest is for letters about cases,
which never wait."""

DAY_SHARE: Final = 0.95
"""The part of SES's mails in 24 hours that issues take."""


@dataclass(frozen=True)
class Allowance:
    """What SES lets the account do.

    `rate` is in mails a second; `daily` in mails in 24 hours, None without a limit; `used` is
    what was sent in the last 24 hours. `stopped` says why nothing may be sent at all. In the
    `sandbox` mail goes to verified addresses alone.
    """

    rate: float
    daily: float | None
    used: float
    stopped: str = ""
    sandbox: bool = False


def rate(allowance: Allowance, at_most: float, share: float = RATE_SHARE) -> float:
    """Return the mails a second that issues may send: their share, and never over `at_most`."""
    return min(float(at_most), share * allowance.rate)


def daily_left(allowance: Allowance) -> float:
    """Return how many mails of the day's share are left: infinite without a limit, and below
    zero when letters have used some of it."""
    return math.inf if allowance.daily is None else DAY_SHARE * allowance.daily - allowance.used
