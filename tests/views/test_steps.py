"""A form in steps, as a browser without scripts and a script meet it."""

import html
import re
from typing import Any

import pytest

import samples
from chalicelib.content import edits
from chalicelib.core.edits import MARK_SHARDS, mark_key, packed
from chalicelib.core.languages import LANGS, Lang, other_language
from chalicelib.core.templates import environment
from chalicelib.forms.drafts.draft import RETENTION, ROW_BYTES, section_ids
from chalicelib.forms.drafts.typed import section_of
from journey import Journey
from sample_parts import part
from visitor import token

ADA = "ada.tremblay@example.org"
DAY = 86400


def begun(way: Journey, form: str = "eoi", **fields: str) -> str:
    """The address of a new draft, without where we are served."""
    told = way.visitor.send("/draft", {"form": form, **fields})
    assert told.status_code == 201, told.body
    return f"/draft/{told.json_body['links']['draft'].rpartition('/')[2]}"


def filled(way: Journey, form: str = "eoi", **changes: Any) -> str:
    url = begun(way, form, uninvited="1")
    for name in section_ids(form):
        saved = way.visitor.send(
            f"{url}/{name}", {"version": 0, "fields": part(form, name, **changes)}
        )
        assert saved.status_code == 200, saved.body
    way.clock.pass_(minutes=5)
    return url


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"[^>]*>', page)
    return {name: html.unescape(value) for name, value in found}


def picked(page: str) -> dict[str, str]:
    """Return what is chosen on a page."""
    tags = [tag for tag in re.findall(r"<input[^>]*>", page) if " checked" in tag]
    chosen = [dict(re.findall(r'(name|value)="([^"]*)"', tag)) for tag in tags]
    lists = re.findall(r'<select[^>]*name="([^"]*)".*?<option value="([^"]+)" selected', page, re.S)
    return {**{one["name"]: one["value"] for one in chosen}, **dict(lists)}


def press(way: Journey, url: str, section: str, do: str, query: str = "", **typed: str) -> Any:
    page = way.visitor.page(f"{url}/{section}?lang=fr{query}").body.decode()
    fields = {**hidden(page), **typed, "do": do}
    return way.visitor.submit(f"{url}/{section}", list(fields.items()))


def where(answer: Any) -> str:
    return str(answer.headers["Location"].partition("/draft/")[2].partition("/")[2])


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("form", ["eoi", "application"])
def test_a_browser_writes_a_form_page_by_page_and_sends_it_once(
    way: Journey, form: str, lang: str
) -> None:
    start = way.visitor.page(f"/forms/{form}?lang={lang}&uninvited=1").body.decode()
    begun_ = way.visitor.submit("/draft", list(hidden(start).items()))
    assert begun_.status_code == 303
    url = f"/draft/{token(begun_.headers['Location'], 'draft')}"
    for name in section_ids(form):
        page = way.visitor.page(f"{url}/{name}?lang={lang}").body.decode()
        rows = {f["key"] for f in section_of(form, name)["fields"] if f["type"] == "rows"}
        given = part(form, name)
        fields = {k: v for k, v in given.items() if k not in rows}
        pairs = [*hidden(page).items(), *samples.as_html(fields)]
        for key in rows & given.keys():
            for row in given[key]:
                added = way.visitor.submit(f"{url}/{name}", [*pairs, ("do", f"add:{key}")])
                there = f"{url}/{where(added)}"
                inner = way.visitor.page(there).body.decode()
                one = [*hidden(inner).items(), *samples.as_html(row), ("do", "done")]
                assert way.visitor.submit(f"{url}/{name}", one).status_code == 303
        answer = way.visitor.submit(f"{url}/{name}", [*pairs, ("do", "continue")])
        if "part=more" in where(answer):
            more = way.visitor.page(f"{url}/{where(answer)}").body.decode()
            pairs = [*hidden(more).items(), *samples.as_html(fields), ("do", "continue")]
            answer = way.visitor.submit(f"{url}/{name}", pairs)
        assert answer.status_code == 303
    way.clock.pass_(minutes=5)
    check = way.visitor.page(f"{url}/check?lang={lang}").body.decode()
    sent = [way.visitor.submit(f"{url}/check", list(hidden(check).items())) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303], check
    prefers = {"Accept_Language": other_language(lang)}
    late = way.visitor.page(f"{url}/tasks?lang={lang}").body.decode()
    receipts = [sent[0].headers["Location"], *re.findall(r'href="([^"]+/file/[^"]+)"', late)]
    assert len(receipts) == 2
    for receipt in receipts:
        there = html.unescape(receipt).partition("/api")[2]
        shown = way.visitor.page(there, **prefers).body.decode()
        assert f'<html lang="{lang}-CA">' in shown, "whatever the browser prefers"
    (case,) = way.store.kinds("case")
    answers = case["answers"] if form == "eoi" else case["application"]
    sample = getattr(samples, form)()
    assert [row["name"] for row in answers["partners"]] == [r["name"] for r in sample["partners"]]
    assert [row["state"] for row in way.store.kinds("draft")] == ["sent"]
    assert "Référence" in way.visitor.page(f"{url}/contact?lang=fr").body.decode()


