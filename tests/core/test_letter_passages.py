"""What staff may word anew in a letter stays what the letter fills in, and can execute nothing."""

import re
from pathlib import Path

import pytest

from chalicelib.core.letter_passages import LetterPassage, passages, reworded
from chalicelib.core.templates import TEMPLATES, environment

PARTS = ("subject.txt", "body.txt", "body.html")
FOLDERS = sorted(p for p in (TEMPLATES / "email").iterdir() if not p.name.startswith("_"))


def sources(folder: Path) -> list[str]:
    return [(folder / part).read_text("utf-8") for part in PARTS]


def known(name: str) -> list[LetterPassage]:
    return passages(*sources(TEMPLATES / "email" / name))


def same(source: str) -> str:
    return re.sub(r"\s+", " ", source.replace("&amp;", "&")).strip()


def test_every_letter_has_passages_and_each_put_back_as_it_was_changes_nothing() -> None:
    count = 0
    for folder in FOLDERS:
        found = passages(*sources(folder))
        assert found, folder.name
        count += len(found)
        values = {one.id: one.texts for one in found}
        for part, source in zip(PARTS, sources(folder), strict=True):
            assert same(reworded(source, part, found, values)) == same(source), folder.name
    assert count > 350


def test_a_passage_is_worded_anew_in_both_parts_and_its_facts_stay_what_they_were() -> None:
    found = known("eoi_received")
    one = next(each for each in found if "reply_target_business_days" in each.filled)
    value = {
        "fr": "Reçu : {ref} & merci. Réponse en {reply_target_business_days} jours.",
        "en": "Received: {ref} & thanks. Reply in {reply_target_business_days} days.",
    }
    _, text, body = (
        reworded(source, part, found, {one.id: value})
        for part, source in zip(PARTS, sources(TEMPLATES / "email/eoi_received"), strict=True)
    )
    days = "{{ figures().reply_target_business_days }}"
    assert f"Received: {{{{ case.ref }}}} & thanks. Reply in {days} days." in text
    assert (
        f'<p>Reçu : <span class="ref">{{{{ case.ref }}}}</span> &amp; merci. Réponse en {days}'
        in body
    )
    assert "{% if revised %}" in text
    for source in (text, body):
        environment().parse(source)


@pytest.mark.parametrize(
    "text",
    ["{{ 7*7 }} {ref} {reply_target_business_days}", "{% for x in y %}{ref}",
     "{# {ref} {reply_target_business_days} #}", "{ref} {reply_target_business_days} {case}",
     "{ref.x} {reply_target_business_days}", "{ref!r} {reply_target_business_days}", "{", "}",
     "{ref}", "", "{ref}{reply_target_business_days:>99999999}"],
)  # fmt: skip
def test_a_text_with_other_braces_or_without_its_facts_is_left_as_packaged(text: str) -> None:
    found = known("eoi_received")
    one = next(each for each in found if "reply_target_business_days" in each.filled)
    for value in ({"fr": text, "en": one.en}, {"fr": one.fr, "en": text}, text, {"fr": text}):
        for part, source in zip(PARTS, sources(TEMPLATES / "email/eoi_received"), strict=True):
            assert reworded(source, part, found, {one.id: value}) == source


def test_tags_in_a_text_are_shown_and_not_read() -> None:
    found = known("application_approved")
    one = next(each for each in found if each.en == "What comes next")
    value = {"fr": "<script>alert(1)</script>", "en": "<b>Next</b>"}
    body = reworded(
        sources(TEMPLATES / "email/application_approved")[2], PARTS[2], found, {one.id: value}
    )
    assert "&lt;script&gt;" in body
    assert "<script>" not in body
