"""A year of a busy programme, in seconds: `make year` prints every letter of it."""

import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from chalicelib.cases.case import Case  # noqa: E402
from chalicelib.cases.deadlines import started  # noqa: E402
from chalicelib.core import business_days  # noqa: E402
from chalicelib.core.errors import NotInvited, Refused  # noqa: E402
from clock_steps import NOOR, Programme, Sent  # noqa: E402
from environment import RITA, SAM  # noqa: E402

GOLDEN: Final = HERE.parent / "golden" / "year.txt"

FIRST: Final = date(2026, 1, 5)
LAST: Final = date(2027, 1, 4)
OUTAGE: Final = (date(2026, 10, 6), date(2026, 10, 9))
"""No sweep from noon to noon, three days later."""

LIU: Final = {**SAM, "sk": "liu-wei", "name": "Liu Wei", "email": "liu.wei@example.org"}
STAFF: Final = (
    {**RITA, "deputy": "sam-lee", "manager": "noor-ali"},
    {**SAM, "deputy": "rita-roy", "manager": "noor-ali"},
    {**LIU, "manager": "noor-ali"},
    NOOR,
)
AWAY: Final = {
    "rita-roy": (date(2026, 7, 6), date(2026, 7, 27)),
    "sam-lee": (date(2026, 7, 20), date(2026, 8, 10)),
    "liu-wei": (date(2026, 12, 14), date(2027, 1, 4)),
}


class Year:
    """People who act by dice of one seed; `cases` in the order in which they came."""

    def __init__(self, seed: int = 5) -> None:
        self.programme = Programme(f"{FIRST}T14:00:00+00:00", STAFF)
        self.dice = random.Random(seed)
        self.cases: list[Case] = []
        self.neglected: set[str] = set()
        self._asleep = False

    def run(self) -> "Year":
        day = FIRST
        while day <= LAST:
            self._absences(day)
            if day == OUTAGE[1]:
                self.programme.day(str(day), "12:00")
                self.programme.swept = True
            if business_days.is_business_day(day):
                self.programme.day(str(day), "10:00")
                self._staff(day)
                self._arrivals(day)
            self.programme.day(str(day), "19:30" if self.dice.random() < 0.8 else "22:15")
            self._applicants()
            if day == OUTAGE[0]:
                self.programme.swept = False
            day += timedelta(days=1)
        return self

    def table(self) -> str:
        """How many letters of each kind left in each month."""
        months = sorted({f"{one.there:%Y-%m}" for one in self.programme.letters})
        counts = Counter((one.letter, f"{one.there:%Y-%m}") for one in self.programme.letters)
        names = sorted({letter for letter, _ in counts})
        lines = [f"{'':30}" + "".join(f"{month[2:]:>7}" for month in months) + f"{'all':>8}"]
        for name in [*names, "all"]:
            row = [sum(n for (letter, m), n in counts.items() if m == month and name in (letter, "all"))
                   for month in months]  # fmt: skip
            lines.append(f"{name:30}" + "".join(f"{n:7}" for n in row) + f"{sum(row):8}")
        ends = Counter(self.programme.again(case).state for case in self.cases)
        lines += ["", f"{len(self.cases)} files:", *(f"{n:5} {s}" for s, n in sorted(ends.items()))]
        return "\n".join(lines) + "\n"

    def _absences(self, day: date) -> None:
        for one, (first, back) in AWAY.items():
            if day == first:
                row = self.programme.store.items["STAFF", one]
                self.programme.store.put({**row, "away_until": str(back)})

    def _here(self, day: date) -> list[str]:
        return [
            str(one["sk"])
            for one in STAFF
            if not (span := AWAY.get(str(one["sk"]))) or not span[0] <= day < span[1]
        ]

    def _arrivals(self, day: date) -> None:
        for _ in range(self.dice.choice((0, 1, 1, 1, 1))):
            number = len(self.cases)
            case = self.programme.declare(
                f"a{number}@example.org", org_legal_name=f"Organisme {number}",
                contact_language="fr" if self.dice.random() < 0.6 else "en",
            )  # fmt: skip
            self.cases.append(case)
            if self.dice.random() < 0.06:
                self.neglected.add(case.id)
            if self.dice.random() < 0.7:
                owner = self.dice.choice(self._here(day))
                self.programme.act(case, "assign", owner, colleague=owner)

    def _staff(self, day: date) -> None:
        here = self._here(day)
        for old in self.cases:
            if old.id in self.neglected and self.dice.random() < 0.985:
                continue
            wanted = _LIKELY.get(self._state(old))
            if wanted and self.dice.random() < wanted[0]:
                case = self.programme.again(old)
                name = self.dice.choices(*zip(*wanted[1].items(), strict=True))[0]
                by = case.owner if case.owner in here else self.dice.choice(here)
                self._decide(case, str(name), str(by), day)

    def _decide(self, case: Case, name: str, by: str, day: date) -> None:
        word = _word(name, day)
        try:
            self.programme.act(case, name, by, **word)
        except Refused:
            return
        if self.dice.random() < 0.05 and name in ("approve", "decline", "ask"):
            self.programme.pass_(minutes=4)
            try:
                self.programme.act(case, "undo", by)
            except Refused:
                return

    def _applicants(self) -> None:
        now = self.programme.clock()
        for old in self.cases:
            state, thrown = self._state(old), self.dice.random()
            try:
                if state.endswith("INFO_REQUESTED") and thrown < 0.06:
                    self.programme.reply(old)
                elif state == "EOI_APPROVED" and thrown < 0.012:
                    self.programme.apply(old, fid_lead_email=old.email, applicant_language=old.lang)
                elif state == "EOI_APPROVED" and thrown < 0.015:
                    started.note(self.programme.store, self.programme.again(old), now)
                elif state in _LIKELY and thrown < 0.0007:
                    self.programme.withdraw(old)
            except (Refused, NotInvited):
                # A decision that can still be undone is not known yet.
                continue

    def _state(self, case: Case) -> str:
        return str(self.programme.store.items[case.key]["state"])