def test_a_link_shows_nothing_of_what_was_written_until_a_button_is_pressed(way: Journey) -> None:
    url = filled(way)
    for answer in (way.visitor.page(url), way.visitor.get(url)):
        assert answer.status_code == 200
        assert "Tremblay" not in answer.body.decode()
    opened = way.visitor.submit(url, [("do", "open"), ("lang", "en")])
    assert where(opened) == "tasks?lang=en"


def test_a_script_is_told_of_both_versions(way: Journey) -> None:
    url = begun(way)
    first = way.visitor.send(f"{url}/contact", {"version": 0, "fields": {"contact_title": "A"}})
    assert (first.json_body["version"], first.json_body["fields"]) == (1, {"contact_title": "A"})
    assert {p["field"] for p in first.json_body["problems"]} >= {"contact_email"}
    other = way.visitor.send(f"{url}/contact", {"version": 0, "fields": {"contact_title": "B"}})
    assert other.status_code == 409
    told = other.json_body
    assert (told["yours"], told["theirs"], told["version"]) == (
        {"contact_title": "B"}, {"contact_title": "A"}, 1,
    )  # fmt: skip
    unknown = way.visitor.send(f"{url}/contact", {"version": 1, "fields": {"colour": "red"}})
    assert unknown.status_code == 422
    assert way.visitor.send(f"{url}/contact", {"fields": 3}).status_code == 400
    assert way.visitor.send(f"{url}/nothing", {"fields": {}}).status_code == 404


def test_two_people_choose_between_their_versions_and_lose_neither(way: Journey) -> None:
    url = begun(way)
    mine = way.visitor.page(f"{url}/contact?lang=fr").body.decode()
    press(way, url, "contact", "continue", contact_title="Cheffe", contact_last_name="Roy")
    fields = {**hidden(mine), "contact_title": "Chef", "do": "continue"}
    both = way.visitor.submit(f"{url}/contact", list(fields.items()))
    page = both.body.decode()
    assert both.status_code == 409
    assert "Cheffe" in page
    assert "Chef<" in page
    chosen = {**hidden(page), "do": "merge", "pick.contact_title": "theirs"}
    assert way.visitor.submit(f"{url}/contact", list(chosen.items())).status_code == 303
    kept = way.visitor.get(f"{url}/contact").json_body["fields"]
    assert kept["contact_title"] == "Cheffe"
    assert kept["contact_last_name"] == "Roy", "they alone changed it"


def test_the_choice_between_two_versions_stays_in_the_other_language(way: Journey) -> None:
    url = begun(way)
    mine = way.visitor.page(f"{url}/contact?lang=fr").body.decode()
    theirs = {"contact_title": "Cheffe", "contact_first_name": "Zoé", "contact_last_name": "Roy"}
    press(way, url, "contact", "continue", **theirs)
    typed = {"contact_title": "Chef", "contact_first_name": "Ada", "do": "continue"}
    both = way.visitor.submit(f"{url}/contact", list({**hidden(mine), **typed}.items()))
    page = both.body.decode()
    press(way, url, "contact", "continue", **theirs, contact_phone="514 555-0123")
    for lang in ("en", "fr", "en"):
        assert f'name="_switch" value="{lang}"' in page
        picks = {"pick.contact_title": "theirs", "pick.contact_first_name": "mine"}
        pairs = {**hidden(page), **picks, "_switch": lang}
        page = way.visitor.submit(f"{url}/contact", list(pairs.items())).body.decode()
        assert f'<html lang="{lang}-CA">' in page
        chosen = re.findall(r'name="pick\.(\w+)" value="(\w+)" checked', page)
        assert sorted(chosen) == [("contact_first_name", "mine"), ("contact_title", "theirs")]
        assert way.visitor.get(f"{url}/contact").json_body["version"] == 2, "nothing is done by it"
    done = way.visitor.submit(f"{url}/contact", list({**hidden(page), **picks}.items()))
    assert done.status_code == 303
    kept = way.visitor.get(f"{url}/contact").json_body["fields"]
    assert kept == {**theirs, "contact_first_name": "Ada", "contact_phone": "514 555-0123"}


