"""Whatever looks like a field or a link, and is none, blocks an issue at its file and line."""

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.newsletter.issues import draft_template, lookalikes
from chalicelib.newsletter.issues.compiler import text_body
from chalicelib.newsletter.issues.findings import Finding, blocking
from chalicelib.newsletter.issues.preflight import check
from chalicelib.newsletter.issues.source import parse, read_folder
from chalicelib.newsletter.issues.text_part import stamp_of
from checked_issue import CONTEXT, EN, FR, both, checked
from issue_factory import made


def blocks(found: list[Finding], code: str) -> list[tuple[str | None, int | None]]:
    return [(f.file, f.line) for f in blocking(found) if f.code == code]


@pytest.mark.parametrize(
    "line",
    [
        "Bonjour {{first-name|vous}}",
        "Bonjour {{first_name:vous}}",
        "Bonjour {{first_name|vous}",
        "Bonjour {first_name}",
        "Bonjour {",
        "Bonjour }}",
        "Bonjour {{first_name|*vous*}}",
        "Bonjour {{first_name | a | b}}",
        "Bonjour {{{{first_name}}}}",
        "Bonjour {% first_name %}",
        "Bonjour &#123;&#123;nom&#125;&#125;",
        "Bonjour *|FNAME|*",
        "Bonjour %FIRSTNAME%",
        "Bonjour <<Prénom>>",
        "Bonjour [[prénom]]",
        "Bonjour [Prénom]",
        "Bonjour first_name",
        "Bonjour $first_name",
        "Bonjour <prénom>",
        "Bonjour #prénom#",
        "Bonjour $ nom $",
        "Bonjour ^FNAME^",
        "## Pour {first_name}",
        "- {{Prénom}}",
        "> {{prénom|vous}}",
        "**{{ first name }}**",
        "[{{first name}}](https://www.example.org/p)",
        "|a|b|\n|-|-|\n|{{first_name|vous}}|x|",
        "{{archive_url|ici}}",
    ],
)
def test_what_looks_like_a_field_and_is_none_blocks(tmp_path: Path, line: str) -> None:
    found = checked(tmp_path, FR + f"\n{line}\n")
    places = blocks(found, "looks_like_field") or blocks(found, "unknown_field")
    assert places[0] == ("fr.md", 13 + line.count("\n"))


