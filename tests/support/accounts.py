"""An account of SES as a test sets it, and the world that an issue is checked and tested in."""

from chalicelib.newsletter.issues.ports import IssueOutside
from chalicelib.newsletter.issues.preflight import LinkAnswer
from chalicelib.newsletter.issues.rendered import Rendered
from chalicelib.newsletter.pace import Allowance


class SetAccount:
    def __init__(self, allowance: Allowance, domains: tuple[str, ...] = ("example.org",)) -> None:
        self._allowance = allowance
        self._domains = domains

    def allowance(self) -> Allowance:
        return self._allowance

    def signs(self, domain: str) -> bool:
        return domain in self._domains


class SetWorld(IssueOutside):
    """All links answer, and each test that is sent is kept, unless it is `failing`."""

    trials: list[tuple[str, str]]
    failing: list[Exception]

    def __init__(self) -> None:
        allowance = Allowance(rate=14, daily=50_000, used=0)
        tries = lambda urls: {url: LinkAnswer("well") for url in urls}  # noqa: E731
        super().__init__(SetAccount(allowance), self._deliver, tries)
        object.__setattr__(self, "trials", [])
        object.__setattr__(self, "failing", [])

    def _deliver(self, text: Rendered, address: str, issue: str) -> None:
        for error in self.failing:
            raise error
        self.trials.append((address, text.subject))