def test_a_row_that_is_emptied_by_hand_is_removed_and_can_be_put_back(way: Journey) -> None:
    url = filled(way)
    (row,) = way.visitor.get(f"{url}/collective").json_body["fields"]["partners"][:1]
    where_ = f"{url}/collective?row=partners.{row['_id']}&lang=fr"
    inner = hidden(way.visitor.page(where_).body.decode())
    before = way.visitor.get(f"{url}/collective").json_body["fields"]["partners"]
    answer = way.visitor.submit(
        f"{url}/collective", [*inner.items(), ("name", " "), ("do", "done")]
    )
    shown = way.visitor.page(f"{url}/{where(answer).partition('#')[0]}").body.decode()
    assert f"Ligne retirée\u00a0: {row['name']}" in shown
    assert way.visitor.get(f"{url}/collective").json_body["fields"]["partners"] == before[1:]
    press(way, url, "collective", f"restore:partners:{row['_id']}")
    assert way.visitor.get(f"{url}/collective").json_body["fields"]["partners"] == before
    body = {"row": f"partners.{row['_id']}", "fields": {}, "seen": inner["seen"]}
    emptied = way.visitor.send(f"{url}/collective", body).json_body
    assert (emptied["fields"]["partners"], emptied["seen"]) == (before[1:], "")


def test_a_row_that_was_just_emptied_keeps_its_choices_in_the_other_language(way: Journey) -> None:
    url = filled(way)
    path = f"{url}/collective"
    before = way.visitor.get(path).json_body["fields"]["partners"]
    row = before[0]
    page = way.visitor.page(f"{path}?row=partners.{row['_id']}&lang=fr").body.decode()
    turned = way.visitor.submit(path, [*hidden(page).items(), ("name", ""), ("do", "lang:en")])
    page = way.visitor.page(f"{url}/{where(turned)}").body.decode()
    for key in ("sector", "commitment"):
        assert picked(page)[key] == row[key]
    assert f'value="{row["name"]}"' not in page, "it was emptied"
    again = [*hidden(page).items(), *picked(page).items()]
    way.visitor.submit(path, [*again, ("name", ""), ("do", "done")])
    assert way.visitor.get(path).json_body["fields"]["partners"] == before[1:]
    way.visitor.submit(path, [*again, ("name", row["name"]), ("do", "done")])
    assert way.visitor.get(path).json_body["fields"]["partners"] == before


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("row", ["", "partners.abc123"])
def test_a_section_that_is_too_long_is_given_back_with_its_true_limit(
    way: Journey, row: str, lang: Lang
) -> None:
    url, other = filled(way), other_language(lang)
    place = f"{url}/collective?lang={lang}" + (f"&row={row}" if row else "")
    before = way.visitor.get(f"{url}/collective").json_body
    key, typed = ("name", "é" * 30_000) if row else ("collective_name", "Où? & <quoi>" * 6_000)
    fields = {**hidden(way.visitor.page(place).body.decode()), key: typed}
    limit, unit = ROW_BYTES // len(section_ids("eoi")) // 1000, {"fr": "ko", "en": "kB"}
    for do, shown in (("continue", lang), ("lang:" + other, other)):
        answer = way.visitor.submit(f"{url}/collective", list({**fields, "do": do}.items()))
        page = answer.body.decode()
        assert answer.status_code == 413
        assert f'<html lang="{shown}-CA">' in page
        assert f"{limit}\u00a0{unit[shown]}" in page
        assert page.count(html.escape(typed)) == 1, "in its field, to be shortened"
        assert hidden(page)["seen"] == fields["seen"]
        assert f'name="{key}"' in page
        assert way.visitor.get(f"{url}/collective").json_body == before
        fields |= hidden(page)
    shorter = {**fields, key: "Plus court"}
    pressed = way.visitor.submit(f"{url}/collective", [*shorter.items(), ("do", "save")])
    assert pressed.status_code == 303
    kept = way.visitor.get(f"{url}/collective").json_body["fields"]
    assert (kept["partners"][-1]["name"] if row else kept[key]) == "Plus court"
    script = way.visitor.send(
        f"{url}/collective?lang={lang}",
        {"version": 9, "fields": {key: typed}} | ({"row": "partners.def456"} if row else {}),
    )
    assert script.status_code == 413
    assert f"{limit}\u00a0{unit[lang]}" in script.json_body["detail"]


def test_a_wrong_answer_is_saved_shown_once_and_stops_nobody(way: Journey) -> None:
    url = begun(way)
    refused = press(way, url, "contact", "continue", contact_email="ada@")
    assert where(refused).startswith("contact?check=wrong")
    page = way.visitor.page(f"{url}/{where(refused)}").body.decode()
    assert 'value="ada@"' in page
    assert 'id="f-contact-email-error"' in page
    assert where(press(way, url, "contact", "continue", "&check=1", contact_email="ada@")) == (
        "organization?lang=fr"
    )


