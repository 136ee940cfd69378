"""Texts and rules are edited at the desk: by whom the table lets, with a code, a version each."""

import html
import re
from urllib.parse import unquote

import pytest
from chalice.test import HTTPResponse

import samples
from chalicelib import content
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.content import edits
from chalicelib.core import templates
from chalicelib.core.letter_passages import SUBJECT, reworded
from chalicelib.desk import form_texts, letter_texts, log, page_texts
from chalicelib.desk.edits import DeskEdits
from chalicelib.desk.rules import rule_editors
from chalicelib.forms.parsing import FORMS
from journey import Journey
from staff_browser import StaffBrowser
from tests.desk.test_programme import ME, signed_in

QUESTION = "sections.organization.fields.org_legal_name.label"
WHY = {"why": "clearer"}


@pytest.fixture
def rita(way: Journey) -> StaffBrowser:
    return signed_in(way, "manager")


def send(browser: StaffBrowser, path: str, **fields: str) -> HTTPResponse:
    form = browser.token(path)
    named = {key.replace("__", "."): text for key, text in fields.items()}
    return browser.post(path, ("nonce", form), *named.items())


def text(path: str, place: str, fr: str, en: str, **more: str) -> dict[str, str]:
    return {"path": path, "text": place, "text__fr": fr, "text__en": en, "seen": "0", **WHY, **more}


def said(page: HTTPResponse) -> str:
    return html.unescape(page.body.decode())


def seen(page: HTTPResponse) -> str:
    return str(re.findall(r'name="seen" value="(\d+)"', page.body.decode())[0])


def test_a_question_is_worded_anew_and_its_answers_keep_their_key(
    rita: StaffBrowser, way: Journey
) -> None:
    path = "/desk/texts/form-eoi"
    listed = said(rita.get(f"{path}?section=organization"))
    assert f"text={QUESTION}" in listed
    assert "Dénomination sociale" in listed
    done = send(rita, **text(path, QUESTION, "Nom de l'organisme : lequel", "Which organization"))
    assert done.status_code == 303, said(done)
    for lang, label in (("fr", "Nom de l’organisme\u00a0: lequel"), ("en", "Which organization")):
        described = way.visitor.get(f"/forms/eoi?lang={lang}").json_body
        fields = {f["key"]: f["label"] for s in described["sections"] for f in s["fields"]}
        assert fields["org_legal_name"] == label
        assert label in said(way.visitor.page(f"/forms/eoi?lang={lang}&blank=1"))
    assert way.visitor.send("/forms/eoi", samples.eoi()).status_code == 201
    (case,) = way.store.kinds("case")
    assert case["answers"]["org_legal_name"] == samples.eoi()["org_legal_name"]
    (row,) = [r for r in log.of_month(way.store, "2026-03") if r["what"] == "edited"]
    assert row["facts"]["whose"] == f"form/eoi/{QUESTION}"
    page = rita.get(f"{path}?text={QUESTION}")
    assert "clearer" in said(page)
    original = rita.get(f"{path}?text={QUESTION}&version=0")
    assert "Enregistrez pour y revenir" in said(original)
    fr = re.findall(r"<textarea[^>]*>\n([^<]*)", said(original))
    send(rita, **text(path, QUESTION, fr[0], fr[1], seen="1", why="as it was"))
    assert not DeskEdits(way.store, way.service.edits, way.clock).standing()
    assert content.form("eoi")["version"] == content.packaged("eoi")["version"]
    again = rita.get(f"{path}?text={QUESTION}&version=1")
    assert "Which organization" in said(again)


def test_a_text_is_found_by_words_of_it_and_what_forms_say_of_answers_is_worded_too(
    rita: StaffBrowser, way: Journey
) -> None:
    found = said(rita.get("/desk/texts?q=denomination social"))
    assert f"/desk/texts/form-eoi?text={QUESTION}" in found
    assert "Aucun texte" in said(rita.get("/desk/texts?q=zzzz"))
    assert "ajoutez un mot" in said(rita.get("/desk/texts?q=vous"))
    letters = said(rita.get("/desk/texts?q=autre appareil"))
    assert "quand l’analyse a trouvé un logiciel malveillant" in letters
    (address,) = set(re.findall(r"/desk/texts/form-messages\?text=[\w.]+", said(
        rita.get("/desk/texts?q=entrez adresse courriel exemple") )))  # fmt: skip
    path, _, place = address.partition("?text=")
    page = said(rita.get(address))
    fr, en = re.findall(r"<textarea[^>]*>\n([^<]*)", page)
    sent = send(rita, **text(path, place, f"Oups. {fr}", f"Oops. {en}"))
    assert sent.status_code == 303, said(sent)
    refused = way.visitor.send("/forms/eoi?lang=en", samples.eoi(contact_email="ada"))
    assert "Oops. " in str(refused.json_body)
    signature = send(rita, **text("/desk/texts/form-programme", "signature", "Nous", "Us"))
    assert signature.status_code == 303, said(signature)
    case = way.declare("ada@example.org")
    assert "\nNous\n" in way.mailer.to(case.email)[-1].text


