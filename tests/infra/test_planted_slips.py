"""Forty slips and more, each planted where staff could make it: found with file, line and mend."""

import re
import shutil
from pathlib import Path

import pytest

from chalicelib.content import HERE
from chalicelib.core.templates import TEMPLATES
from infra.content.check import of_programmes, of_templates
from infra.content.habits import HABITS, habits
from infra.content.slips import JsonSource

N = "\u00a0"
MENDED = re.compile(
    r"\. (?:Write|Écrivez|Add|Put|Give|Remove|Keep|Correct|Did you|Name|Say|Nothing|Tournez|Mettez"
    r"|The letter|Close|Run|Leave|Point|Draw)\b.*[.?]$"
)

Planted = tuple[str, str, str, str]
"""A file, a text of it, what it becomes, and what is said of it."""

SLIPS: list[Planted] = [
    # Words
    ("messages", "Cochez cette case pour continuer.", "Vous êtes invité à cocher.", "masculine alone"),
    ("messages", "Entrez un nombre, par", "Vous serez avisé par", "masculine alone"),
    ("network", "Votre page est retirée", "Les visiteurs ne la voient plus", "masculine noun alone"),
    ("review", "your colleague gets an e-mail", "your colleague gets a letter", "letter for an e-mail"),
    ("review", "la personne choisie reçoit un courriel", "la personne choisie reçoit une lettre",
     "lettre pour un courriel"),
    ("newsroom", "Numéro approuvé", "Cette infolettre est approuvée", "infolettre for one issue"),
    ("problems", "Wait a minute", "See the mail, wait a minute", "mail, in"),
    ("network", "pour la personne", "pour la personne", ""),
    ("newsletter", "Laissez votre adresse courriel", "Laissez votre adresse de courriel",
     "adresse de courriel"),
    ("states", "Invitation à soumettre une demande", "Invitation à présenter une demande",
     "présenter une demande"),
    ("network", "Modifications proposées par {name}", "Modifications de {name}", "elision before a name"),
    ("preflight", "nombre de liens : {fr} en français", "le français a {fr} liens", "a count before"),
    ("newsletter", "Membre au cours des 2 dernières années", "Membre depuis moins de 2 ans",
     "depuis moins de"),
    ("messages", "Enter a whole number, for example 3.", "It stands since {min} days.", "since n days"),
    # Typography
    ("problems", "Nous n’avons pas pu lire", "Nous n'avons pas pu lire", "straight apostrophe"),
    ("network", "Écrire à {name}", "Écrire à {name} !", "space before"),
    ("review", "Déclaration reçue", "Attention : reçue", "colon"),
    # Languages and blanks
    ("messages", '"en": "Tick this box to continue."', '"english": "Tick this box to continue."',
     "one language only"),
    ("messages", '"fr": "Cochez cette case pour continuer."', '"fr": " "', "a language is empty"),
    ("messages", "Enter {min} or more.", "Enter {minimum} or more.", "in English"),
    ("review", "We have received your application ({ref}).", "We have received {reference}.",
     "in English"),
    # Numbers that the programme says
    ("review", "For {reopen_days} days you can ask us to reopen it.",
     "For 30 days you can ask us to reopen it.", "“30 days” is typed"),
    ("eoi", "It takes {eoi_minutes_min} to {eoi_minutes_max} minutes.", "It takes 20 minutes.",
     "is typed"),
    ("network", "your remarks to 3,000 characters", "your remarks to 2,000 characters",
     "the code holds 3000"),
    ("desk", "600 caractères au plus", "500 caractères au plus", "the code holds"),
    ("newsroom", "expired after 12 hours", "expired after 20 hours", "the code holds 12"),
    ("programme", '"team_min": 2', '"team_min": 6', "team_min is over team_max"),
    ("programme", "7 years after the end", "5 years after the end", "does not say 7"),
    ("programme", '"ci_101_fr": null', '"ci_101_fr": "innoweave.ca/101"', "is no address"),
    ("programme", '"cycle_ends": null', '"cycle_ends": "31 mars"', "cycle_ends"),
    ("newsletter", "Inquiry in the last 6 months", "Inquiry in the last 9 months", "“months” is 6"),
    # Names
    ("states", '"letters": ["file_withdrawn"', '"letters": ["file_withdrawal"', "no such letter"),
    ("states", '"guards": ["valid", "invited", "in_time"]', '"guards": ["valid", "invitd"]',
     "no such guard: invitd"),
    ("states", '"to": "EOI_LAPSED"', '"to": "EOI_LAPSE"', "no such state: EOI_LAPSE"),
    ("states", '"clocks": ["stop B", "resume A"]', '"clocks": ["stop Q"]', "no such clock: Q"),
    ("states", '"staff_letter": "staff_orphan_received"', '"staff_letter": "staff_orphan"',
     "no such letter: staff_orphan"),
    ("clocks", '"letter": "holding_note"', '"letter": "holding_notes"', "no such letter"),
    ("clocks", '"event": "close_cycle"', '"event": "cycle_close"', "no such event: cycle_close"),
    ("retention", '"EOI_DECLINED": 12', '"EOI_DECLINE": 12', "no such state: EOI_DECLINE"),
    ("retention", "letter_row:LETTER_RETENTION", "letter_row:LETTERS_RETENTION", "no such constant"),
    ("eoi", '"list": "donee_status"', '"list": "donee_statuses"', "no such list: donee_statuses"),
    ("eoi", '"default": "collective_impact"', '"default": "collective"', "no such default"),
    ("eoi", '"registered_charity"', '"charity"', "names no answer of org_status: charity"),
    ("eoi", '"field": "org_status"', '"field": "org_statut"', "names no field: org_statut"),
    ("eoi", '"key": "contact_last_name"', '"key": "contact_first_name"', "stands twice"),
    ("application", '"type": "money"', '"type": "monney"', "Input should be"),
    ("application", '"required": true', '"requierd": true', "Extra inputs"),
    ("lists", '"id": "unknown"', '"id": "nonprofit"', "stands twice"),
    ("streams", '"status": "search"', '"status": "hidden"', "Input should be"),
    ("holidays", '"2025-04-18"', '"2025-04-31"', "date"),
    ("issues", '"to": "SENT"', '"to": "SEND"', "no such state: SEND"),
    ("review", '"wrong_code": {', '"wrong_cod": {', "without wrong_code"),
    ("problems", '"status": 404', '"status": 44', "status"),
    ("theme", '"ink"', '"inc"', "ink"),
    ("theme", '"ink": "#', '"ink": "#ffffff", "inc": "#', "Extra inputs"),
    ("eoi", '"autocomplete": "given-name"', '"autocomplete": "givenname"', "no browser knows"),
    ("streams", '"order": 2', '"order": 1', "order 1 stands twice"),
    ("synonyms", '["career", "careers"', '["housing", "careers"', "is in two groups"),
    ("network", "{name} gets your remarks", "{nom} gets your remarks", "in English"),
    ("languages", '"id": "fr"', '"id": "french"', "id"),
    ("coaches", '"too_many_rows": {', '"too_many_row": {', "too_many_rows"),
    ("commands", '"blocked": {', '"blokced": {', "blocked"),
    # What no shape sees
    ("messages", "Enter {min} or more.", "Write to info@innoweave.ca.", "an address typed"),
    ("messages", "Enter {min} or more.", "See https//innoweave.ca.", "an address typed"),
    ("messages", '"at_least": {', '"at_least": {"en": "x",', "at_least.en stands twice"),
    ("programme", '"reopen_days": 30', '"reopen_days": 800', "longer than a file is kept"),
    ("programme", '"application_link_valid_days": 180', '"application_link_valid_days": 400',
     "longer than a file is kept"),
    ("clocks", '"after": 19, "letter": "reminder"', '"after": 25, "letter": "reminder"',
     "a reminder at 25 days, where somebody has 21"),
    ("clocks", '"before": 14, "letter": "reminder"', '"before": 181, "letter": "reminder"',
     "a reminder at 181 days"),
    ("clocks", '"hour": "09:00"', '"hour": "25:00"', "hour"),
    ("clocks", '"letter": "holding_note"', '"letter": "staff_waiting"', "is not for applicant"),
    ("clocks", '"letter": "staff_waiting"', '"letter": "reminder"', "is not for staff"),
    ("states", '"held_letters": ["eoi_approved"]', '"held_letters": ["staff_waiting"]',
     "is not for applicant"),
    ("eoi", '"required": true', '"required": "yes"', "valid boolean"),
    ("places", '"provinces": ["ON"]', '"provinces": ["OO"]', "no such province: OO"),
]  # fmt: skip
SLIPS = [slip for slip in SLIPS if slip[3]]