def test_a_choice_brings_its_question_on_the_next_page(way: Journey) -> None:
    url = begun(way)
    more = press(way, url, "organization", "continue", org_status="registered_charity")
    assert where(more).startswith("organization?part=more")
    page = way.visitor.page(f"{url}/{where(more)}").body.decode()
    assert re.findall(r'<input type="text" id="[^"]+" name="(\w+)"', page) == ["org_bn"]
    done = press(way, url, "organization", "continue", "&part=more", org_bn="123456782RR0001")
    assert where(done) == "collective?lang=fr"
    kept = way.visitor.get(f"{url}/organization").json_body["fields"]
    assert (kept["org_status"], kept["org_bn"]) == ("registered_charity", "123456782RR0001")


def test_changing_the_language_keeps_what_was_typed_on_every_kind_of_form(way: Journey) -> None:
    url = begun(way)
    other = press(way, url, "contact", "lang:en", contact_title="Typed, not sent")
    assert "Typed, not sent" in way.visitor.page(f"{url}/{where(other)}").body.decode()
    for path in ("/forms/eoi", "/forms/assessment", "/newsletter"):
        field = {"/newsletter": "email"}.get(path, "org_city")
        field = {"/forms/assessment": "send_to_email"}.get(path, field)
        answer = way.visitor.submit(path, [(field, "abc@"), ("lang", "fr"), ("_switch", "en")])
        page = answer.body.decode()
        assert answer.status_code == 200, path
        assert 'lang="en-CA"' in page[:60]
        assert 'value="abc@"' in page
    assert not way.store.kinds("case")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ({"start_date": "09/10/2027"}, {"fr": "2027-10-09", "en": ""}),
        ({"start_date": "25/10/2027"}, {"fr": "2027-10-25", "en": "2027-10-25"}),
        ({"start_date": "1er octobre 2027"}, {"fr": "2027-10-01", "en": "2027-10-01"}),
        ({"fid_fiscal_year_end": "3/9"}, {"fr": "09-03", "en": ""}),
        ({"fid_annual_budget": "1,500"}, {"fr": 1500_00, "en": 1500_00}),
        ({"fid_annual_budget": "1 500,00"}, {"fr": 1500_00, "en": 1500_00}),
    ],
)
def test_an_answer_is_read_as_where_it_was_typed_whoever_looks_and_sends(
    way: Journey, typed: dict[str, str], read: dict[Lang, Any], lang: Lang
) -> None:
    url, there = filled(way, "application"), other_language(lang)
    (key,) = typed
    name = next(n for n in section_ids("application") if key in part("application", n))
    singles = {f["key"] for f in section_of("application", name)["fields"] if f["type"] != "rows"}
    given = {k: v for k, v in part("application", name, **typed).items() if k in singles}
    # A colleague saves the page without a change of it, by its button and by its script.
    for at in (lang, there):
        page = way.visitor.page(f"{url}/{name}?lang={at}").body.decode()
        pairs = [*hidden(page).items(), *samples.as_html(given), ("do", "continue")]
        assert way.visitor.submit(f"{url}/{name}", pairs).status_code == 303
        given = {
            k: v
            for k, v in way.visitor.get(f"{url}/{name}").json_body["fields"].items()
            if k in singles
        }
    kept = way.visitor.get(f"{url}/{name}").json_body
    body = {k: kept[k] for k in ("version", "seen", "fields")}
    assert way.visitor.send(f"{url}/{name}?lang={there}", body).status_code == 200
    check = way.visitor.page(f"{url}/check?lang={there}").body.decode()
    answer = way.visitor.submit(f"{url}/check", list(hidden(check).items()))
    if read[lang]:
        assert answer.status_code == 303
        (case,) = way.store.kinds("case")
        assert case["application"][key] == read[lang]
        return
    assert answer.status_code == 422
    asks = {"fr": "S’agit-il du", "en": "Is this"}
    for each in (check, answer.body.decode()):
        assert asks[there] in html.unescape(each)
    assert f'id="f-{key.replace("_", "-")}-read"' not in page, (
        "nor does the page say how it is read"
    )


def test_warnings_are_shown_before_sending_to_whoever_can_mend_them(way: Journey) -> None:
    url = filled(way, org_postal_code="V5K 0A1")
    check = way.visitor.page(f"{url}/check?lang=fr").body.decode()
    assert "Envoyer quand même" in check
    assert re.search(r"organization\?from=check[^\"]*#f-org-postal-code", check)
    assert (
        "Soumettre la déclaration" in way.visitor.page(f"{filled(way)}/check?lang=fr").body.decode()
    )


