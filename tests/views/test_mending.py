"""A long form that was refused asks again for what is wrong in it alone, and loses nothing else."""

import html
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

import samples
from chalicelib import content
from chalicelib.core.languages import LANGS, Lang, other_language
from chalicelib.forms import parsing
from chalicelib.web.mending import CELLS, MENDED_AT_ONCE, NOTED_AT_ONCE
from chalicelib.web.request import ASKS_DATES, SWITCH_PAGE
from journey import ADA, RITA, Journey
from longest import longest
from visitor import hidden

Pairs = list[tuple[str, str]]

DAYS: list[tuple[str, Lang, str]] = [
    ("09/10/2027", "fr", "2027-10-09"),
    ("09/10/2027", "en", ""),
    ("25/10/2027", "en", "2027-10-25"),
    ("9 octobre 2027", "en", "2027-10-09"),
]
"""Days as they are typed on a page of a language, and how they are read; blank where it is asked."""

ASKED: dict[Lang, str] = {"fr": "S’agit-il du", "en": "Is this"}

AREAS = [area["id"] for area in content.lists()["issue_areas"]][:6]

WRONG: dict[str, dict[str, dict[str, Any]]] = {
    "eoi": {
        "a missing line": {"org_city": ""},
        "a row's field": {
            "partners": [{**samples.EOI["partners"][0], "sector": "x"}, *samples.EOI["partners"][1:]]
        },
        "a text that is too long": {"issue_summary": "mot " * 900},
        "consent": {"consent_privacy": None},
        "too many choices": {"issue_areas": AREAS},
        "nearly everything": {**dict.fromkeys(samples.EOI), "contact_first_name": "Ada"},
    },
    "application": {
        "one in a team": {"team": samples.APPLICATION["team"][:1]},
        "a row's address": {
            "team": [{**samples.APPLICATION["team"][0], "email": "x"},
                     *samples.APPLICATION["team"][1:]]
        },
        "no objective": {"objectives": None},
    },
}  # fmt: skip


def json_text(answers: dict[str, Any]) -> str:
    """Answers to compare: a box that nobody ticked is not sent by a browser."""
    return json.dumps(answers, default=str, sort_keys=True).replace(', "is_new": false', "")


def filled(page: str) -> Pairs:
    """What a browser would send of the form of a page, as it came."""
    form = re.search(r'<form id="answers".*?</form>', page, re.DOTALL)
    assert form
    found: Pairs = []
    for tag in re.findall(r"<input[^>]*>", form[0]):
        has = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if has["type"] not in ("radio", "checkbox") or " checked" in tag:
            found.append((has["name"], has.get("value", "")))
    for name, text in re.findall(
        r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form[0], re.S
    ):
        found.append((name, text.removeprefix("\n")))
    for name, options in re.findall(
        r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form[0], re.S
    ):
        found += [(name, value) for value in re.findall(r'value="([^"]*)" selected', options)]
    return [(name, html.unescape(text)) for name, text in found]


def mended(pairs: Pairs, right: Pairs, shown: set[str]) -> Pairs:
    """The same with what stands wrong on the page made right."""
    return [pair for pair in pairs if pair[0] not in shown] + [p for p in right if p[0] in shown]


def visible(page: str) -> set[str]:
    return set(visible_in_order(page))


def visible_in_order(page: str) -> list[str]:
    form = page[page.index('<form id="answers"') :]
    tags = re.findall(r"<(?:input|select|textarea)[^>]*>", form.partition("</form>")[0])
    return [re.findall(r'name="([^"]*)"', tag)[0] for tag in tags if 'type="hidden"' not in tag]


@pytest.mark.parametrize(
    ("form", "what"), [(form, what) for form, kinds in WRONG.items() for what in kinds]
)
def test_what_is_wrong_is_mended_and_what_was_right_arrives_as_it_was_typed(
    way: Journey, form: str, what: str
) -> None:
    make = samples.eoi if form == "eoi" else samples.application
    right = samples.as_html(make())
    uninvited = [("uninvited", "1")] if form == "application" else []
    pairs = [*samples.as_html(make(**WRONG[form][what])), ("lang", "fr"), *uninvited]
    for _ in range(30):
        answer = way.visitor.submit(f"/forms/{form}", pairs)
        if answer.status_code == 303:
            break
        page = answer.body.decode()
        assert answer.status_code == 422
        asked = visible(page) - {"website", "consent_privacy", "consent_newsletter"}
        assert len({name.partition("[")[0] for name in asked}) <= MENDED_AT_ONCE + NOTED_AT_ONCE
        assert len(page.encode()) < 60_000
        pairs = mended(filled(page), right, visible(page) - {"website"})
    (case,) = way.store.kinds("case")
    kept = case["answers"] if form == "eoi" else case["application"]
    if what != "nearly everything":
        wanted = parsing.parse(form, make(), "fr", way.clock().date()).answers
        assert json_text(kept) == json_text(wanted)