_LIKELY: Final[dict[str, tuple[float, dict[str, float]]]] = {
    "EOI_PENDING": (0.16, {"approve": 11, "decline": 4, "ask": 4}),
    "APP_PENDING": (0.1, {"approve": 5, "conditions": 3, "decline": 3, "waitlist": 3, "ask": 2}),
    "APP_WAITLISTED": (0.012, {"approve": 3, "decline": 1}),
    "APP_CONDITIONAL": (0.02, {"conditions_met": 1}),
    "INVITE_EXPIRED": (0.03, {"extend": 1}),
    "EOI_LAPSED": (0.02, {"reopen": 1}),
}
"""How likely somebody acts on a business day, and what they do then."""


def _word(name: str, day: date) -> dict[str, Any]:
    """What comes with a decision."""
    words: dict[str, dict[str, Any]] = {
        "decline": {"reasons": ("not_ci",)},
        "ask": {"message": "Combien de jeunes?"},
        "reopen": {"message": "À sa demande."},
        "conditions": {"conditions": (("Un fiduciaire", str(day + timedelta(days=60))),)},
        "conditions_met": {"met": ("0",)},
    }
    return words.get(name, {})


def whole(letters: Sequence[Sent]) -> Iterator[str]:
    """One of each letter in each language, as it left: subject and text."""
    seen: dict[tuple[str, str, str], Sent] = {}
    for one in letters:
        of_clock = (one.clock or "")[:1]
        seen.setdefault((one.letter, of_clock, one.mail.lang), one)
    for (name, of_clock, lang), one in sorted(seen.items()):
        head = f"{name} {of_clock} {lang}, {one.there:%Y-%m-%d %H:%M}, {one.mail.to}"
        yield f"{'=' * 78}\n{head}\n{one.mail.subject}\n\n{one.mail.text}"


def main() -> None:
    year = Year().run()
    if sys.argv[1:] == ["whole"]:
        print("\n".join(whole(year.programme.letters)))
        return
    for one in year.programme.letters:
        of = one.key[0].partition("#")[0].lower()
        print(
            f"{one.there:%Y-%m-%d %a %H:%M}  {one.letter:30} {one.to:12} {of:8} {one.clock or ''}"
        )
    table = year.table()
    print(f"\n{table}")
    if sys.argv[1:] == ["keep"]:
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(table, "utf-8")


if __name__ == "__main__":
    main()