def test_the_answers_of_another_section_are_copied_by_a_box(way: Journey) -> None:
    url = begun(way, "application", uninvited="1")
    way.visitor.send(f"{url}/applicant", {"version": 0, "fields": part("application", "applicant")})
    press(way, url, "fiduciary_lead", "continue", same="lead", signing_authority_same="yes")
    kept = way.visitor.get(f"{url}/fiduciary_lead").json_body["fields"]
    assert (kept["fid_lead_email"], kept["signing_authority_same"]) == (ADA, "yes")


def test_a_link_for_later_goes_by_mail_is_reminded_once_and_kept_longer(way: Journey) -> None:
    url = filled(way)
    way.visitor.submit(f"{url}/later", [("email", ADA), ("lang", "fr")])
    way.deliver()
    mail = way.mailer.to(ADA)[-1]
    assert f"/draft/{token(mail.text, 'draft')}" == url
    assert not [row for row in way.store.kinds("letter") if "address" in row]
    way.clock.pass_(seconds=RETENTION.total_seconds() - 14 * DAY + 3600)
    assert way.service.mail.outbox.sweep() == {"reminded": 1}
    way.deliver()
    assert way.mailer.to(ADA)[-1].subject == "Votre formulaire commencé sera bientôt effacé"
    way.visitor.submit(url, [("do", "extend")])
    way.clock.pass_(seconds=20 * DAY)
    way.deliver()
    assert len(way.mailer.to(ADA)) == 2
    assert "Tremblay" in way.visitor.page(f"{url}/contact").body.decode()


def test_a_colleague_has_a_link_of_their_own_and_leaves_their_name(way: Journey) -> None:
    url = filled(way)
    way.visitor.submit(f"{url}/colleagues", [("email", "zoe@example.org"), ("name", "Zoé Roy")])
    way.deliver()
    theirs = f"/draft/{token(way.mailer.to('zoe@example.org')[-1].text, 'draft')}"
    assert theirs != url
    press(way, theirs, "contact", "continue", contact_title="Autre")
    assert "Zoé Roy" in way.visitor.page(f"{url}/contact?lang=fr").body.decode()
    editor = re.findall(
        r'name="remove" value="(\w+)"', way.visitor.page(f"{url}/colleagues").body.decode()
    )
    assert "elle seule peut le supprimer" in way.visitor.page(f"{theirs}/delete").body.decode()
    assert way.visitor.submit(f"{theirs}/delete", [("confirm", "on")]).status_code == 422
    way.visitor.submit(f"{url}/colleagues", [("remove", editor[0])])
    assert way.visitor.page(f"{theirs}/contact").status_code == 410


def test_a_link_that_was_seen_by_others_is_replaced_and_opens_nothing_any_more(
    way: Journey,
) -> None:
    url = filled(way)
    same = way.visitor.submit(f"{url}/colleagues", [("renew", "1")])
    assert url in same.headers["Location"], "nobody could be sent another one"
    way.visitor.submit(f"{url}/later", [("email", ADA), ("lang", "fr")])
    way.deliver()
    page = way.visitor.page(f"{url}/colleagues?lang=fr").body.decode()
    assert "Remplacer mon lien" in page
    moved = way.visitor.submit(f"{url}/colleagues", [("renew", "1"), ("lang", "fr")])
    fresh = "/draft/" + moved.headers["Location"].partition("/draft/")[2].partition("/")[0]
    assert fresh != url
    assert way.visitor.page(f"{url}/contact").status_code == 410
    assert way.visitor.submit(f"{url}/contact", [("contact_title", "x")]).status_code == 410
    assert "Tremblay" in way.visitor.page(f"{fresh}/contact").body.decode()
    assert (
        "l’ancien n’ouvre plus rien"
        in way.visitor.page(f"{fresh}/colleagues?done=renewed&lang=fr").body.decode()
    )
    way.deliver()
    assert f"/draft/{token(way.mailer.to(ADA)[-1].text, 'draft')}" == fresh
    assert way.visitor.submit(f"{fresh}/delete", [("confirm", "on")]).status_code == 200


def test_a_draft_that_its_author_deletes_opens_nothing(way: Journey) -> None:
    url = filled(way)
    assert way.visitor.submit(f"{url}/delete", []).status_code == 422
    for _ in range(2):
        pressed = way.visitor.submit(f"{url}/delete", [("confirm", "on")])
        assert pressed.status_code == 200
    assert way.visitor.submit(f"{url}/delete", []).status_code == 410
    assert not way.store.kinds("draft")
    assert way.visitor.page(f"{url}/contact").status_code == 410


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_typed_after_the_end_of_a_draft_is_shown_in_the_language_of_its_page(
    way: Journey, lang: str
) -> None:
    url = filled(way)
    page = way.visitor.page(f"{url}/contact?lang={lang}").body.decode()
    way.visitor.submit(f"{url}/delete", [("confirm", "on")])
    late = {**hidden(page), "contact_title": "Too late to be kept"}
    for path in (f"{url}/contact", url):
        answer = way.visitor.submit(path, list(late.items()))
        assert answer.status_code == 410
        assert f'lang="{lang}-CA"' in answer.body.decode()
        assert "Too late to be kept" in answer.body.decode()


