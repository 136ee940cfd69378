"""Every page can be switched to the other language, and what was typed goes along."""

import re

import pytest

import gallery
from chalicelib.core.languages import LANGS, Lang, other_language
from chalicelib.web.request import ASKS_DATES, SWITCH_PAGE, Request
from chalicelib.web.responses import HTML, Response
from chalicelib.web.switching import filled_again, refilled, with_switch
from journey import ADA, RITA, Journey
from visitor import FORM, Visitor, hidden

TYPED = 'Deux lignes,\net « tout » <reste> & "va"'
KEPT = "Deux lignes,\net « tout » &lt;reste&gt; &amp; &#34;va&#34;"


def switch(way: Journey, path: str, **typed: str) -> str:
    """Press the button of a page with what was typed; return the page that comes."""
    page = way.visitor.page(path).body.decode()
    button = re.search(rf'name="{SWITCH_PAGE}" value="(..)" formaction="([^"]*)"', page)
    assert button, "a button of the form, and no link that loses what was typed"
    before = repr(way.store.items)
    nonce = hidden(page, "nonce")
    pairs = [("lang", "fr"), ("nonce", nonce), *typed.items(), (SWITCH_PAGE, button[1])]
    query = button[2].replace("&amp;", "&")
    shown = way.visitor.submit(path.partition("?")[0] + query, pairs)
    assert shown.status_code == 200
    text = shown.body.decode()
    assert f'<html lang="{button[1]}-CA">' in text
    assert repr(way.store.items) == before, "nothing is done by it"
    return text


def test_a_reply_that_was_begun_is_there_in_the_other_language(way: Journey) -> None:
    way.declare()
    way.decide(RITA, decision="ask", message="Combien?")
    way.after_undo()
    page = switch(way, way.own(), action="reply", answer=TYPED)
    assert f">\n{KEPT}</textarea>" in page


def test_a_decision_that_was_begun_keeps_its_words_and_its_choice(way: Journey) -> None:
    way.declare()
    page = switch(way, way.review(RITA), decision="approve", message=TYPED, confirm="on")
    assert f">\n{KEPT}</textarea>" in page
    assert re.search(r'<input checked [^>]*name="decision" value="approve"', page)


def test_a_page_for_one_thing_stays_that_page(way: Journey) -> None:
    way.declare()
    page = switch(way, f"{way.own()}?do=withdraw", action="withdraw", message=TYPED)
    assert "Withdraw" in page
    assert f">\n{KEPT}</textarea>" in page


def test_what_the_page_has_no_place_for_any_more_is_shown_beside_it(way: Journey) -> None:
    way.declare()
    own = way.own()
    pairs = [("answer", TYPED), ("action", "reply"), (SWITCH_PAGE, "en")]
    page = way.visitor.submit(own, pairs).body.decode()
    assert "What you wrote" in page
    assert KEPT in page


def test_a_script_that_sends_the_name_of_the_button_switches_nothing(visitor: Visitor) -> None:
    told = visitor.send("/file", {"email": ADA, SWITCH_PAGE: "en"})
    assert told.status_code == 202


def test_a_refused_post_can_be_read_in_the_other_language_and_stays_refused(way: Journey) -> None:
    way.declare()
    pairs = [("lang", "fr"), ("action", "nonsense"), ("answer", TYPED)]
    page = way.visitor.submit(way.own(), pairs)
    assert page.status_code >= 400
    text = page.body.decode()
    header = text[text.index('<div id="switch">') : text.index("</header>")]
    assert "English" in header


@pytest.mark.parametrize("lang", LANGS)
def test_no_page_of_ours_is_without_a_switch(lang: Lang) -> None:
    there = other_language(lang)
    for name, page in gallery.pages(lang).items():
        header = page[page.index("<header>") : page.index("</header>")]
        assert f'lang="{there}-CA"' in header, name


