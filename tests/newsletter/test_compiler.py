"""An issue becomes a mail that is readable, whole, and holds nothing but what was written."""

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.newsletter.issues.compiler import text_body
from chalicelib.newsletter.issues.rendered import LITERALS, Rendered, fill
from chalicelib.newsletter.issues.source import parse
from issue_factory import HEAD, IMPRINT, VALUES, made

VOID = {"meta", "br", "hr", "img"}


class Tree(HTMLParser):
    """Every element opened is closed, in order; gathers elements and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tree(markup: str) -> Tree:
    found = Tree()
    found.feed(markup)
    found.close()
    assert found.open == []
    return found


def test_the_mail_is_accessible() -> None:
    mail = fill(made("## Un\n\n![Une vue](https://www.example.org/i.png)\n").rendered, VALUES)
    seen = tree(mail.html).seen
    assert ("html", {"lang": "fr-CA", "dir": "ltr"}) in seen
    tags = [tag for tag, _ in seen]
    assert tags.count("h1") == tags.count("main") == tags.count("footer") == 1
    assert [a["alt"] for tag, a in seen if tag == "img"] == ["Une vue"]
    assert "prefers-color-scheme:dark" in mail.html
    assert all("style" in a for tag, a in seen if tag in ("p", "h1", "h2", "a"))
    assert not {"script", "link", "iframe", "form", "table"} & set(tags)


def test_a_table_of_data_has_heads_and_no_role() -> None:
    seen = tree(made("|a|b|\n|-|-|\n|1|2|\n").rendered.html).seen
    assert [a["scope"] for tag, a in seen if tag == "th"] == ["col", "col"]
    assert all("role" not in a for tag, a in seen if tag == "table")


@pytest.mark.parametrize(
    ("lang", "sent_by", "leave"),
    [
        ("fr", "Envoyée par Innoweave, 1234, rue Exemple, Montréal (Québec) H2X 1Y4; info@example.org; www.example.org/fr.", "Vous pouvez vous désabonner en tout temps"),
        ("en", "Sent by Innoweave, 1234, rue Exemple, Montréal (Québec) H2X 1Y4; info@example.org; www.example.org/en.", "You can unsubscribe at any time"),
    ],
)  # fmt: skip
def test_the_foot_names_the_sender_and_the_way_out(lang: str, sent_by: str, leave: str) -> None:
    mail = fill(made("Texte", lang).rendered, VALUES)
    for part in (mail.text, re.sub("<[^>]*>", "", html.unescape(mail.html))):
        assert sent_by in part
        assert leave in part
    for link in ("unsubscribe_url", "preferences_url"):
        assert VALUES[link] in mail.text
        assert f'href="{VALUES[link]}"' in mail.html


def test_the_other_language_is_a_link_away_when_there_is_an_archive() -> None:
    there = "https://relais.example.org/api/newsletter/archive/2026-03?lang=en"
    assert f'href="{there}" lang="en-CA"' in made("x").rendered.html
    without = made("x", head=HEAD.replace("---\nsub", "---\narchive: no\nsub"))
    assert "/archive/" not in without.rendered.html + without.rendered.text


def test_the_text_says_all_and_lists_its_links() -> None:
    body = (
        "## Des *dates*\n\nVoici [le programme](https://www.example.org/p) et\n"
        "[mes choix]({{preferences_url}}), `{{code}}`, <https://b.example.org/>.\n\n"
        "1. un\n2. deux\n   - trois\n\n> cité\n\n|a|b|\n|-|-|\n|1|2|\n\n"
        "![Une vue](https://www.example.org/i.png)\n\n    bloc { }\n\n---\n"
    )
    text = fill(made(body).rendered, VALUES).text
    assert text.startswith(
        "Mars\n\n== Des dates ==\n\nVoici le programme [1] et mes choix [2], {{code}},\n"
        "https://b.example.org/.\n\n1. un\n2. deux\n   - trois\n\n> cité\n\n"
        "1. a\u00a0: 1\n   b\u00a0: 2\n\n[Image\u00a0: Une vue]\n\n    bloc { }\n\n* * *\n\n"
        "Liens\u00a0:\n[1] https://www.example.org/p\n"
        f"[2] {VALUES['preferences_url']}\n\n"
    )


def test_a_text_by_hand_takes_the_place_of_the_made_one() -> None:
    issue = made("## Un\n", text="À la main, {{first_name|vous}} { }\n")
    assert "À la main, Zoé { }" in fill(issue.rendered, VALUES).text
    assert "== Un ==" not in issue.rendered.text


def test_the_text_to_edit_compiles_to_the_same_mail() -> None:
    body = "## Un\n\nBonjour {{first_name|à vous}} \\{ [a](https://a.example.org/)\n"
    source, _ = parse(HEAD + body, "fr", "fr.md")
    by_hand = text_body(source, IMPRINT.public_url)
    assert "{{first_name|à vous}}" in by_hand
    mail = fill(made(body).rendered, VALUES)
    assert fill(made(body, text=by_hand).rendered, VALUES).text == mail.text


def test_the_page_is_for_everybody() -> None:
    page = made("Bonjour {{first_name|à vous}}, [mes choix]({{preferences_url}}).").page
    assert page == "<p>Bonjour à vous, mes choix.</p>\n"


def test_a_subject_may_greet_by_name() -> None:
    issue = made("x", head=HEAD.replace("Mars", "Mars, {{first_name|à vous}}")).rendered
    assert fill(issue, VALUES).subject == "Mars, Zoé"
    assert fill(issue, {**VALUES, "first_name": ""}).subject == "Mars, à vous"
    assert "<title>Mars, Zoé</title>" in fill(issue, VALUES).html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x]({{unsubscribe_url}}javascript:alert(1))",
        "[x](javascript:{{unsubscribe_url}})",
        "[x]({{archive_url}}{{unsubscribe_url}}javascript:alert(1))",
        "[x]({{preferences_url|javascript:alert(1)}})",
        "[x]({{first_name|javascript:alert(1)}})",
        "[x]({{first_name|javascript}}:alert(1))",
        "[x]({{nothing}}javascript:alert(1))",
        "[x](<{{unsubscribe_url}} javascript:alert(1)>)",
        "<{{unsubscribe_url}}javascript:alert(1)>",
        "[x]: {{unsubscribe_url}}javascript:alert(1)\n\n[x]",
        "![x]({{unsubscribe_url}}javascript:alert(1))",
        "![x](https://www.example.org/{{unsubscribe_url}})",
        "[x](  java\tscript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        '[x](https://a.example.org/" onclick="alert(1))',
        "![x](javascript:alert(1))",
        '![" onerror="alert(1)](https://www.example.org/i.png)',
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
        "|<b>|[x](vbscript:x)|\n|-|-|\n|<i>|</td><script>|",
        "</main></body></html><h1>",
        "```\n</code></pre><script>\n```",
        "<!-- --><![CDATA[ <b> ]]>",
        "> " * 500 + "deep",
        "- " * 500 + "deep",
        "[" * 3000,
        "*" * 3000 + "a",
        "`" * 3001,
    ],
)
def test_hostile_markdown_stays_text(hostile: str) -> None:
    issue = made(hostile)
    for markup in (issue.rendered.html, issue.page):
        for tag, attributes in tree(markup).seen:
            assert tag not in {"script", "iframe", "object", "form", "input"}
            assert not any(name.startswith("on") for name in attributes)
            assert attributes.get("href") in (None, *_FOOT) or str(attributes["href"]).startswith(
                ("https://", "mailto:")
            )
            assert str(attributes.get("src", "https://")).startswith("https://")
    fill(issue.rendered, VALUES)


_FOOT = ("{{unsubscribe_url_html}}", "{{preferences_url_html}}")

MARKDOWN = st.lists(
    st.one_of(
        st.sampled_from(
            ["{", "}", "{{", "}}", "\\", "{{first_name|x}}", "{{a}}", "[", "](", ")", "<", ">", "`",
             "\n", "\n\n", "# ", "- ", "|", "\n|-|-|\n", "&lt;", "&#123;", "![", "*", "https://a.b/"]
        ),
        st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=6),
    ),
    max_size=30,
).map("".join)  # fmt: skip


@given(MARKDOWN)
@example("{{{first_name|x}}}")
@example("\\\\{{first_name|x}}")
@example("`{{unsubscribe_url}}`")
def test_braces_in_prose_survive_and_become_no_field(body: str) -> None:
    issue: Rendered = made(body).rendered
    for part in (issue.subject, issue.html, issue.text):
        rest = re.sub(r"\{\{(first_name|unsubscribe_url|preferences_url)(_html)?\}\}", "", part)
        for name in LITERALS:
            rest = rest.replace("{{" + name + "}}", "")
        rest = rest.replace("{color-scheme:light dark", "").replace("}}", "")
        assert "{{" not in rest
        assert "\\" not in rest
    fill(issue, VALUES)


@given(MARKDOWN)
def test_whatever_is_written_the_markup_is_whole(body: str) -> None:
    issue = made(body)
    tree(issue.rendered.html)
    tree(issue.page)


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zs"]), min_size=1, max_size=40))
def test_code_comes_back_as_it_was_typed(text: str) -> None:
    issue = made(f"```\n{text}\n```")
    assert f"    {text}" in fill(issue.rendered, VALUES).text.split("\n")
    assert f"<code>{html.escape(text)}</code>" in issue.page
