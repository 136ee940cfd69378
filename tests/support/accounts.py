"""An account of SES as a test sets it."""

from chalicelib.newsletter.pace import Allowance


class SetAccount:
    def __init__(self, allowance: Allowance, domains: tuple[str, ...] = ("example.org",)) -> None:
        self._allowance = allowance
        self._domains = domains

    def allowance(self) -> Allowance:
        return self._allowance

    def signs(self, domain: str) -> bool:
        return domain in self._domains
