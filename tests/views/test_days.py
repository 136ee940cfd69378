"""The days that people are told, for their calendars: by each link that tells of them."""

import re

import samples
from journey import ADA, RITA, Journey

NBSP = "\u00a0"


def path_of(link: str) -> str:
    """The path and query behind the address of the API."""
    return re.sub(r"^https?://[^/]+(?:/api)?(?=/(?:file|review|forms)/)", "", link)


def calendar(way: Journey, text: str) -> str:
    """What the calendar gets by the link of a letter."""
    link = next(url for url in re.findall(r"https?://\S+", text) if "days=1" in url)
    answer = way.visitor.get(path_of(link))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="D[IF]-[\w-]+\.ics"', answer.headers["Content-Disposition"]
    )
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.body.decode()).replace("\r\n ", "")


def test_staff_keep_the_day_of_a_decision_and_lose_it_with_their_link(way: Journey) -> None:
    case = way.declare()
    text = way.letters(RITA)[-1]
    kept = calendar(way, text)
    assert f"décision attendue ({case.ref})" in kept
    assert "DTSTART;VALUE=DATE:20260323" in kept
    assert "le 23 mars 2026" in text
    way.decide(RITA, decision="approve")
    after = way.visitor.page(f"{way.review(RITA)}?days=1")
    assert after.headers["Content-Type"].startswith("text/html"), "there is no day any more"


def test_an_invitation_brings_its_last_day_by_its_own_right(way: Journey) -> None:
    case = way.declare()
    way.decide(RITA, decision="approve")
    way.after_undo()
    text = way.letters(ADA)[-1]
    kept = calendar(way, text)
    last = str(way.again(case).apply_by).replace("-", "")
    assert f"DTSTART;VALUE=DATE:{last}" in kept
    assert "/file/" not in text, "an invitation is shared, and opens no file"
    assert "invite=" not in kept, "a calendar is shared too"
    assert way.visitor.get("/forms/application?days=1&invite=bad").status_code == 409
    way.press(way.fresh(RITA), decision="extend", message="Prenez le temps.")
    way.after_undo()
    later = calendar(way, way.letters(ADA)[-1])
    assert re.findall("UID:.*", later) == re.findall("UID:.*", kept), "it moves the same day"
    assert re.findall("DTSTART.*", later) != re.findall("DTSTART.*", kept)
    number = re.compile(r"SEQUENCE:(\d+)")
    assert int(number.findall(later)[0]) > int(number.findall(kept)[0])


def test_a_question_and_each_open_condition_bring_their_days(way: Journey) -> None:
    case = way.declare()
    way.decide(RITA, decision="ask", message="Quel est le budget?")
    way.after_undo()
    asked = calendar(way, way.letters(ADA)[-1])
    question = way.again(case).question
    assert question is not None
    assert f"VALUE=DATE:{question['reply_by'].replace('-', '')}" in asked
    assert f"dernier jour pour répondre ({case.ref})" in asked
    assert "?days=1" in way.visitor.page(way.own()).body.decode()


def test_conditions_are_kept_with_their_own_words_as_text_alone(way: Journey) -> None:
    way.apply()
    way.decide(RITA, decision="conditions", code=way.code(RITA), condition_0="Un fiduciaire, signé; prêt",
               due_0="2026-05-04", condition_1="Un budget", due_1="2026-06-01")  # fmt: skip
    way.after_undo()
    text = way.letters(ADA)[-1]
    kept = calendar(way, text)
    assert re.findall("DTSTART;VALUE=DATE:([0-9]+)", kept) == ["20260504", "20260601"]
    assert "Un fiduciaire\\, signé\\; prêt\\nJusqu’à la fin de la journée" in kept
    assert len(set(re.findall("UID:.*", kept))) == 2
    english = way.visitor.get(f"{way.own()}?days=1&lang=en").body.decode()
    assert "last day for a condition" in english


def test_without_a_day_to_keep_there_is_the_page_of_the_file(way: Journey) -> None:
    way.declare()
    page = way.visitor.page(f"{way.own()}?days=1")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "days=1" not in way.visitor.page(way.own()).body.decode()


def test_a_receipt_leads_to_a_copy_to_print_by_the_right_of_the_file(way: Journey) -> None:
    case = way.declare()
    before = repr(way.store.items)
    text = way.letters(ADA)[-1]
    assert f"Imprimer vos réponses{NBSP}:\n" in text
    (link,) = [url for url in re.findall(r"https?://\S+", text) if "copy=1" in url]
    page = way.visitor.page(path_of(link)).body.decode()
    for sent in (case.ref, "Table de quartier Cœur-de-l’Île", "Jeunes en action"):
        assert sent in page
    assert "<form" not in page
    assert repr(way.store.items) == before
    other = way.visitor.page(f"{path_of(link)}&lang=en").body.decode()
    assert "Copy of your answers" in other
    assert "Copy of your answers" not in page


def test_who_posts_a_form_sees_no_copy_by_the_link_of_a_receipt(way: Journey) -> None:
    told = way.visitor.send("/forms/eoi", samples.eoi(contact_email=ADA))
    page = way.visitor.page(path_of(f"{told.json_body['links']['status']}?copy=1")).body.decode()
    assert "Jeunes en action" not in page


def test_a_blank_form_is_for_everybody_and_asks_for_no_invitation(way: Journey) -> None:
    for form in ("assessment", "eoi", "application"):
        page = way.visitor.page(f"/forms/{form}?blank=1").body.decode()
        assert "à imprimer" in page
        assert "<input" not in page
    assert "?blank=1" in way.visitor.page("/forms/eoi").body.decode()


def test_a_form_that_was_begun_brings_its_last_day_and_nothing_of_what_is_in_it(
    way: Journey,
) -> None:
    nothing = way.visitor.send("/draft", {"form": "eoi"}).json_body["links"]["draft"]
    empty = way.visitor.get(f"/draft/{nothing.rpartition('/')[2]}?days=1&lang=fr").body.decode()
    assert "DTSTART;VALUE=DATE:20260316" in empty, "two weeks, while nothing was typed"
    told = way.visitor.send("/draft", {"form": "eoi", "org_legal_name": "Table des aînés"})
    link = told.json_body["links"]["draft"]
    answer = way.visitor.get(f"/draft/{link.rpartition('/')[2]}?days=1&lang=fr")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    kept = answer.body.decode().replace("\r\n ", "")
    assert "DTSTART;VALUE=DATE:20260531" in kept, "ninety days"
    assert "Déclaration d’intérêt" in kept
    assert "Table des aînés" not in kept
    assert link.rpartition("/")[2] not in kept