@pytest.mark.parametrize(
    "line",
    [
        "https://www.example.org/p",
        "Voyez www.example.org.",
        "Voyez example.org/inscription.",
        "Écrivez à info@example.org.",
        "Écrivez à info@example",
        "Écrivez à info@localhost.",
        "mailto:info@example.org",
        "tel:514-555-0123",
        "Écrivez à info @example.org.",
        "Voyez exemple.québec.",
        "Voyez café-économie.ca/été.",
        "Voyez www.exemple.fr ou exemple.fr.",
        "[le site] (https://www.example.org/p)",
        "[le site](https://www.example.org/p et plus)",
        "[le site](www.example.org/a b)",
        "[le site][programme]",
        "(le site)[https://www.example.org/p]",
        "<https://www.example.org/p",
        "**innoweave.ca**",
        "[programme]: https://www.example.org/q",
        "|a|b|\n|-|-|\n|www.example.org|x|",
    ],
)
def test_what_looks_like_a_link_and_is_none_blocks(tmp_path: Path, line: str) -> None:
    places = blocks(checked(tmp_path, FR + f"\n{line}\n"), "looks_like_link")
    assert places[0] == ("fr.md", 13 + line.count("\n"))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("[x](https://a.example.org/{{first-name}})", "field_in_link"),
        ("[x](https://a.example.org/*|FNAME|*)", "field_in_link"),
        ("[x](https://a.example.org/{id})", "field_in_link"),
        ("![{{first_name|vous}}](https://www.example.org/i.png)", "field_in_image"),
        ("Partez\u00a0: {{unsubscribe_url}}", "field_not_here"),
        ("[le site](https://192.168.0.1/)", "bad_host"),
        ("[le site](http://8.8.8.8:8080/p)", "bad_host"),
        ("[le site](https://[::1]/)", "bad_link"),
        ("[le site](https://0x7f.1/)", "bad_host"),
        ("[le site](https://relais.local/p)", "bad_host"),
        ("[le site](https://serveur.interne.lan)", "bad_host"),
        ("[le site](https://www.example.o/)", "bad_host"),
        ("[le site](https://www..example.org/)", "bad_host"),
        ("[le site](https://.example.org/)", "bad_host"),
        ("[le site](HTTPS://10.0.0.1/)", "bad_host"),
        ("[écrire](MAILTO:info@example)", "bad_mailbox"),
        ("[appeler](TEL:514)", "bad_number"),
        ("[écrire](mailto:info@example)", "bad_mailbox"),
        ("<info@example>", "bad_mailbox"),
        ("[écrire](mailto:info)", "bad_mailbox"),
        ("[écrire](mailto:?subject=Bonjour)", "bad_link"),
        ("[écrire](mailto:ada@example.org,bob@)", "bad_mailbox"),
        ("[appeler](tel:514)", "bad_number"),
        ("[appeler](tel:555-0123)", "bad_number"),
        ("[appeler](tel:0000000000)", "bad_number"),
        ("[appeler](tel:bonjour)", "bad_number"),
        ("[appeler](tel:+1514555012345678)", "bad_number"),
        ("TODO la date", "unfinished"),
        ("Todo : la date", "unfinished"),
        ("Le XXX mai", "unfinished"),
        ("## FIXME", "unfinished"),
        ("**Lorem ipsum** dolor", "unfinished"),
        ("- lorem Ipsum", "unfinished"),
        ("[TODO](https://www.example.org/q)", "unfinished"),
        ("![XXXX](https://www.example.org/i.png)", "unfinished"),
        ("[à compléter]", "unfinished"),
        ("[insérer le lien]", "unfinished"),
        ("|a|b|\n|-|-|\n|TODO|x|", "unfinished"),
        ("[www.example.org](https://evil.example.net/)", "other_address"),
        ("[ada@example.org](mailto:bob@example.org)", "other_address"),
    ],
)
def test_a_field_or_an_address_in_the_wrong_place_blocks(
    tmp_path: Path, line: str, code: str
) -> None:
    at = 13 + line.count("\n")
    assert ("fr.md", at) in blocks(checked(tmp_path, FR + f"\n{line}\n"), code)


@pytest.mark.parametrize(
    ("key", "words", "code"),
    [
        ("subject", "Partir {{unsubscribe_url}}", "field_not_here"),
        ("preheader", "Lire {{archive_url}}", "field_not_here"),
        ("subject", "Bonjour {first_name}", "looks_like_field"),
        ("preheader", "Bonjour {{first-name|vous}}", "looks_like_field"),
        ("subject", "TODO : un objet", "unfinished"),
        ("preheader", "Lorem ipsum dolor sit amet", "unfinished"),
        ("subject", "Lisez [le programme](https://www.example.org/p)", "looks_like_link"),
    ],
)
def test_a_subject_and_a_preheader_have_plain_words_and_a_name(
    tmp_path: Path, key: str, words: str, code: str
) -> None:
    head = {"subject": "Le printemps arrive", "preheader": "Trois dates à retenir"}[key]
    line = {"subject": 2, "preheader": 3}[key]
    assert ("fr.md", line) in blocks(checked(tmp_path, FR.replace(head, words)), code)