OVER: dict[str, dict[Lang, str]] = {
    "late": {"fr": "Il était gardé jusqu’au", "en": "It was kept until"},
    "deleted": {"fr": "Il a été supprimé, ou", "en": "It was deleted, or"},
    "gone": {"fr": "Il a été supprimé, ou", "en": "It was deleted, or"},
    "sent": {"fr": "Ce formulaire est envoyé", "en": "This form is sent"},
    "replaced": {"fr": "Ce lien a été remplacé par", "en": "This link was replaced by"},
    "strange": {"fr": "Le lien est incomplet", "en": "The link is incomplete"},
}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("state", OVER)
def test_a_link_that_opens_nothing_any_more_says_why_and_what_is_next(
    way: Journey, state: str, lang: Lang
) -> None:
    url, key = filled(way), next(k for k in way.store.items if k[0].startswith("DRAFT#"))
    link = f"{url}x" if state == "strange" else url
    if state == "replaced":
        way.visitor.submit(f"{url}/later", [("email", ADA)])
        way.visitor.submit(f"{url}/colleagues", [("renew", "1")])
    if state == "deleted":
        way.visitor.submit(f"{url}/delete", [("confirm", "on")])
    if state == "sent":
        way.visitor.submit(f"{url}/check", [])
    if state in ("late", "gone"):
        way.clock.pass_(seconds=RETENTION.total_seconds() + DAY)
    if state == "gone":
        del way.store.items[key]
    begins = state in ("late", "deleted", "gone")
    for path in ("", "/contact", "/tasks", "/check"):
        answer = way.visitor.page(f"{link}{path}?lang={lang}")
        page = html.unescape(answer.body.decode())
        assert OVER[state][lang] in page, path
        assert answer.status_code == {"sent": 200, "strange": 404}.get(state, 410)
        assert (f'/forms/eoi?lang={lang}"' in page) == begins
        assert "Tremblay" not in page
    told = way.visitor.get(f"{link}/contact?lang={lang}")
    assert told.status_code == (404 if state == "strange" else 410)
    assert state == "sent" or OVER[state][lang] in told.json_body["detail"]


def test_a_page_that_others_are_always_before_is_given_back_in_words_for_saving(
    way: Journey,
) -> None:
    url = filled(way)
    page = hidden(way.visitor.page(f"{url}/collective?lang=fr&row=partners.ab12").body.decode())
    key = next(k for k in way.store.items if k[0].startswith("DRAFT#"))

    def changed(writes: object) -> None:
        way.store.items[key]["v_collective"] += 1

    way.store.before = changed
    answer = way.visitor.submit(f"{url}/collective", [*page.items(), ("name", "École à moi")])
    way.store.before = lambda _: None
    shown = html.unescape(answer.body.decode())
    assert answer.status_code == 409
    assert 'value="École à moi"' in shown
    assert "n’a pas été fait" in shown
    assert "envoyé" not in shown.partition("<main")[2].partition("</main")[0]


def test_what_is_typed_after_the_sending_is_shown_and_not_lost(way: Journey) -> None:
    url = filled(way)
    page = way.visitor.page(f"{url}/contact?lang=fr").body.decode()
    way.visitor.submit(f"{url}/check", [])
    late = {**hidden(page), "contact_title": "Too late to be sent"}
    answer = way.visitor.submit(f"{url}/contact", list(late.items()))
    assert answer.status_code == 409
    assert "Too late to be sent" in answer.body.decode()


def test_one_mistake_brings_no_more_rows_than_were_typed_and_one(way: Journey) -> None:
    one = samples.application(team=samples.application()["team"][:1])
    blank = [(f"team[{n}].{key}", "") for n in range(1, 5) for key in ("first_name", "title")]
    pairs = [*samples.as_html(one), *blank, ("uninvited", "1")]
    page = way.visitor.submit("/forms/application", pairs).body.decode()
    assert page.count('<fieldset class="row field">') == 2


