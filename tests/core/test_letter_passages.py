"""What staff may word anew in a letter stays what the letter fills in, and can execute nothing."""

import html
import re
from collections.abc import Iterator, Mapping
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import nodes

from chalicelib.content import edits
from chalicelib.content.edits import blanks
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.letter_passages import LetterPassage, passages, reworded
from chalicelib.core.templates import TEMPLATES, environment, version
from infra.content.passages import passages as said
from letter_facts import LETTERS, composed

FOLDERS = sorted(p for p in (TEMPLATES / "email").iterdir())
MARK = "\u2606"


def sources(name: str) -> dict[str, str]:
    folder = TEMPLATES / "email" / name
    return {path.name: path.read_text("utf-8") for path in sorted(folder.iterdir())}


@cache
def known(name: str) -> list[LetterPassage]:
    return passages(sources(name))


def anew(name: str, values: Mapping[str, object]) -> dict[str, str]:
    """The templates of a letter with these passages."""
    found = known(name)
    return {file: reworded(source, file, found, values) for file, source in sources(name).items()}


def same(source: str) -> str:
    return re.sub(r"\s+", " ", source.replace("&amp;", "&")).strip()


def test_every_letter_has_passages_and_each_put_back_as_it_was_changes_nothing() -> None:
    count = 0
    for folder in FOLDERS:
        found = known(folder.name)
        count += len(found)
        values = {one.id: one.texts for one in found}
        for file, source in anew(folder.name, values).items():
            assert same(_read(source)) == same(_read(sources(folder.name)[file])), folder.name
    assert count > 600


def _read(source: str) -> str:
    """A template with the letters that a string of it escapes."""
    return re.sub(r"\\U([0-9a-f]{8})", lambda found: chr(int(found[1], 16)), source)


def chosen(node: nodes.Node) -> Iterator[str]:
    """The words that the expressions of a template write or give on, as Jinja reads them."""
    match node:
        case nodes.Const(value=str() as words):
            yield from [words] if re.search(r"[^\W\d_]", words) else []
        case nodes.Compare() | nodes.Include() | nodes.FromImport() | nodes.Extends():
            return
        case nodes.Dict(items=items):
            for item in items:
                yield from chosen(item.value)
        case _:
            for child in node.iter_child_nodes():
                yield from chosen(child)


NO_WORDS = {"  %2d. ", "?days=1", "mailto:"}
"""What expressions need beside words: a form of numbers, and pieces of addresses."""


@pytest.mark.parametrize("name", [folder.name for folder in FOLDERS])
def test_every_word_that_a_letter_can_say_is_of_a_passage(name: str) -> None:
    """Read by the check of contents and by Jinja, which know nothing of passages."""
    values = {
        one.id: dict.fromkeys(LANGS, MARK + "".join(f"{{{f}}}" for f in one.filled))
        for one in known(name)
    }
    for file, source in anew(name, values).items():
        left = [p.text for p in said(_read(source)) if p.lang and re.search(r"[^\W\d_]", p.text)]
        words = {one.strip(MARK) for one in chosen(environment().parse(source))} - NO_WORDS
        assert (left, words) == ([], set()), file


def test_a_branch_of_a_condition_a_button_and_words_of_an_expression_are_worded_anew() -> None:
    fr = {one.fr: one for one in known("document_held_back")}
    branch = fr[", à partir d’un autre appareil"]
    assert branch.conditions == ("malware",)
    (other,) = [one for text, one in fr.items() if text.startswith("Il n’a pas pu être analysé")]
    assert other.conditions == ("not malware",)
    page = anew("document_held_back", {branch.id: {"fr": ", d’un <i>autre</i> poste", "en": "X"}})
    assert "{% if malware %}, d’un &lt;i&gt;autre&lt;/i&gt; poste{% endif %}" in page["body.html"]
    assert "{% if malware %}, d’un <i>autre</i> poste{% endif %}" in page["body.txt"]
    button = next(one for one in known("eoi_approved") if one.fr == "Remplir la demande")
    hostile = {"fr": 'Faire \\" ~ 7*7', "en": "'\\n Apply"}
    page = anew("eoi_approved", {button.id: hostile})
    for lang, words in hostile.items():
        (call,) = re.findall(r'go\(lang, \w+, ("[^"]*")', _part(page["body.html"], lang))
        assert environment().from_string(f"{{{{ {call} }}}}").render() == words
        assert f"\n{words}" in page["body.txt"]


def _part(source: str, lang: str) -> str:
    return source.partition("{% else %}")[2 if lang == "en" else 0]


def test_what_all_letters_share_is_worded_once_for_all() -> None:
    one = next(each for each in known("_base") if each.fr.startswith("Ajouter à votre calendrier"))
    edits.lay({f"letter/_base/{one.id}": (1, {"fr": "À l’agenda", "en": "In your diary"})})
    for name in ("eoi_approved", "invitation_extended"):
        letter = composed(name, "en", "Org")
        assert "In your diary" in letter.text
        assert "In your diary" in letter.html
    versions = {version("email/eoi_approved")}
    edits.lay({})
    versions.add(version("email/eoi_approved"))
    assert len(versions) == 2


ALL = [(name, one) for name in (*LETTERS, "_base") for one in known(name)]


def _seen(letter: str, lang: Lang) -> str:
    made = composed(letter, lang, "Org")
    return made.subject + made.text + html.unescape(made.html)


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_text_that_is_taken_stops_a_letter(data: st.DataObject) -> None:
    """Whatever is typed keeps what is filled in, in any order; the letter leaves with it."""
    name, one = data.draw(st.sampled_from(ALL))
    names = [f"{{{name}}}" for name in sorted(blanks(one.fr))]
    typed = st.text(
        st.characters(exclude_characters="{}", exclude_categories=("Cs", "Cc")), max_size=20
    )

    def text() -> str:
        around = [data.draw(typed) for _ in range(len(names) + 1)]
        inside = data.draw(st.permutations(names))
        mixed = [piece for pair in zip(around, [*inside, ""], strict=True) for piece in pair]
        return "".join(mixed) + "☆"

    value = {"fr": text(), "en": text()}
    letter = "eoi_received" if name == "_base" else name
    edits.lay({})
    # What an expression chooses, the sample may not choose.
    chosen = {lang: one.filled or one.texts[lang] in _seen(letter, lang) for lang in LANGS}
    edits.lay({f"letter/{name}/{one.id}": (1, value)})
    for lang in LANGS:
        assert not composed(letter, lang, "Org").fell_back, (name, one, value)
        seen = _seen(letter, lang)
        if chosen[lang] and not one.conditions and name != "_base":
            assert "☆" in seen, (name, one, value)


def test_a_passage_is_worded_anew_in_both_parts_and_its_facts_stay_what_they_were() -> None:
    found = known("eoi_received")
    one = next(each for each in found if "reply_target_business_days" in each.filled)
    value = {
        "fr": "Reçu : {ref} & merci. Réponse en {reply_target_business_days} jours.",
        "en": "Received: {ref} & thanks. Reply in {reply_target_business_days} days.",
    }
    made = anew("eoi_received", {one.id: value})
    text, body = made["body.txt"], made["body.html"]
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
        assert anew("eoi_received", {one.id: value}) == sources("eoi_received")


def test_tags_in_a_text_are_shown_and_not_read() -> None:
    found = known("application_approved")
    one = next(each for each in found if each.en == "What comes next")
    value = {"fr": "<script>alert(1)</script>", "en": "<b>Next</b>"}
    body = anew("application_approved", {one.id: value})["body.html"]
    assert "&lt;script&gt;" in body
    assert "<script>" not in body