PROSE = [
    "`{{code}}` et `https://www.example.org`",
    "Bonjour {{first_name|à vous}}, {{ first_name | à vous }}!",
    "[mes choix]({{preferences_url}})",
    "[www.example.org](https://www.example.org/)",
    "<https://www.example.org/p> et <info@example.org>",
    "À 13\u00a0h\u00a030, 50\u00a0% de 30\u00a0% [sic], no\u00a03, c.-à-d. a.m. etc.",
    "|a|b|\n|-|-|\n|{{first_name\\|à vous}}|x|",
    "[211](tel:211), [988](tel:988), [nous](tel:+1-514-555-0123;ext=4), [elle](tel:1-800-INFO-ABC)",
    "[écrire](mailto:ada@example.org,bob@example.org?subject=Un%20mot) et @innoweave",
    "[le site](https://xn--caf-dma.example.org:8443/p) du XXe siècle, une liste « todo »",
    "(votre prénom), un nom et un courriel, 5 < 10 et 12 > 3, #logement, le no 3, 5 % de 10 %, M.Roy",
    "[la recherche](https://www.example.org/p?q=le+nom+de+votre+courriel&nom=nom)",
    "`TODO` et `XXX`, une toile XXL, le code RXXX2",
]


@pytest.mark.parametrize("line", PROSE)
def test_what_is_a_field_a_link_or_prose_does_not_block(tmp_path: Path, line: str) -> None:
    found = checked(tmp_path, FR + f"\n{line}\n")
    assert {f.code for f in blocking(found)} <= {"link_count", "link_differs"}


@settings(max_examples=40)
@given(
    st.text(st.sampled_from("abé _-:|."), min_size=1, max_size=12),
    st.sampled_from(("{", "{{", "}", "}}", "{{%")),
    st.sampled_from(("", "}", "}}", "|x}}")),
)
def test_no_brace_is_sent_that_nobody_meant(inside: str, left: str, right: str) -> None:
    """Whatever stands between braces, it is a known field, or it is found."""
    issue = made(f"Mot {left}{inside}{right} mot\n")
    if not issue.findings:
        assert not {"{", "}"} & set(issue.page)


def test_a_default_is_one_in_all_of_a_mail(tmp_path: Path) -> None:
    other = FR.replace("Le printemps", "{{first_name|vous}}, le printemps") + (
        "\nBonjour {{first_name|à vous}}\n"
    )
    assert blocks(checked(tmp_path, other), "two_defaults") == [("fr.md", 13)]
    (tmp_path / "en.txt").write_text(
        "Hello {{first_name|friend}},\nhttps://www.example.org/p", "utf-8"
    )
    found = checked(tmp_path, en=EN + "\nHello {{first_name|there}}\n")
    assert blocks(found, "two_defaults") == [("en.txt", 1)]


def test_a_name_in_the_text_part_alone_has_its_default() -> None:
    issue = made("Bonjour\n", text="Bonjour {{first_name|toi}}\n")
    assert issue.rendered.defaults == {"first_name": "toi"}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("Bonjour {{first-name|x}}\nhttps://www.example.org/p", "looks_like_field", 1),
        ("Bonjour\nTODO", "unfinished", 2),
        ("Voici\n[x](https://www.example.org/p)", "looks_like_link", 2),
        ("Le 15\nhttps://www.example.org/p", "text_adds", 1),
    ],
)
def test_a_text_part_is_checked_like_the_markdown(
    tmp_path: Path, text: str, code: str, line: int
) -> None:
    (tmp_path / "fr.txt").write_text(text, "utf-8")
    assert ("fr.txt", line) in blocks(checked(tmp_path), code)


def with_text(folder: Path, fr: str) -> None:
    """Write a text part as the command does, from the Markdown as it is now."""
    source, _ = parse(fr, "fr", "fr.md")
    made_text = text_body(source, CONTEXT.imprint.public_url)
    (folder / "fr.txt").write_text(f"md: {stamp_of(source)}\n\n{made_text}", "utf-8")


