"""The charity numbers of a file, each with its page in the list that the CRA publishes."""

from collections.abc import Mapping
from typing import Final, TypedDict

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.core import formatting
from chalicelib.core.languages import Lang

_CRA_LIST: Final = "https://apps.cra-arc.gc.ca/ebci/hacc/srch/pub/dsplyRprtngPrd"
"""Opens by a number alone; `0007` are the charities that are registered now."""


class Charity(TypedDict):
    """`whose` is the question that the number answers."""

    whose: str
    number: str
    url: str


def charities(case: Case, lang: Lang) -> list[Charity]:
    """Return each charity number that a file gives, once."""
    forms = (("eoi", case.answers), ("application", case.application or {}))
    found = {one["number"]: one for form, answers in forms for one in _numbers(form, answers, lang)}
    return list(found.values())


def _numbers(form: str, answers: Mapping[str, object], lang: Lang) -> list[Charity]:
    fields = (f for section in content.form(form)["sections"] for f in section["fields"])
    return [
        {
            "whose": f.get("short", f["label"])[lang],
            "number": formatting.bn(str(answers[f["key"]])),
            "url": f"{_CRA_LIST}?q.srchNm=&q.stts=0007&selectedCharityBn={answers[f['key']]}"
            f"&dsrdPg=1&request_locale={lang}",
        }
        for f in fields
        if f["type"] == "bn_rr" and answers.get(f["key"])
    ]
