"""What `fill` makes of an issue is what SES makes of it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.newsletter.issues.rendered import (
    FIELDS,
    Rendered,
    fill,
    replacements,
    template_content,
)

LINKS = {
    "unsubscribe_url": "https://relais.example.org/api/newsletter/unsubscribe/abc",
    "preferences_url": "https://relais.example.org/api/newsletter/preferences/abc",
}


def rendered(html: str = "", text: str = "", subject: str = "") -> Rendered:
    return Rendered("fr", subject, "", html, text, {"first_name": "chère lectrice"})


def substituted(template: str, data: dict[str, str]) -> str:
    """SES with inline content: plain substitution, nothing escaped, field by field."""
    for name, value in data.items():
        template = template.replace("{{" + name + "}}", value)
    return template


def test_values_are_escaped_in_html_and_nowhere_else() -> None:
    mail = fill(
        rendered("<p>{{first_name_html}}</p>", "{{first_name}}", "Bonjour {{first_name}}"),
        {**LINKS, "first_name": "A <b>&\"'"},
    )
    assert mail.html == "<p>A &lt;b&gt;&amp;&quot;&#x27;</p>"
    assert (mail.text, mail.subject) == ("A <b>&\"'", "Bonjour A <b>&\"'")


@pytest.mark.parametrize("name", ["", "  ", "{}"])
def test_an_empty_name_takes_the_default(name: str) -> None:
    assert fill(rendered("{{first_name_html}}"), {**LINKS, "first_name": name}).html == (
        "chère lectrice"
    )
    assert fill(rendered(text="{{first_name}}"), LINKS).text == "chère lectrice"


def test_a_field_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill(rendered("{{shoe_size}}"), LINKS)


def test_a_recipient_without_links_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill(rendered("x"), {"first_name": "Rita"})


PIECES = st.one_of(
    st.sampled_from([f"{{{{{n}}}}}" for n in (*FIELDS, *(f"{f}_html" for f in FIELDS))]),
    st.sampled_from(["{{lb}}", "{{rb}}", "{{bs}}"]),
    st.text(st.characters(blacklist_characters="{}\\", blacklist_categories=["Cs"]), max_size=9),
)


@given(st.lists(PIECES), st.text(max_size=30))
def test_filling_here_and_in_ses_is_the_same(pieces: list[str], name: str) -> None:
    template = "".join(pieces)
    issue = rendered(template, template, template)
    values = {**LINKS, "first_name": name}
    data = replacements(issue, values)
    here = fill(issue, values)
    there = [substituted(part, data) for part in template_content(issue).values()]
    assert [here.subject, here.html, here.text] == there


@given(st.text(max_size=40))
def test_a_name_never_becomes_markup_or_a_field(name: str) -> None:
    mail = fill(rendered("{{first_name_html}}", "{{first_name}}"), {**LINKS, "first_name": name})
    assert not re.search('[<>"{}]', mail.html)
    assert not re.search("[{}]", mail.text)