def test_the_enter_key_presses_the_form_s_own_button_first() -> None:
    for name, page in gallery.pages("fr").items():
        for found in re.finditer(
            rf'<button class="unseen"([^>]*)>[^<]*</button><button class="link" type="submit" form="([^"]*)" name="{SWITCH_PAGE}"',
            page,
        ):
            assert f'form="{found[2]}"' in found[1], name
            form = page[page.index(f'id="{found[2]}"') :]
            own = re.search(r"<button([^>]*)>", form)
            assert own, name
            for each in re.findall(r'(?:name|value)="[^"]*"', own[1]):
                assert each in found[1], name


def test_every_form_that_is_switched_says_once_that_it_was() -> None:
    switched = 0
    for name, page in gallery.pages("fr").items():
        button = re.search(rf'form="([^"]*)" name="{SWITCH_PAGE}"', page)
        if not button:
            continue
        start = page.index(f'id="{button[1]}"')
        form = page[start : page.index("</form>", start)]
        typed = [
            (field, "03/04/2026")
            for tag in re.findall(r"<(?:input|textarea)\b[^>]*>", form)
            for field in re.findall(r' name="([^"]+)"', tag)
            if 'type="hidden"' not in tag
        ]
        again = filled_again(Response(200, page, HTML), [*typed, (SWITCH_PAGE, "fr")]).body
        marks = [at.start() for at in re.finditer(f'name="{ASKS_DATES}"', again)]
        start = again.index(f'id="{button[1]}"')
        assert len(marks) == 1, name
        assert start < marks[0] < again.index("</form>", start), name
        switched += 1
    assert switched > 20


def test_a_post_that_only_switched_does_no_more_when_it_is_sent_again() -> None:
    body = b"lang=fr&answer=x&_switch_page=fr"
    headers = {"content-type": FORM["Content-Type"], "accept": "text/html"}
    request = Request("POST", headers, {}, body, "")
    page = '<html lang="fr-CA"><div id="switch"></div>'
    shown = with_switch(request, Response(409, page, HTML)).body
    sent = re.findall(r'name="([^"]+)" value="([^"]*)"', shown)
    assert sent == [
        ("answer", "x"), (SWITCH_PAGE, "en"), ("lang", "en"), (ASKS_DATES, "1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "pairs", "found"),
    [
        ('<input type="text" name="a" value="x">', [("a", 'y"')], '<input value="y&#34;" type="text" name="a">'),
        ('<input type="text" name="a" value="x">', [], '<input type="text" name="a" value="x">'),
        ('<input type="hidden" name="nonce" value="new">', [("nonce", "old")], '<input type="hidden" name="nonce" value="new">'),
        ('<input type="checkbox" name="b" checked>', [], '<input type="checkbox" name="b">'),
        ('<input type="checkbox" name="b" value="1">', [("b", "2"), ("b", "1")], '<input checked type="checkbox" name="b" value="1">'),
        ('<textarea name="t">x</textarea>', [("t", "\ny")], "<textarea name=\"t\">\n\ny</textarea>"),
        ('<select name="s"><option value="1" selected>1</option><option value="2">2</option></select>', [("s", "2")],
         '<select name="s"><option value="1">1</option><option selected value="2">2</option></select>'),
    ],
)  # fmt: skip
def test_a_form_is_filled_in_as_it_was_typed(
    form: str, pairs: list[tuple[str, str]], found: str
) -> None:
    assert refilled(form, pairs) == found


def test_the_page_of_a_deleted_draft_leads_to_the_form_in_the_other_language(
    visitor: Visitor,
) -> None:
    begun = visitor.send("/draft", {"form": "eoi"}).json_body["links"]["draft"]
    path = begun.partition("/api")[2]
    page = visitor.submit(f"{path}/delete", [("confirm", "on"), ("lang", "fr")]).body.decode()
    (link,) = re.findall(r'href="[^"]*/api([^"]*)" lang="en-CA"', page)
    assert visitor.page(link).status_code == 200
