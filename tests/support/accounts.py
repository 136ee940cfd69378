"""An account of SES as a test sets it."""

from chalicelib.newsletter.issues.preflight import Quota


class SetAccount:
    def __init__(self, quota: Quota, domains: tuple[str, ...] = ("example.org",)) -> None:
        self._quota = quota
        self._domains = domains

    def quota(self) -> Quota:
        return self._quota

    def signs(self, domain: str) -> bool:
        return domain in self._domains