def test_a_row_that_was_removed_is_put_back_where_it_was(way: Journey) -> None:
    url = filled(way)
    for name in ("Maison des jeunes", "Centre Bleu"):
        there = where(press(way, url, "collective", "add:partners"))
        inner = hidden(way.visitor.page(f"{url}/{there}").body.decode())
        given = {**inner, "name": name, "sector": "public", "commitment": "invited", "do": "done"}
        way.visitor.submit(f"{url}/collective", list(given.items()))

    def rows() -> list[str]:
        page = way.visitor.page(f"{url}/collective?lang=fr").body.decode()
        return re.findall(r'value="remove:partners:([^"]+)"', page)

    before = rows()
    second, third = before[-2], before[-1]
    answer = press(way, url, "collective", f"remove:partners:{second}")
    assert rows() == [one for one in before if one != second]
    shown = way.visitor.page(f"{url}/{where(answer).partition('#')[0]}").body.decode()
    assert "Ligne retirée\u00a0: Maison des jeunes" in shown
    press(way, url, "collective", f"restore:partners:{second}")
    assert rows() == before
    press(way, url, "collective", f"restore:partners:{second}")
    assert rows() == before, "twice is once"
    press(way, url, "collective", f"remove:partners:{second}")
    press(way, url, "collective", f"remove:partners:{third}")
    press(way, url, "collective", f"restore:partners:{second}")
    assert rows() == before[:-2], "another one was taken out since"


@pytest.mark.parametrize("lang", LANGS)
def test_the_sums_of_a_budget_are_shown_before_it_is_sent(way: Journey, lang: str) -> None:
    url = filled(way, "application")
    sums = {
        "fr": (
            "Total des dépenses</dt><dd>10\u00a0000\u00a0$",
            "Total demandé</dt><dd>8\u00a0000\u00a0$",
        ),
        "en": ("Total expenses</dt><dd>$10,000", "Total requested</dt><dd>$8,000"),
    }
    for page in ("budget", "check"):
        shown = way.visitor.page(f"{url}/{page}?lang={lang}").body.decode()
        for each in sums[lang]:
            assert each in shown, page


@pytest.mark.parametrize("lang", LANGS)
def test_the_notice_with_its_policy_stands_before_the_box_that_agrees(
    way: Journey, lang: str
) -> None:
    policy = {"fr": "https://www.example.org/fr/confidentialite",
              "en": "https://www.example.org/en/privacy"}[lang]  # fmt: skip
    url = begun(way)
    pages = [way.visitor.page(f"{url}/consents?lang={lang}"),
             way.visitor.submit("/forms/eoi", [("lang", lang), ("org_city", "Laval")]),
             way.visitor.page(f"/forms/eoi?blank=1&lang={lang}")]  # fmt: skip
    for at, page in enumerate(pages):
        shown = page.body.decode()
        link = shown.index(f'<a href="{policy}"')
        assert link < shown.index("consent_privacy" if at < 2 else "</details>", link)
        assert "consent_privacy" not in shown[:link]


def test_a_script_keeps_a_row_and_is_told_of_both_versions(way: Journey) -> None:
    url = filled(way)
    row = "partners.abc123"
    first = way.visitor.send(f"{url}/collective", {"row": row, "fields": {"name": "École"}})
    assert first.status_code == 200, first.body
    kept = first.json_body["fields"]["partners"]
    assert [each["name"] for each in kept if each["_id"] == "abc123"] == ["École"]
    seen = first.json_body["seen"]
    blank = way.visitor.send(f"{url}/collective", {"row": "partners.ffff", "fields": {"name": ""}})
    assert [blank.status_code, blank.json_body["seen"]] == [200, ""]
    given = {"row": row, "seen": seen, "fields": {"name": "École du Parc"}}
    assert way.visitor.send(f"{url}/collective", given).status_code == 200
    late = way.visitor.send(f"{url}/collective", {**given, "fields": {"name": "Une autre"}})
    assert late.status_code == 409
    assert late.json_body["disputed"] == ["name"]
    unknown = way.visitor.send(f"{url}/collective", {"row": "nothing.a", "fields": {}})
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"fields": {"contact_nmae": "x"}}, "contact_nmae"),
        ({"fields": {"partners": [{"name": "A"}, {"nmae": "B"}]}}, "partners[1].nmae"),
        ({"row": "partners.abc", "fields": {"nmae": "B"}}, "nmae"),
    ],
)
def test_a_script_is_told_of_a_name_that_nothing_has_in_rows_too(
    way: Journey, sent: dict[str, Any], field: str
) -> None:
    url = begun(way)
    told = way.visitor.send(f"{url}/collective", {"version": 0, **sent})
    assert told.status_code == 422
    assert [(e["field"], e["code"]) for e in told.json_body["errors"]] == [(field, "unknown_field")]
    assert way.visitor.get(f"{url}/collective").json_body["fields"] == {}


PAUSE = {
    "status": "paused",
    "reopens": "2030-09-01",
    "words": {"fr": "Le cycle est complet.", "en": "The cycle is full."},
}