def planted(text: str, old: str, new: str) -> str:
    """The text with its first `old` changed; a space is either of the two."""
    after, times = re.subn(re.escape(old).replace("\\ ", f"[ {N}]"), lambda _: new, text, count=1)
    assert times == 1, old
    return after


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted") / "content"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__", "shapes"))
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new", "said"), SLIPS, ids=[f"{n}-{s[0]}" for n, s in enumerate(SLIPS)]
)
def test_a_planted_slip_is_found_with_file_line_and_how_to_mend_it(
    tree: Path, file: str, old: str, new: str, said: str
) -> None:
    path = tree / f"{file}.json"
    before = path.read_text("utf-8")
    after = planted(before, old, new)
    lines = [n for n, (a, b) in enumerate(zip(before.split("\n"), after.split("\n"), strict=True), 1)
             if a != b]  # fmt: skip
    path.write_text(after, "utf-8")
    try:
        told = of_programmes(tree)
    finally:
        path.write_text(before, "utf-8")
    mine = [fault for fault in told if f"{file}.json:" in fault and said in fault]
    assert mine, told
    found = re.match(r"(.*):(\d+): ", mine[0])
    assert found is not None, mine
    assert Path(found[1]).name == path.name
    assert abs(int(found[2]) - lines[0]) <= 3, (mine, lines)
    assert MENDED.search(mine[0]), mine[0]