BAD = {
    "one language": ("Nom", "", 422), "empty": ("", "", 422), "tags": ("<b>Nom</b>", "Name", 422),
    "code": ("{{ 7*7 }}", "Name", 422), "statement": ("{% x %}", "Name", 422),
    "unknown": ("Nom {secret}", "Name {secret}", 422), "long": ("a" * 100_000, "Name", 422),
    "brace": ("Nom {", "Name", 422), "attribute": ("{case.ref}", "{case.ref}", 422),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_text_that_does_not_fit_is_refused_and_stays_in_its_field(
    name: str, rita: StaffBrowser, way: Journey
) -> None:
    fr, en, status = BAD[name]
    before = len(way.store.changes)
    told = send(rita, **text("/desk/texts/form-eoi", QUESTION, fr, en))
    assert told.status_code == status
    assert fr in said(told)
    assert "Rien n’est enregistré" in said(told)
    assert len(way.store.changes) == before


def test_a_letter_leaves_in_its_new_words_and_keeps_what_it_fills_in(
    rita: StaffBrowser, way: Journey
) -> None:
    path, found = "/desk/texts/letter-eoi-received", letter_texts.passages_of_letter("eoi_received")
    one = next(p for p in found if "reply_target_business_days" in p.filled)
    lost = send(rita, **text(path, one.id, "Reçu.", "Received."))
    assert "{ref}, {reply_target_business_days}" in said(lost)
    fr = "Reçu & lu : {ref}. Réponse en {reply_target_business_days} jours."
    en = "Received & read: {ref}. A reply in {reply_target_business_days} days."
    preview = said(send(rita, **text(path, one.id, fr, en, act="preview")))
    assert "<mark>Received & read: DI-2026-K7QM4-P. A reply in 15 days.</mark>" in preview
    assert "Hello Camille Tremblay," in preview
    assert send(rita, **text(path, one.id, fr, en)).status_code == 303
    subject = ("Reçu ({ref})", "Received ({ref})")
    assert send(rita, **text(path, SUBJECT, *subject)).status_code == 303
    for lang, words in (("fr", "Reçu & lu\u00a0: "), ("en", "Received & read: ")):
        address = f"{lang}@example.org"
        way.service.intake.receive(
            IncomingForm("eoi", samples.eoi(contact_email=address, contact_language=lang), "fr")
        )
        way.deliver()
        mail = way.mailer.to(address)[-1]
        assert mail.subject.startswith({"fr": "Reçu (DI-", "en": "Received (DI-"}[lang])
        assert f"{words}DI-2026-" in mail.text
        assert html.escape(words, quote=False) in mail.html
        assert "15" in mail.text


def test_an_edit_that_cannot_be_written_stops_no_letter_and_the_admins_are_told_once(
    way: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever let it through: the letter leaves as it was packaged."""
    edits.lay({"letter/eoi_received/subject": (1, {"fr": "x", "en": "y"})})
    monkeypatch.setattr(
        templates,
        "with_edits",
        lambda name, source: "{{ nothing.there }}" if "/eoi_received/" in name else source,
    )
    way.store.items["STAFF", "rita-roy"]["admin"] = True
    for each in ("a@example.org", "b@example.org"):
        way.service.intake.receive(IncomingForm("eoi", samples.eoi(contact_email=each), "fr"))
        way.service.edits.refresh = lambda: None  # type: ignore[method-assign]
        edits.lay({"letter/eoi_received/subject": (1, {"fr": "x", "en": "y"})})
        way.deliver()
        assert "Nous avons bien reçu" in way.mailer.to(each)[-1].subject
    told = [mail for mail in way.mailer.to(ME) if "texte modifié au bureau" in mail.text]
    assert len(told) == 1


def test_of_two_editors_the_second_reads_the_first_and_loses_nothing(
    rita: StaffBrowser,
) -> None:
    path = "/desk/texts/form-eoi"
    send(rita, **text(path, QUESTION, "Un", "One", why="first"))
    told = send(rita, **text(path, QUESTION, "Deux", "Two", why="second"))
    assert told.status_code == 409
    for words in ("Une autre personne a modifié", "Un", "One", ">\nDeux<", 'value="second"'):
        assert words in said(told)
    saved = send(rita, **text(path, QUESTION, "Deux", "Two", why="second", seen=seen(told)))
    assert saved.status_code == 303
    assert content.form("eoi")["sections"][1]["fields"][0]["label"]["en"] == "Two"


def test_a_form_is_paused_and_opened_at_the_desk(rita: StaffBrowser, way: Journey) -> None:
    path = "/desk/rules/intake-eoi"
    words = {"words__fr": "Le cycle est complet.", "words__en": "The cycle is full."}
    past = send(rita, path, status="paused", reopens="2020-01-01", seen="0", **words, **WHY)
    assert (past.status_code, "à venir" in said(past)) == (422, True)
    assert "Voir l’aperçu" in said(rita.get(path))
    usual = {"words__fr": "", "words__en": "", "act": "preview"}
    seen_first = said(send(rita, path, status="paused", reopens="2026-09-01", seen="0", **usual))
    assert "Abonnez-vous à l’infolettre pour rester au courant. Date de réouverture" in seen_first
    half = send(rita, path, status="paused", words__fr="Complet.", seen="0", **WHY)
    assert half.status_code == 422
    done = send(rita, path, status="paused", reopens="2026-09-01", seen="0", **words, **WHY)
    assert done.status_code == 303
    assert "en pause" in said(rita.get("/desk/rules")).lower()
    refused = way.visitor.send("/forms/eoi?lang=en", samples.eoi())
    assert refused.status_code == 409
    assert refused.json_body["detail"].startswith("The cycle is full. The form opens again on")
    assert send(rita, path, status="open", seen="1", why="again").status_code == 303
    assert way.visitor.send("/forms/eoi", samples.eoi()).status_code == 201


def test_dates_and_settings_are_those_that_the_models_take(
    rita: StaffBrowser, way: Journey
) -> None:
    dates = {"cycle": "2027", "cycle_ends": "1er mars 2027", "reply_target_business_days": "20",
             "application_link_valid_days": "180"}  # fmt: skip
    for wrong in ({"cycle_ends": "soon"}, {"reply_target_business_days": "0"},
                  {"reply_target_business_days": "9" * 30}):  # fmt: skip
        assert (
            send(rita, "/desk/rules/dates", seen="0", **{**dates, **wrong}, **WHY).status_code
            == 422
        )
    assert send(rita, "/desk/rules/dates", seen="0", **dates, **WHY).status_code == 303
    assert (content.programme()["cycle_ends"], content.figures()["reply_target_business_days"]) == (
        "2027-03-01", 20,
    )  # fmt: skip
    page = said(rita.get("/desk/rules/settings"))
    values = dict(
        re.findall(r'id="f-[\w-]+" name="(\w+)" autocomplete="off" value="([^"]*)"', page)
    )
    assert "why" not in values
    told = send(rita, "/desk/rules/settings", seen="0", **{**values, "quiet_hours": "8-20"}, **WHY)
    assert told.status_code == 422
    done = send(rita, "/desk/rules/settings", seen="0", **{**values, "undo_seconds": "60"}, **WHY)
    assert done.status_code == 303
    assert way.service.edits.settings == (("undo_seconds", "60"),), "what was not changed stays"


def marks(page: str) -> list[str]:
    return re.findall(r"<mark>(.*?)</mark>", page.partition('id="preview"')[2])


def test_what_applicants_would_read_of_dates_reasons_and_settings_is_previewed_and_saves_nothing(
    rita: StaffBrowser, way: Journey
) -> None:
    dates = {"cycle": "2027", "cycle_ends": "2027-03-01", "reply_target_business_days": "15",
             "application_link_valid_days": "10"}  # fmt: skip
    page = said(send(rita, "/desk/rules/dates", seen="0", act="preview", **dates))
    texts = marks(page)
    assert (
        texts.count(
            "The present cycle ends on March 1, 2027; after that, a declaration counts for the next one."
        )
        == 2
    )
    assert (
        texts.count(
            "Le cycle en cours prend fin le 1er mars 2027; ensuite, une déclaration compte pour le suivant."
        )
        == 2
    )
    assert any("jusqu’au 12 mars 2026. " in one for one in texts)
    assert not any("15 jours ouvrables" in one for one in texts), "that is as it was"
    assert "dans un délai de 15 jours ouvrables" in page
    assert "Courriel «\u00a0Invitation à soumettre une demande\u00a0»" in page
    reasons = rule_editors(way.service.settings, way.clock().date())["reasons"]
    given = {
        f.name: f.value for group in reasons.groups(reasons.packaged(), "fr") for f in group.fields
    }
    given |= {"reason.0.en": "Not this", "reason.1.offered": "", "reason.8.fr": "Hors délai",
              "reason.8.en": "Too late"}  # fmt: skip
    page = said(send(rita, "/desk/rules/reasons", seen="0", act="preview", **given))
    assert marks(page) == ["– Hors délai", "– Not this", "– Too late"]
    assert "Voici pourquoi" in page
    assert "– It is too early" not in page
    page = said(rita.get("/desk/rules/settings"))
    values = dict(
        re.findall(r'id="f-[\w-]+" name="(\w+)" autocomplete="off" value="([^"]*)"', page)
    )
    values["contact_email"] = "bonjour@example.org"
    page = said(send(rita, "/desk/rules/settings", seen="0", act="preview", **values))
    assert "Besoin d’aide? Écrivez à bonjour@example.org." in marks(page)[0]
    assert "Des questions? Écrivez à bonjour@example.org." in marks(page)
    assert "Au bas de chaque page" in page
    assert not way.service.edits.settings
    assert content.programme()["cycle_ends"] != "2027-03-01"
    assert "Not this" not in str(content.lists()["decline_reason"])


def test_a_reason_is_worded_retired_and_added_and_none_is_lost(
    rita: StaffBrowser, way: Journey
) -> None:
    editor = rule_editors(way.service.settings, way.clock().date())["reasons"]
    fields = {
        f.name: f.value for group in editor.groups(editor.packaged(), "fr") for f in group.fields
    }
    given = {**fields, "reason.0.en": "Not this", "reason.1.offered": "",
             "reason.8.fr": "Hors délai", "reason.8.en": "Too late"}  # fmt: skip
    assert send(rita, "/desk/rules/reasons", seen="0", **given, **WHY).status_code == 303
    before, after = editor.packaged(), content.lists()["decline_reason"]
    assert [one["id"] for one in after] == [*(one["id"] for one in before), "added_1"]
    assert after[0]["en"] == "Not this"
    assert [one["id"] for one in content.offered_reasons()] == [
        one["id"] for one in after if one["id"] != "too_early"
    ]


def test_texts_are_for_those_of_the_table_after_a_code_and_what_was_typed_is_kept(
    way: Journey,
) -> None:
    writer = signed_in(way, "communications", confirmed=False)
    assert writer.get("/desk/rules").status_code == 403
    assert writer.get("/desk/texts").status_code == 200
    before = len(way.store.changes)
    wish = text("/desk/texts/form-eoi", QUESTION, "Un nom", "A name", act="preview")
    assert "<mark>A name</mark>" in said(send(writer, **wish)), "a preview asks for no code"
    assert len(way.store.changes) == before
    path = f"/desk/texts/form-eoi?text={QUESTION}"
    asked = send(writer, **text(path, QUESTION, "Un nom", "A name"))
    assert asked.status_code == 303
    _, _, there = asked.headers["Location"].partition("/desk/account?next=")
    assert unquote(there).startswith(path)
    back = said(writer.get(unquote(there)))
    assert "Un nom" in back
    assert signed_in(way, "officer").get("/desk/texts").status_code == 403


OF_A_RELEASE = {
    "profile": "the form of coaches, which the desk shows to staff", "coaches": "its columns",
    "network": "pages of coaches", "languages": "their own names", "home": "addresses of the API",
    "interface": "the reference of the API", "kit": "its script, pasted in a website",
    "desk": "the desk", "letters": "the desk", "issues": "the newsroom", "newsroom": "the newsroom",
    "holds": "the newsroom", "preflight": "the newsroom", "commands": "an operator’s commands",
    "rights": "privacy, by the law", "retention": "privacy, by the law",
    "criteria": "read by staff alone, and edited among the rules",
}  # fmt: skip
"""The files that no reader of a form or a letter reads, and whose they are. The words of pages
around a form stand in templates, and are edited there."""

AGREED = re.compile(
    r"^(?:notice|privacy_notice|form_name|retention|consent|frequency|bases|record)\b"
    r"|fields\.(?:consent\w*|confirm_authority|declare_(?:authority|use|accuracy)|team_informed)\b|^decline_reason"
)
"""What somebody agrees to, or what proves it; and reasons, which have a page of their own."""


def test_all_that_a_reader_of_a_form_reads_is_worded_at_the_desk_but_what_they_agree_to() -> None:
    every = {path.stem for path in content.HERE.glob("*.json")}
    assert every - OF_A_RELEASE.keys() - {*FORMS, *form_texts.WORDS} == {
        "clocks", "holidays", "places", "synonyms", "terms", "theme"
    }, "these are read by nobody"  # fmt: skip
    for form in (*FORMS, *form_texts.WORDS):
        found = list(form_texts.form_texts(form))
        there = {place for place, _ in edits.texts(content.packaged(form))}
        places = {one.place for one in found}
        assert len(places) == len(found) > 0
        assert {one for one in there if not AGREED.search(one)} == places, form
        for one in found:
            editor = form_texts.editor_of(form, one.place)
            assert editor is not None
            fields = {f.name: f.value for f in editor.groups(editor.packaged(), "fr")[0].fields}
            assert editor.read(fields, "fr") == (editor.packaged(), [])


def test_every_passage_of_every_page_around_a_form_can_be_worded_and_no_page_breaks_by_it() -> None:
    assert set(content.desk()["pages"]) == set(page_texts.EDITED_PAGES)
    environment, number = templates.environment(), 0
    for page in page_texts.EDITED_PAGES:
        found = list(page_texts.texts_of(page))
        source = (templates.TEMPLATES / "pages" / f"{page}.html").read_text()
        assert found, page
        odd: dict[str, object] = {}
        for editor in found:
            fields = {f.name: f.value for f in editor.groups(editor.packaged(), "fr")[0].fields}
            assert editor.read(fields, "fr") == (editor.packaged(), []), (page, editor.passage)
            kept = editor.passage
            odd[kept.id] = {lang: f'ODD "& # \\ > {text}' for lang, text in kept.texts.items()}
        worded = reworded(source, f"{page}.html", [one.passage for one in found], odd)
        environment.parse(worded)
        number += len(found)
        assert worded.count("ODD") >= 2 * len(found), page
    assert number > 200


def test_the_words_of_a_page_around_a_form_are_worded_found_and_in_force_at_once(
    rita: StaffBrowser, way: Journey
) -> None:
    listed = said(rita.get("/desk/texts"))
    assert "/desk/texts/page-draft-start" in listed
    found = said(rita.get("/desk/texts?q=imprimer vierge"))
    (address,) = set(re.findall(r"/desk/texts/page-draft-start\?text=\w+", found))
    path, _, place = address.partition("?text=")
    assert "Commencer une déclaration" in said(rita.get(address))
    wrong = send(rita, **text(path, place, "<b>x</b>", "Print {x}"))
    assert wrong.status_code == 422
    shown = said(send(rita, **text(path, place, "Sur papier & vide", "On paper", act="preview")))
    assert "<mark>Sur papier & vide</mark>" in shown
    assert send(rita, **text(path, place, "Sur papier & vide", "On paper")).status_code == 303
    for lang, words in (("fr", "Sur papier &amp; vide"), ("en", "On paper")):
        assert words in way.visitor.page(f"/forms/eoi?lang={lang}").body.decode()
    assert "modifié ici" in said(rita.get(path))
    assert rita.get("/desk/texts/page-review").status_code == 404, "pages of the staff are not"


def test_every_passage_of_every_letter_can_be_saved_as_it_is() -> None:
    for letter in letter_texts.letters():
        for passage in letter_texts.passages_of_letter(letter):
            editor = letter_texts.editor_of(letter, passage.id)
            assert editor is not None
            fields = {f.name: f.value for f in editor.groups(editor.packaged(), "fr")[0].fields}
            assert editor.read(fields, "fr") == (editor.packaged(), []), (letter, passage)
