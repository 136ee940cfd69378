"""What each letter must say: the core sentences, the links, the code; and a subject on one line."""

import html
import itertools
import re
from pathlib import Path

import pytest

import gallery
from chalicelib.coaches.messages import TO_COACH
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import ADMINS, OUTSIDE
from chalicelib.desk.sign_in import READER as SIGNING_IN
from chalicelib.mail import letters
from chalicelib.mail.letters import ACTOR, STAFF
from chalicelib.newsletter.subscribers.repository import SUBSCRIBER
from letter_facts import LETTERS, composed

ROOT = Path(__file__).parents[2]
N = "\u00a0"
TO_DECIDE = ("staff_eoi_received", "staff_application_received")

CORE = {
    "eoi_received": {
        "en": "We have received your Declaration of interest (DI-2026-4T7KQ-M). "
        "We aim to reply within 15 business days.",
        "fr": "Nous avons bien reçu votre Déclaration d’intérêt (DI-2026-4T7KQ-M). "
        "Nous visons à vous répondre dans un délai de 15 jours ouvrables.",
    },
    "eoi_approved": {
        "en": "Your Declaration of interest (DI-2026-4T7KQ-M) has been approved. You may now apply "
        "for coaching funding until September 1, 2026. If possible, the collective’s fiduciary "
        "lead should complete the application. Approval of the declaration is not a commitment "
        "of funding.",
        "fr": "Votre Déclaration d’intérêt (DI-2026-4T7KQ-M) a été approuvée. Vous pouvez "
        "maintenant soumettre une demande de financement d’accompagnement jusqu’au 1er septembre "
        "2026. Dans la mesure du possible, la ou le responsable fiduciaire du collectif devrait "
        "remplir la demande. L’approbation de la déclaration ne constitue pas un engagement de "
        "financement.",
    },
    "eoi_declined": {
        "en": "After review, we are not able to invite you to apply at this time. Here is why:",
        "fr": "Après examen, nous ne sommes pas en mesure de vous inviter à soumettre une demande "
        f"pour le moment. Voici pourquoi{N}:",
    },
    "application_received": {
        "en": "We have received your application (DF-2026-4T7KQ-M).",
        "fr": "Nous avons bien reçu votre demande (DF-2026-4T7KQ-M).",
    },
}


def shown(page: str) -> str:
    """The words of an HTML part, without its marks."""
    body = page[page.index("<body") :]
    return html.unescape(re.sub(r"\s*\n\s*", " ", re.sub(r"<[^>]+>", "", body)))


@pytest.fixture(params=gallery.LANGS)
def lang(request: pytest.FixtureRequest) -> Lang:
    found: Lang = request.param
    return found


@pytest.mark.parametrize("name", CORE)
def test_a_letter_says_what_it_is_for_in_the_agreed_words(name: str, lang: Lang) -> None:
    letter = composed(name, lang, "Table de quartier")
    assert CORE[name][lang] in letter.text
    assert CORE[name][lang] in shown(letter.html)


@pytest.mark.parametrize("name", TO_DECIDE)
def test_staff_get_one_page_by_four_links_with_code_date_and_warnings(
    name: str, lang: Lang
) -> None:
    letter = composed(name, lang, "Table de quartier")
    review = "https://example.org/review/b"
    wanted = {
        review,
        f"{review}?decision=approve",
        f"{review}?decision=decline",
        f"{review}?days=1",
    }
    assert set(re.findall(rf"{review}\S*", letter.text)) == wanted
    assert set(re.findall(r'href="(https://[^"]+)"', letter.html)) == wanted
    due = {"fr": "le 23 mars 2026", "en": "March 23, 2026"}[lang]
    for part in (letter.text, shown(letter.html)):
        assert "4T7K" in part.replace("4T7KQ", "")
        assert due in part
    assert "4T7K" not in letter.subject.replace("4T7KQ", "")


@pytest.mark.parametrize("name", TO_DECIDE)
def test_no_word_of_a_code_where_none_is_asked(name: str, lang: Lang) -> None:
    letter = composed(name, lang, "Table de quartier", code=None, warnings=[])
    for part in (letter.text, letter.html):
        assert not re.search(r"Code (à|to) ent|À vérifier|To check", part)


@pytest.mark.parametrize("name", LETTERS)
def test_an_address_can_be_read_before_it_is_opened(name: str, lang: Lang) -> None:
    letter = composed(name, lang, "Table de quartier")
    for address in re.findall(r'href="(https://[^"]+)"', letter.html):
        if "decision=" not in address:
            assert f">{address}</a>" in letter.html


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_goes_to_the_readers_that_it_names_and_to_nobody_else(name: str) -> None:
    named, met = LETTERS[name].readers, gallery.readers("en")[name]
    outside = {*OUTSIDE, SUBSCRIBER, TO_COACH, SIGNING_IN}
    assert met & outside == named & outside
    assert bool(met - outside) == bool(named & {STAFF, ADMINS, ACTOR})
    assert named <= outside | {STAFF, ADMINS, ACTOR}


def test_a_decision_that_was_undone_is_not_called_recorded(lang: Lang) -> None:
    name = "staff_decision_recorded"
    undone = {"decision": "undo", "undo_url": None, "undo_until": None, "preview": None}
    letter = composed(name, lang, "Table de quartier", **undone)
    for part in (letter.text, shown(letter.html)):
        assert not re.search(r"enregistrée? au nom|recorded in the name", part)
        assert {"fr": "est annulée", "en": "is undone"}[lang] in part


@pytest.mark.parametrize("name", gallery.LETTERS)
def test_a_french_letter_has_no_straight_apostrophe(name: str) -> None:
    letter = gallery.letters("fr")[name]
    for part in (letter.subject, letter.text, shown(letter.html)):
        assert re.findall(r"\w'\w.{0,30}", part) == []


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("Un\r\nBcc: eve@example.org", "Un Bcc: eve@example.org"),
        ("Un\x00\x07\u2028deux  trois ", "Un deux trois"),
        (f"Reçu{N}: l’été", f"Reçu{N}: l’été"),
        ("x" * 999, "x" * 250),
    ],
)
def test_a_subject_stays_on_one_line(given: str, wanted: str) -> None:
    assert letters.subject_line(given) == wanted


@pytest.mark.parametrize("path", sorted((ROOT / "templates/email").rglob("*.txt")), ids=str)
def test_a_paragraph_that_ends_with_a_condition_stays_apart_from_the_next(path: Path) -> None:
    """A tag takes the end of its line with it: two blank lines are one."""
    lines = [*path.read_text("utf-8").splitlines(), "", ""]
    for at, line in enumerate(lines[:-2]):
        words = re.sub(r"\{%.*?%\}", "", line).strip() or "days.txt" in line
        if words and line.endswith("%}") and not lines[at + 1]:
            assert not lines[at + 2], line


@pytest.mark.parametrize("name", LETTERS)
def test_beside_its_subject_a_letter_leads_to_nothing_that_is_left_out(
    name: str, lang: Lang
) -> None:
    text = composed(name, lang, "Table de quartier").text
    beside = letters.preheader(text)
    for leading, led in itertools.pairwise(text.split("\n\n")):
        if leading.endswith(":") and "://" in led:
            assert " ".join(leading.split()) not in beside