EVENTS = FR + (
    "\nL’atelier a lieu jeudi 15 mai à 13 h 30, dans la bibliothèque du quartier.\n"
    "\nApportez vos questions, votre calendrier et une copie du formulaire rempli.\n"
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("15 mai", "20 mai"),
        ("jeudi", "vendredi"),
        ("mai", "juin"),
        ("13 h 30", "14 h"),
        ("une copie", "deux copies"),
        ("\nApportez vos questions, votre calendrier et une copie du formulaire rempli.\n", ""),
    ],
)
def test_a_text_part_older_than_its_markdown_blocks(tmp_path: Path, old: str, new: str) -> None:
    with_text(tmp_path, EVENTS)
    assert not [f for f in checked(tmp_path, EVENTS) if f.file == "fr.txt"]
    found = checked(tmp_path, EVENTS.replace(old, new))
    assert blocks(found, "text_older") == [("fr.txt", 1)]
    # Whoever wrote it by hand, without the mark, is told of each fact that differs.
    bare = (tmp_path / "fr.txt").read_text("utf-8").partition("\n\n")[2]
    (tmp_path / "fr.txt").write_text(bare, "utf-8")
    if old != "une copie":
        assert {f.code for f in blocking(checked(tmp_path, EVENTS.replace(old, new)))} & {
            "text_lacks", "text_adds",
        }  # fmt: skip


def test_the_mark_of_a_text_part_is_not_sent_and_a_new_one_ends_the_finding(
    tmp_path: Path,
) -> None:
    with_text(tmp_path, EVENTS)
    changed = EVENTS.replace("une copie", "la copie")
    (finding,) = [f for f in checked(tmp_path, changed) if f.code == "text_older"]
    text = (tmp_path / "fr.txt").read_text("utf-8").partition("\n")[2]
    (tmp_path / "fr.txt").write_text(f"{finding.facts['stamp']}\n{text}", "utf-8")
    assert not blocking(checked(tmp_path, changed))
    issue = check(*read_folder(tmp_path), CONTEXT)[0]["fr"]
    assert "md:" not in issue.rendered.text


def test_a_text_part_saved_before_its_markdown_is_pointed_out(tmp_path: Path) -> None:
    (tmp_path / "fr.txt").write_text("Voici\u00a0: https://www.example.org/p", "utf-8")
    os.utime(tmp_path / "fr.txt", (1, 1))
    found = checked(tmp_path)
    assert [f.level for f in found if f.code == "text_maybe_older"] == ["warns"]


def test_the_text_says_what_is_struck_out() -> None:
    text = made("Le ~~15 mai~~ 20 mai\n").rendered.text
    assert "Le [Biffé\u00a0: 15 mai] 20 mai" in text


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2025-03-02", "2027-03-02"])
def test_another_years_date_blocks(tmp_path: Path, day: str) -> None:
    changed = both("2026-03-02", day)
    found = checked(tmp_path, changed["fr"], changed["en"])
    assert blocks(found, "date_far") == [("fr.md", 5), ("en.md", 5)]


def test_an_issue_as_it_was_begun_blocks(tmp_path: Path) -> None:
    for lang in ("fr", "en"):
        text = draft_template.text(lang, "2026-03", date(2026, 3, 2))
        (tmp_path / f"{lang}.md").write_text(text, "utf-8")
    found = check(*read_folder(tmp_path), CONTEXT)[1]
    assert blocks(found, "untouched") == [
        (f"{lang}.md", line) for lang in ("fr", "en") for line in (2, 3, 7)
    ]


def test_an_address_is_shown_without_the_sign_after_it() -> None:
    assert list(lookalikes.addresses("Voyez https://a.example.org/p, puis www.b.ca.")) == [
        "https://a.example.org/p", "www.b.ca",
    ]  # fmt: skip


@pytest.mark.parametrize("words", ["Date TBD", "Salle ???", "Le XX mai", "Prix à compléter"])
def test_what_may_still_have_to_be_settled_warns_at_its_line(tmp_path: Path, words: str) -> None:
    found = checked(tmp_path, FR + f"\n{words}\n")
    assert [(f.line, f.level) for f in found if f.code == "to_settle"] == [(13, "warns")]