def test_a_paused_form_says_so_everywhere_and_what_is_typed_stays(way: Journey) -> None:
    url = filled(way)
    edits.lay({"intake/eoi": (1, PAUSE)})
    way.store.items["EDITS", "EDITS"] = {"number": 1, "edits": packed({"intake/eoi": (1, PAUSE)})}
    for shard in range(MARK_SHARDS):
        way.store.items[mark_key(shard)] = {"number": 1}
    way.clock.pass_(minutes=1)
    fr, en = "Le cycle est complet. Date de réouverture : 1", "The cycle is full. The form opens"
    for path in ("/forms/eoi", "/kit/eoi", f"{url}/tasks", f"{url}/check"):
        for lang, said in (("fr", fr), ("en", en)):
            query = "&whole=1" if "forms" in path else ""
            assert said in way.visitor.page(f"{path}?lang={lang}{query}").body.decode(), path
    assert way.visitor.get("/forms/eoi?lang=fr").json_body["paused"].startswith(fr)
    refused = way.visitor.send("/forms/eoi?lang=en", samples.eoi())
    assert refused.status_code == 409
    assert refused.json_body["detail"] == f"{en} again on September 1, 2030."
    kept = press(way, url, "contact", "continue", contact_phone="514-555-0199")
    assert kept.status_code == 303, "a draft is saved as before"
    page = way.visitor.submit(f"{url}/check", [("lang", "fr")])
    assert (page.status_code, fr in page.body.decode()) == (409, True)
    typed = way.visitor.submit(
        "/forms/eoi", samples.as_html(samples.eoi(org_legal_name="Mon organisme"))
    )
    assert "Mon organisme" in typed.body.decode(), "what a browser sent is shown again"


@pytest.mark.parametrize("size", [3, 9, 21, 40])
@pytest.mark.parametrize("kind", ["choice", "choices"])
def test_a_list_ticks_what_was_chosen_and_nothing_else(kind: str, size: int) -> None:
    """However many there are, and whether some of them are folded."""
    options = [{"id": f"o{n}", "label": f"Option {n}"} for n in range(size)]
    field = {"key": "list", "type": kind, "label": "List", "required": False, "options": options}
    macro: Any = vars(environment().get_template("pages/_fields.html").module)["one"]
    last = f"o{size - 1}"
    several = [["o0", last]] if kind == "choices" else []
    for chosen in ([], ["o1"], [last], *several):
        value = chosen if kind == "choices" else "".join(chosen)
        html = str(macro(field, "list", value, {}, "fr", []))
        ticked = re.findall(r'value="(o\d+)"(?: checked| selected)', html)
        assert ticked == chosen


@pytest.mark.parametrize("version", [int("9" * 39), 10**9, -1, True, 1.0, "1", None])
def test_a_version_that_is_none_of_ours_is_refused_as_malformed(way: Journey, version: Any) -> None:
    url = begun(way, uninvited="1")
    body = {"version": version, "fields": {}}
    assert way.visitor.send(f"{url}/contact", body).status_code == 400
    pairs = [("version", str(version)), ("do", "continue")]
    assert way.visitor.submit(f"{url}/contact", pairs).status_code == 303


def test_what_is_too_long_beside_the_answers_is_said_to_be(way: Journey) -> None:
    long = "x" * 70_000
    for name in ("redirect", "invite", "ref"):
        given = {"form": "eoi", "uninvited": "1", name: long}
        assert way.visitor.send("/draft", given).status_code == 413
    url = begun(way, uninvited="1")
    pairs = [("notice", long), ("do", "continue")]
    assert way.visitor.submit(f"{url}/contact", pairs).status_code == 413


@pytest.mark.parametrize(("lang", "error"), [("fr", "Erreur"), ("en", "Error")])
def test_whoever_is_asked_whether_they_are_a_person_is_led_to_the_question(
    way: Journey, lang: str, error: str
) -> None:
    links = " ".join(f"https://example.org/{number}" for number in range(9))
    url = filled(way, issue_summary=links)
    before = way.visitor.page(f"{url}/check?lang={lang}").body.decode()
    assert f"<title>{error}" not in before
    asked = way.visitor.submit(f"{url}/check", list(hidden(before).items()))
    page = asked.body.decode()
    assert asked.status_code == 422
    assert f"<title>{error}" in page
    assert page.count(" autofocus") == 1
    summary = page.partition('role="alert" tabindex="-1" autofocus>')[2].partition("</div>")[0]
    assert 'href="#f-person"' in summary
    assert page.count('id="f-person"') == 1
    pairs = [*hidden(page).items(), ("person", "on")]
    assert way.visitor.submit(f"{url}/check", pairs).status_code == 303


def test_whatever_stops_the_sending_is_said_where_the_page_opens(way: Journey) -> None:
    url = begun(way, uninvited="1")
    page = way.visitor.submit(f"{url}/check", [("lang", "fr")]).body.decode()
    assert "<title>Erreur" in page
    assert page.count(" autofocus") == 1