@pytest.mark.parametrize("lang", LANGS)
def test_the_other_language_shows_the_same_mistakes_and_keeps_the_same_answers(
    way: Journey, lang: Lang
) -> None:
    other = "en" if lang == "fr" else "fr"
    wrong = samples.as_html(samples.eoi(org_city="", contact_email="ada@"))
    page = way.visitor.submit("/forms/eoi", [*wrong, ("lang", lang)]).body.decode()
    turned = way.visitor.submit("/forms/eoi", [*filled(page), ("_switch", other)])
    assert turned.status_code == 200
    again = turned.body.decode()
    assert f'<html lang="{other}-CA">' in again
    assert visible(again) == visible(page)
    ignored = {"lang", "started_at", "notice", "consent_shown", "_asks_dates"}
    kept = [pair for pair in filled(again) if pair[0] not in ignored]
    assert kept == [pair for pair in filled(page) if pair[0] not in ignored]


@pytest.mark.parametrize(("typed", "lang", "read"), DAYS)
def test_a_page_that_was_switched_reads_a_day_as_it_was_typed(
    way: Journey, typed: str, lang: Lang, read: str
) -> None:
    """Also where it is switched twice; what the page of its language asks for, all ask for."""
    other = other_language(lang)
    given = samples.application(start_date=typed, fid_city="")
    pairs = [*samples.as_html(given), ("lang", lang), ("uninvited", "1")]
    page = way.visitor.submit("/forms/application", pairs).body.decode()
    for there in (other, lang, other):
        again = [*filled(page), ("_switch", there)]
        page = way.visitor.submit("/forms/application", again).body.decode()
    mended_ = [pair for pair in filled(page) if pair[0] != "fid_city"]
    answer = way.visitor.submit("/forms/application", [*mended_, ("fid_city", "Laval")])
    assert (answer.status_code == 303) == bool(read)
    if read:
        (case,) = way.store.kinds("case")
        assert case["application"]["start_date"] == read
    else:
        assert ASKED[other] in html.unescape(answer.body.decode())
        (begin,) = re.findall(r'formaction="[^"]*/api(/draft[^"]*)"', answer.body.decode())
        way.visitor.submit(begin, filled(answer.body.decode()))
        (draft,) = way.store.kinds("draft")
        assert typed in str(draft["d_plan"]), "nor does a draft of it choose"


def test_a_revision_that_was_switched_stays_open_and_asks_for_a_day_that_can_be_two(
    way: Journey,
) -> None:
    case = way.apply()
    way.decide(RITA, decision="ask", message="Quand?")
    way.after_undo()
    own = way.own()
    page = way.visitor.page(own).body.decode()
    begun = [("nonce", hidden(page, "nonce")), ("action", "reply"), ("answer", "Voici.")]
    opened = way.visitor.submit(own, [*begun, ("open", "plan"), ("lang", "fr")]).body.decode()

    def typed(page: str) -> Pairs:
        return [pair for pair in filled(page) if pair[0] != "start_date"]

    day = ("start_date", "09/10/2027")
    before, turned = filled(opened), opened
    for there in ("en", "fr", "en"):
        pairs = [*typed(turned), day, (SWITCH_PAGE, there)]
        turned = way.visitor.submit(f"{own}?lang={there}", pairs).body.decode()
        assert visible(turned) == visible(opened), "the part that was open is"
        assert turned.count(ASKS_DATES) == 1
    ignored = {"lang", "nonce", ASKS_DATES}
    assert {pair for pair in filled(turned) if pair[0] not in ignored} == {
        day if pair[0] == day[0] else pair for pair in before if pair[0] not in ignored
    }
    told = way.visitor.submit(own, filled(turned)).body.decode()
    assert ASKED["en"] in html.unescape(told)
    back = way.visitor.submit(f"{own}?lang=fr", [*filled(told), (SWITCH_PAGE, "fr")])
    assert (back.status_code, ASKED["fr"] in html.unescape(back.body.decode())) == (200, True)
    told = way.visitor.submit(own, filled(back.body.decode())).body.decode()
    assert ASKED["fr"] in html.unescape(told), "nor is it chosen as the page of French"
    assert way.visitor.submit(own, [*typed(told), ("start_date", "2027-10-09")]).status_code == 200
    application = way.again(case).application
    assert application
    assert application["start_date"] == "2027-10-09"


def test_all_answers_can_be_looked_at_in_a_draft_of_them(way: Journey) -> None:
    wrong = samples.as_html(samples.eoi(contact_email="ada@"))
    page = way.visitor.submit("/forms/eoi", [*wrong, ("lang", "fr")]).body.decode()
    (begin,) = re.findall(r'formaction="[^"]*/api(/draft[^"]*)"', page)
    begun = way.visitor.submit(begin, filled(page))
    assert begun.status_code == 303
    (draft,) = way.store.kinds("draft")
    where = urlsplit(begun.headers["Location"]).path.partition("/api")[2].rpartition("/")[0]
    check = html.unescape(way.visitor.page(f"{where}/check?lang=fr").body.decode())
    for text in (samples.EOI["org_legal_name"], "Ville de l’Exemple", samples.EOI["goal_draft"]):
        assert text in check
    assert draft["form"] == "eoi"


