"""Finds the case that an application may belong to: by folded names, numbers and addresses."""

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.name_index import index_pk, index_row, plain_name, root_of
from chalicelib.cases.states import table
from chalicelib.cases.twins import Twin, twins_of
from chalicelib.core.formatting import unaccented
from chalicelib.core.links import person_key
from chalicelib.core.ports import Store, Write

if TYPE_CHECKING:
    from chalicelib.forms.rules import Answers

MAX_CANDIDATES: Final = 3
MAX_CASES_A_NAME: Final = 20
"""How many cases of one name are looked at: the newest. Whatever the table holds, a page costs
the same."""

MAX_OPENED: Final = 8
"""How many of the likeliest are opened, to see whether they still wait for an application."""

WORDS_INDEXED: Final = 3
"""The longest words of a name stand in the index each on its own."""

_COMMON: Final = frozenset(
    [
        "association",
        "centre",
        "center",
        "conseil",
        "council",
        "community",
        "communautaire",
        "communaute",
        "fondation",
        "foundation",
        "groupe",
        "group",
        "services",
        "service",
        "table",
        "quartier",
        "regional",
        "regroupement",
        "societe",
        "society",
        "the",
        "les",
        "des",
        "pour",
        "and",
    ]
)

_WEIGHTS: Final = {"person": 6, "bn": 5, "name": 4, "post": 2, "word": 1}
"""How many points a match of each kind counts."""

MIN_POINTS: Final = 2
"""What a candidate must have: one word in common is not enough to be shown."""


def index_rows(case: Case, key: bytes, now: datetime) -> list[Write]:
    """Return a row for each name of an approved declaration, under a keyed hash of it; written again
    when the case is approved again."""
    return [
        index_row(f"{kind}:{text}", case.id, key, now)
        for kind, text in sorted(_of_declaration(case.answers))
    ]


class CaseCandidates:
    """Finds the cases most like an application; changes nothing."""

    def __init__(self, store: Store, people_key: bytes) -> None:
        self._store = store
        self._key = people_key

    def of(self, case: Case) -> list[Case]:
        """Return the cases that an orphan's application may belong to, the likeliest first."""
        application = case.application or {}
        points: Counter[str] = Counter()
        for kind, text in sorted(_of_application(application)):
            for row in self._store.latest(index_pk(f"{kind}:{text}", self._key), MAX_CASES_A_NAME):
                points[row["case"]] += _WEIGHTS[kind]
        for address in _addresses(application):
            for theirs in self._store.of_person(person_key(address, self._key), MAX_CASES_A_NAME):
                points[theirs] += _WEIGHTS["person"]
        best = sorted(points, key=lambda one: (-points[one], one))[:MAX_OPENED]
        keys = [case_key(one) for one in best if points[one] >= MIN_POINTS]
        opened = self._store.batch_get(keys)
        found = [Case.of(opened[key]) for key in keys if key in opened]
        return [other for other in found if other.id != case.id and linkable(other)][
            :MAX_CANDIDATES
        ]

    def twins(self, case: Case) -> list[Twin]:
        """Return the files of other addresses that have a business number or name of a case."""
        return twins_of(self._store, case, self._key)


def linkable(case: Case) -> bool:
    """Say whether an application can be joined to a case."""
    return case.application is None and (case.state, "attach") in table()


def _of_declaration(answers: "Answers") -> set[tuple[str, str]]:
    return _terms(
        names=[answers.get("org_legal_name"), answers.get("collective_name"),
               answers.get("fiduciary_name")],
        numbers=[answers.get("org_bn"), answers.get("fiduciary_bn")],
        posts=[answers.get("org_postal_code")],
    )  # fmt: skip


def _of_application(answers: "Answers") -> set[tuple[str, str]]:
    return _terms(
        names=[answers.get("fid_legal_name"), answers.get("collective_name")],
        numbers=[answers.get("fid_bn")],
        posts=[answers.get("fid_postal_code")],
    )


def _terms(
    *, names: list[str | None], numbers: list[str | None], posts: list[str | None]
) -> set[tuple[str, str]]:
    terms = {("bn", root_of(number)) for number in numbers if number}
    terms |= {("post", unaccented(post).replace(" ", "")) for post in posts if post}
    for plain in filter(None, (plain_name(name) for name in names if name)):
        terms.add(("name", plain))
        rare = sorted((w for w in plain.split() if len(w) > 3 and w not in _COMMON), key=len)
        terms |= {("word", word) for word in rare[-WORDS_INDEXED:]}
    return terms


def _addresses(application: "Answers") -> list[str]:
    given = (application.get(k) for k in ("applicant_email", "fid_lead_email"))
    return sorted({address.lower() for address in given if address})