@pytest.mark.parametrize(
    ("name", "file", "text", "said"),
    [
        ("autre", "eoo.json", "{}", "never read, by this name. Did you mean “eoi”?"),
        ("autre", "", "", "empty. Add the files that differ"),
        ("Un autre", "eoi.json", "{}", "no name for a programme. Write"),
        ("autre", "programme.json", '{"team_mx": 3}', "Did you mean “team_max”?"),
        ("autre", "programme.json", '{"reopen_days": 800}', "longer than a file is kept"),
        ("autre", "eoi.json", '{"sections": []}', "sections: List should have at least 1 item"),
        ("autre", "states.json", '{"states": {"EOI_PENDNG": {"en": "x", "fr": "y"}}}', "kind"),
        ("autre", "programme.json", "{", "Correct the JSON"),
    ],
)
def test_a_slip_in_another_programme_is_found_in_its_own_file(
    tree: Path, name: str, file: str, text: str, said: str
) -> None:
    own = tree / "programmes" / name
    own.mkdir(parents=True)
    if file:
        (own / file).write_text(text, "utf-8")
    try:
        told = of_programmes(tree)
    finally:
        shutil.rmtree(tree / "programmes")
    mine = [fault for fault in told if said in fault]
    assert mine, told
    assert f"/programmes/{name}" in mine[0]
    assert re.search(r":\d+: ", mine[0])


def test_a_clock_that_cannot_end_its_state_is_found(tree: Path) -> None:
    path = tree / "states.json"
    before = path.read_text("utf-8")
    row = '"event": "lapse", "from": ["EOI_INFO_REQUESTED"]'
    path.write_text(before.replace(row, row.replace("INFO_REQUESTED", "APPROVED")), "utf-8")
    try:
        told = of_programmes(tree)
    finally:
        path.write_text(before, "utf-8")
    assert any(
        "states.json:4: " in one and "which does not begin here. Name" in one for one in told
    )


def test_forty_slips_and_more_are_planted() -> None:
    assert len(SLIPS) + len(IN_TEMPLATES) >= 50