def test_an_answer_corrects_sections_of_the_form_one_after_the_other(way: Journey) -> None:
    case = way.declare()
    way.decide(RITA, decision="ask", message="Combien?")
    way.after_undo()
    own = way.own(ADA)
    page = way.visitor.page(own).body.decode()
    assert len(page.encode()) < 30_000, "the form is not on the page before somebody wants it"
    before = way.again(case).version
    pairs = [pair for pair in filled(page) if pair[0] != "answer"]
    pairs += [("answer", "Douze."), ("open", "organization")]
    page = way.visitor.submit(own, pairs).body.decode()
    assert "org_city" in visible(page)
    assert "goal_draft" not in visible(page)
    pairs = [pair for pair in filled(page) if pair[0] != "org_city"]
    pairs += [("org_city", "Laval"), ("open", "intention")]
    page = way.visitor.submit(own, pairs).body.decode()
    assert ("answer", "Douze.") in filled(page)
    assert ("org_city", "Laval") in filled(page)
    assert "goal_draft" in visible(page)
    assert way.again(case).version == before, "nothing is sent by that"
    sent = way.visitor.submit(own, filled(page))
    assert sent.status_code == 200
    after = way.again(case)
    assert after.state == "EOI_PENDING"
    assert after.answers == {**case.answers, "org_city": "Laval"}


PAGE_LIMIT = 60_000


def unfilled(page: str) -> str:
    """A page as it would be with nothing in its fields."""
    page = re.sub(r'(<input type="(?:hidden|text|email|tel)"[^>]* value=")[^"]*', r"\1", page)
    return re.sub(r"(<textarea[^>]*>)[^<]*", r"\1", page)


def test_a_form_that_was_refused_with_every_answer_at_its_longest_is_as_light_as_what_it_carries(
    way: Journey,
) -> None:
    """Of long lists, it shows the cells that are wrong together, and they can be mended there."""
    given = longest("application", samples.application(applicant_email="x"))
    pairs = [*samples.as_html(given), ("lang", "fr"), ("uninvited", "1")]
    page = way.visitor.submit("/forms/application", pairs).body.decode()
    assert len(unfilled(page).encode()) < PAGE_LIMIT
    typed = sum(len(html.escape(text).encode()) for _, text in pairs)
    assert len(page.encode()) < PAGE_LIMIT + typed
    assert 'href="#f-team-0-role"' in page
    assert 'href="#f-budget-0-amount"' in page
    for cell in ("f-team-0-role", "f-budget-0-amount"):
        assert page.count(f'id="{cell}-error"') == page.count(f' id="{cell}"') == 1
    assert 'id="f-team-4-role--member"' in page
    assert 'id="f-team-4-title"' not in page
    right = [(f"team[{number}].role", "member") for number in range(1, 5)]
    right += [("applicant_email", ADA), ("budget[0].requested", "3 000")]
    mended_ = [pair for pair in filled(page) if pair[0] not in dict(right)]
    answer = way.visitor.submit("/forms/application", [*mended_, *right])
    assert answer.status_code == 303, re.findall(
        r'class="error"[^>]*>([^<]*)', answer.body.decode()
    )


@pytest.mark.parametrize(
    ("form", "key", "named", "more"),
    [("application", "partners", "name", 1), ("application", "partners", "name", 3),
     ("application", "budget", "description", 1), ("eoi", "partners", "name", 1)],
)  # fmt: skip
def test_of_a_list_with_too_many_rows_those_are_shown_that_are_too_many(
    way: Journey, form: str, key: str, named: str, more: int
) -> None:
    given = samples.eoi() if form == "eoi" else samples.application()
    fields = [f for section in content.form(form)["sections"] for f in section["fields"]]
    (most,) = (int(f["max"]) for f in fields if f["key"] == key)
    given[key] = [{**given[key][0], named: f"Nom {n} de la liste"} for n in range(most + more)]
    pairs = [*samples.as_html(given), ("lang", "fr"), ("uninvited", "1")]
    page = way.visitor.submit(f"/forms/{form}", pairs).body.decode()
    assert len(page.encode()) < PAGE_LIMIT
    assert all(f"Nom {n} de la liste" in page for n in range(most + more)), "nothing is lost"
    beyond = [f"{key}[{n}].{named}" for n in range(most, most + more)]
    assert [path for path in visible_in_order(page) if path.endswith(f".{named}")] == beyond
    assert f'href="#f-{key}-' in page, "the summary leads to the first of them"
    left = [pair for pair in filled(page) if pair[0].rpartition(".")[0] not in
            {path.rpartition(".")[0] for path in beyond}]  # fmt: skip
    told = way.visitor.submit(f"/forms/{form}", left)
    assert "Choisissez au plus" not in told.body.decode()


def test_the_cells_that_are_wrong_together_are_cells_of_lists() -> None:
    lists = [f for section in content.form("application")["sections"] for f in section["fields"]
             if f["type"] == "rows"]  # fmt: skip
    assert CELLS.keys() <= content.messages().keys()
    assert {cell for cells in CELLS.values() for cell in cells} <= {
        inner["key"] for f in lists for inner in f["fields"]
    }
