"""Writes the holidays of the coming years into the content: `python -m infra.holidays`."""

import json
from datetime import date
from typing import Final

from chalicelib.content import HERE

YEARS: Final = range(2025, 2046)
"""Twenty years ahead. The package is not built when fewer than two are left."""

YEARS_AHEAD: Final = 2

PAGE: Final = HERE / "holidays.json"


def dates() -> list[str]:
    """Return the days off of the federal government and of Québec, with the days they are moved to,
    as ISO dates.

    Counted ahead, because the library knows a thousand calendars and the functions need one: it is
    not in the zip, and no cold start pays for its import.
    """
    # Only who writes or checks the file needs the library.
    import holidays

    federal = holidays.country_holidays("CA", years=YEARS, categories=("government",))
    quebec = holidays.country_holidays("CA", subdiv="QC", years=YEARS, categories=("public",))
    return sorted({day.isoformat() for day in {**federal, **quebec} if day.year in YEARS})


def years_left(today: date) -> int:
    """Count the whole years after this one that the file knows."""
    last: str = json.loads(PAGE.read_bytes())[-1]
    return int(last[:4]) - today.year


def main() -> None:
    PAGE.write_text(json.dumps(dates(), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