IN_TEMPLATES: list[Planted] = [
    ("email/eoi_declined/body.txt", "Merci d’avoir pris", "Vous êtes invité à lire. Merci d’avoir pris",
     "masculine alone"),
    ("email/eoi_declined/subject.txt", "About your Declaration", "Mail about your Declaration", "mail, in"),
    ("email/eoi_received/body.txt", "status_url", "statusurl", "no such fact: statusurl"),
    ("email/reminder/body.txt", "case.contact_name", "case.contactname", "case.contactname"),
    ("email/holding_note/body.txt", "case.contact_name", "case.owner", "case.owner"),
    ("email/file_copy/body.html", "{% endif %}", "", "the template cannot be read"),
    ("email/file_closed/body.txt", 'include "email/_base/foot.txt"', 'include "email/_base/feet.txt"',
     "no such template"),
    ("email/staff_waiting/subject.txt", "Waiting for you for {{ days }}", "Waiting for you since {{ days }} days",
     "since n days"),
    ("email/invitation_ended/body.txt", "L’invitation faite à", "L’invitation de", "elision before a name"),
    ("email/eoi_approved/body.txt", "{{ figures().team_min }} to {{ figures().team_max }} people",
     "2 to 5 people", "“5 people” is typed"),
    ("email/staff_code/body.txt", "for 10 minutes", "for 12 minutes", "the code holds 10"),
    ("email/file_withdrawn/body.txt", "Nous n’y donnerons", "Nous n'y donnerons", "straight apostrophe"),
    ("email/application_received/body.txt", '{% include "email/_base/foot.txt" %}',
     'Write to us.\n{% include "email/_base/foot.txt" %}', "one text for both languages"),
    ("pages/newsletter_approval.html", "4 characters in the e-mail", "6 characters in the e-mail",
     "the code holds 4"),
    ("pages/undone.html", "Un nouveau lien", "Une lettre", "lettre pour un courriel"),
    ("pages/newsletter_archive.html", "Aucun numéro n’est", "Aucune infolettre n’est",
     "infolettre for one issue"),
]  # fmt: skip


@pytest.fixture(scope="module")
def of_planted_templates(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """All slips of templates are planted at once: none hides another."""
    folder = tmp_path_factory.mktemp("planted") / "templates"
    shutil.copytree(TEMPLATES, folder)
    for file, old, new, _ in IN_TEMPLATES:
        path = folder / file
        path.write_text(planted(path.read_text("utf-8"), old, new), "utf-8")
    (folder / "email" / "file_links" / "subject.txt").unlink()
    (folder / "email" / "file_linked").mkdir()
    return of_templates(templates=folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"), IN_TEMPLATES, ids=[slip[0] for slip in IN_TEMPLATES]
)
def test_a_slip_in_a_template_is_found_too(
    of_planted_templates: list[str], file: str, old: str, new: str, said: str
) -> None:
    mine = [fault for fault in of_planted_templates if f"{file}:" in fault and said in fault]
    assert mine, [fault for fault in of_planted_templates if file in fault]
    assert re.search(r":[1-9]\d*: ", mine[0])
    assert MENDED.search(mine[0]), mine[0]


@pytest.mark.parametrize(
    "said", ["letter file_links has no subject.txt", "no letter is called file_linked"]
)
def test_a_letter_and_its_folder_go_together(of_planted_templates: list[str], said: str) -> None:
    assert any(said in fault for fault in of_planted_templates)


@pytest.mark.parametrize(
    ("lang", "good"),
    [
        ("fr", "Vous y êtes abonnée ou abonné."),
        ("fr", "Nous vous invitons à soumettre une demande."),
        ("fr", "Le dossier {{ case.ref }} ({{ case.org }}) est fermé."),
        ("fr", "Entrez le numéro sous la forme de 9 chiffres, des lettres RR et de 4 chiffres."),
        ("fr", "Un délai de {reply_days} jours ouvrables"),
        ("fr", "Merci d’avoir pris le temps de nous présenter votre démarche."),
        ("en", "Enter the letters RR and 4 digits; an e-mail follows, since March 3."),
        ("en", "The complete address begins with https, mailto or tel."),
    ],
)
def test_what_reads_well_is_left_alone(lang: str, good: str) -> None:
    assert [habit.name for habit in habits(good, lang)] == []


def test_every_habit_has_a_sentence_that_says_how_to_mend_it() -> None:
    assert len(HABITS) >= 15
    for habit in HABITS:
        assert habit.mend.endswith(".")


def test_a_place_in_a_file_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(
        '{\n "a": [\n  1,\n  {"b": "c"}\n ],\n "d": {"e": null,\n  "f": true}\n}', "utf-8"
    )
    lines = JsonSource(path).lines
    assert lines[("a", 0)] == 3
    assert lines[("a", 1, "b")] == 4
    assert (lines[("d", "e")], lines[("d", "f")]) == (6, 7)
    assert JsonSource(path).line(("d", "f", "gone")) == (2, 7)
