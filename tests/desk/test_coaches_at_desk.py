"""The directory at the desk: each coach by a form, all by a sheet; nothing undone unseen."""

import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from chalice.test import HTTPResponse
from openpyxl import Workbook

from chalicelib import content
from chalicelib.coaches.coach import Coach
from chalicelib.coaches.directory import sheets
from chalicelib.coaches.edition import Edition
from chalicelib.coaches.editions import EditionStore
from chalicelib.coaches.keeping import CoachKeeping, Typed, shown_columns
from chalicelib.coaches.proposals import EDITABLE_COLUMNS
from chalicelib.coaches.publishing import DirectoryPublishing
from chalicelib.core.typed_text import REMARKS_LIMIT
from chalicelib.desk import log
from chalicelib.desk.kept import KeptForms
from chalicelib.web.request import ASKS_DATES
from fakes import MemoryObjects
from journey import Journey
from sample_coaches import MIREILLE, PRIVATE
from staff_browser import StaffBrowser, form_of
from tests.desk.test_programme import signed_in

PAGE = f"/desk/coach/{MIREILLE}"
IMPORT = "/desk/coaches/import"


@pytest.fixture
def rita(way: Journey, published: Edition) -> StaffBrowser:
    return signed_in(way, "manager")


def now(way: Journey, slug: str = MIREILLE) -> Coach:
    found = way.service.coaches.upkeep.coach(slug)
    assert found is not None
    return found


def fields_of(page: HTTPResponse) -> list[tuple[str, str]]:
    """What a browser sends of the form that saves, as it stands."""
    form = page.body.decode().partition('value="save">')[2].partition("</form>")[0]
    found = [("act", "save")]
    for tag, name, rest in re.findall(
        r'<(input|textarea|select)\b[^>]* name="([^"]+)"([^>]*>)', form
    ):
        del rest, tag
        if name not in dict(found) or name in (
            "serves",
            "modes",
            "languages",
            "streams",
            "sectors",
        ):
            found += [(name, one) for one in values_of(form, name) if (name, one) not in found]
    return [("nonce", form_of(page)), *found]


def values_of(form: str, name: str) -> list[str]:
    boxes = re.findall(
        rf'<input type="(?:checkbox|radio)"[^>]* name="{name}" value="([^"]*)"( checked)?', form
    )
    if boxes:
        return [value for value, checked in boxes if checked]
    area = re.search(rf'<textarea[^>]* name="{name}"[^>]*>([^<]*)', form)
    select = re.search(rf'<select[^>]* name="{name}"[^>]*>(.*?)</select>', form, re.DOTALL)
    if select:
        return re.findall(r'value="([^"]*)" selected', select[1]) or [""]
    given = re.search(rf'name="{name}" value="([^"]*)"', form)
    return [unescape(area[1] if area else given[1] if given else "")]


def saved(browser: StaffBrowser, page: HTTPResponse, **typed: str) -> HTTPResponse:
    kept = [pair for pair in fields_of(page) if pair[0] not in typed]
    return browser.post(PAGE, *kept, *typed.items())


def noted(way: Journey) -> dict[str, Any]:
    return {row["what"]: row["facts"]["whose"] for row in log.of_month(way.store, "2026-03")}


def test_the_table_is_searched_sorted_and_paged_in_as_many_calls_whatever_is_in_it(
    rita: StaffBrowser, way: Journey
) -> None:
    page = rita.get("/desk/coaches").body.decode()
    assert page.count("<tr>") == 11
    assert "Page 1 sur 6" in page
    assert rita.get("/desk/coaches?page=6").body.decode().count("<tr>") == 11
    found = rita.get("/desk/coaches?q=trembl+mireil").body.decode()
    assert found.count("<tr>") == 2
    assert f'href="{way.service.parts.settings.public_url}{PAGE}"' in found
    assert "Personne ne correspond" in rita.get("/desk/coaches?q=zzz").body.decode()
    assert "Personne ne correspond" in rita.get("/desk/coaches?status=archived").body.decode()
    for odd in ("page=99999999", "page=-1", "order=x", "status=x", "q=" + "a" * 3000):
        assert rita.get(f"/desk/coaches?{odd}").status_code == 200, odd


def test_a_form_that_is_sent_as_it_stands_changes_nothing(rita: StaffBrowser, way: Journey) -> None:
    before = way.service.coaches.editions.current()
    for coach in way.service.coaches.editions.catalogue(before)[:12]:
        page = rita.get(f"/desk/coach/{coach.slug}")
        told = rita.post(f"/desk/coach/{coach.slug}", *fields_of(page))
        assert told.headers["Location"].endswith("?done=same"), coach.slug
    assert way.service.coaches.editions.current() == before


def test_a_coach_is_changed_and_the_public_sees_it_and_the_log_says_by_whom(
    rita: StaffBrowser, way: Journey
) -> None:
    told = saved(rita, rita.get(PAGE), city="Rimouski", rate_note="Pro bono")
    assert told.headers["Location"].endswith("?done=saved"), told.body
    assert (now(way).city, now(way).rate_note) == ("Rimouski", "Pro bono")
    way.clock.pass_(minutes=1)
    public = way.visitor.page(f"/coaches/{MIREILLE}").body.decode()
    assert "Rimouski" in public
    assert "Pro bono" not in public
    assert noted(way) == {"coach_saved": f"{now(way).first_name} {now(way).last_name}"}


@pytest.mark.parametrize(
    ("typed", "place"),
    [({"email": "x"}, "email"), ({"first_name": ""}, "first-name"), ({"province": "ZZ"}, "province"),
     ({"last_verified_at": "2099-01-01"}, "last-verified-at"),
     ({"last_verified_at": "03/02/2026", ASKS_DATES: "1"}, "last-verified-at"), ({"bio_fr": "", "bio_en": ""}, "bio-fr"),
     ({"consent_publication": "demain"}, "consent-publication"), ({"languages": "tlh"}, "languages"),
     ({"status": "published", "consent_publication": ""}, "consent-publication")],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(
    rita: StaffBrowser, way: Journey, typed: dict[str, str], place: str
) -> None:
    told = saved(rita, rita.get(PAGE), **typed, city="Ailleurs")
    assert told.status_code == 422
    assert f'href="#f-{place}"' in told.body.decode()
    assert 'value="Ailleurs"' in told.body.decode()
    assert now(way).city != "Ailleurs"


def test_two_who_change_a_coach_at_once_lose_nothing(rita: StaffBrowser, way: Journey) -> None:
    first, second = rita.get(PAGE), rita.get(PAGE)
    assert saved(rita, first, city="Rimouski", title_fr="Facilitatrice").status_code == 303
    assert saved(rita, second, organization="Coop Nord").status_code == 303
    assert (now(way).city, now(way).organization) == ("Rimouski", "Coop Nord")
    third = rita.get(PAGE)
    assert saved(rita, third, city="Sept-Îles").status_code == 303
    told = saved(rita, second, city="Gaspé", phone="514 555-0111")
    assert told.status_code == 409
    text = told.body.decode()
    assert "Sept-Îles" in text
    assert 'value="Gaspé"' in text
    assert 'value="514 555-0111"' in text
    assert now(way).city == "Sept-Îles"
    assert saved(rita, told).status_code == 303, "who has seen both may decide"
    assert (now(way).city, now(way).organization) == ("Gaspé", "Coop Nord")


def test_what_a_coach_changes_while_staff_write_stays(rita: StaffBrowser, way: Journey) -> None:
    page, upkeep = rita.get(PAGE), way.service.coaches.upkeep
    upkeep.edit(MIREILLE, {"city": "Matane"}, by=MIREILLE, why="own changes")
    assert saved(rita, page, organization="Coop Nord").status_code == 303
    assert (now(way).city, now(way).organization) == ("Matane", "Coop Nord")
    assert "Ville (2" in rita.get(PAGE).body.decode(), "the form says what is the coach’s own"


def test_a_coach_is_added_under_an_address_of_their_own(rita: StaffBrowser, way: Journey) -> None:
    noe = {"first_name": "Noé", "last_name": "Œuvré", "phone": None}
    given = {**shown_columns(now(way)), **noe}
    pairs = [
        (name, str(one))
        for name, value in given.items()
        if value not in (None, False, True) and name != "slug"
        for one in (value if isinstance(value, list) else [value])
    ]
    form = ("nonce", form_of(rita.get("/desk/coach")))
    told = rita.post("/desk/coach", form, *pairs)
    assert told.headers["Location"].endswith("/desk/coach/noe-oeuvre?done=added"), told.body
    again = rita.post("/desk/coach", form, *pairs)
    assert again.status_code == 422
    assert 'href="#f-slug"' in again.body.decode()
    assert len(way.service.coaches.editions.catalogue(way.service.coaches.editions.current())) == 61


def test_a_proposal_is_published_or_sent_back_once(rita: StaffBrowser, way: Journey) -> None:
    proposals = way.service.coaches.proposals
    stands = shown_columns(now(way))
    fields = {name: stands[name] for name in EDITABLE_COLUMNS if stands[name] is not None}
    assert proposals.propose(now(way), {**fields, "city": "Matane"}, "fr")
    assert f"{PAGE}#proposal" in rita.get("/desk/coaches").body.decode()
    page = rita.get(PAGE)
    assert "Matane" in page.body.decode()
    judge = (("nonce", form_of(page)), ("act", "judge"), ("version", "1"))
    assert rita.post(PAGE, *judge).status_code == 422
    assert rita.post(PAGE, *judge, ("decision", "return")).status_code == 422
    old = rita.post(PAGE, *judge[:2], ("version", "9"), ("decision", "publish"))
    assert old.status_code == 409
    told = rita.post(PAGE, *judge, ("decision", "publish"))
    assert told.headers["Location"].endswith("done=published")
    assert now(way).city == "Matane"
    assert rita.post(PAGE, *judge, ("decision", "publish")).status_code == 409
    assert proposals.waiting() == []
    assert proposals.propose(now(way), {**fields, "city": "Gaspé"}, "fr")
    long = ("remarks", "é" * (REMARKS_LIMIT + 1))
    refused = rita.post(PAGE, *judge[:2], ("version", "2"), ("decision", "return"), long)
    assert refused.status_code == 422
    assert long[1] in refused.body.decode(), "nothing of it is cut off"
    given = (("version", "2"), ("decision", "return"), ("remarks", "Pas encore."))
    assert rita.post(PAGE, *judge[:2], *given).status_code == 303
    assert now(way).city == "Matane"
    assert {"coach_published", "coach_returned"} <= set(noted(way))
    way.deliver()
    assert any("Pas encore." in mail.text for mail in way.mailer.to(PRIVATE))


def test_who_took_their_page_down_and_comes_back_proposes_again(
    rita: StaffBrowser, way: Journey
) -> None:
    proposals, upkeep = way.service.coaches.proposals, way.service.coaches.upkeep
    stands = shown_columns(now(way))
    fields = {name: stands[name] for name in EDITABLE_COLUMNS if stands[name] is not None}
    assert proposals.propose(now(way), {**fields, "city": "Matane"}, "fr")
    upkeep.withdraw(now(way))
    assert proposals.waiting() == []
    way.clock.pass_(days=2)
    again = signed_in(way, "manager", confirmed=False)
    consent = {"status": "published", "consent_publication": "2026-03-04"}
    told = saved(again, again.get(PAGE), **consent)
    assert told.status_code == 303, told.body
    assert proposals.propose(now(way), {**fields, "city": "Gaspé"}, "fr")
    assert proposals.waiting() == [MIREILLE]


def test_a_coach_is_taken_out_with_a_code_and_a_tick_alone(
    way: Journey, published: Edition
) -> None:
    officer = signed_in(way, "officer", confirmed=False)
    form = (("nonce", form_of(officer.get(PAGE))), ("act", "remove"))
    told = officer.post(PAGE, *form, ("confirm", "on"))
    assert "/desk/account?next=" in told.headers["Location"]
    rita = signed_in(way, "officer")
    form = (("nonce", form_of(rita.get(PAGE))), ("act", "remove"))
    assert rita.post(PAGE, *form).status_code == 422
    assert rita.post(PAGE, *form, ("confirm", "on")).status_code == 303
    assert way.service.coaches.upkeep.coach(MIREILLE) is None
    assert rita.get(PAGE).status_code == 404
    assert list(noted(way)) == ["coach_removed"]


def brought(browser: StaffBrowser, name: str, data: bytes) -> HTTPResponse:
    """Send a sheet as a browser sends a file."""
    parts = [("nonce", form_of(browser.get(IMPORT))), ("act", "check"), ("lang", "fr")]
    body = b"".join(
        f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in parts
    )
    body += f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'.encode()
    body += b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n--x--\r\n"
    jar = "; ".join(f"{key}={value}" for key, value in browser.cookies.items())
    return browser.visitor.request(
        "POST", IMPORT, body, Content_Type="multipart/form-data; boundary=x", Accept="text/html",
        Sec_Fetch_Site="same-origin", Cookie=jar,
    )  # fmt: skip


def sheet_page(browser: StaffBrowser, coaches: list[Coach]) -> str:
    told = brought(browser, "coachs.csv", sheets.write(coaches))
    assert told.status_code == 303, told.body
    return told.headers["Location"].partition("/api")[2]


def publish(browser: StaffBrowser, path: str, *more: str) -> HTTPResponse:
    page = browser.get(path)
    after = re.search(r'name="after" value="([^"]*)"', page.body.decode())
    assert after, page.body
    sheet = parse_qs(urlsplit(path).query)["sheet"][0]
    ticks = [(name, "on") for name in ("confirm", *more)]
    form = [("nonce", form_of(page)), ("act", "publish"), ("sheet", sheet), ("after", after[1])]
    return browser.post(IMPORT, *form, *ticks)


def test_a_sheet_shows_what_it_changes_before_it_is_published(
    rita: StaffBrowser, way: Journey, coaches: tuple[Coach, ...]
) -> None:
    moved = coaches[0].model_copy(update={"city": "Laval"})
    path = sheet_page(rita, [moved, *coaches[2:]])
    page = rita.get(path).body.decode()
    assert "<del>Montréal</del> → <ins>Laval</ins>" in page
    assert "Ajouts\u00a0: 0; modifications\u00a0: 1; retraits\u00a0: 1" in page
    assert len(way.service.coaches.editions.restorable()) == 1
    assert publish(rita, path).headers["Location"].endswith("?done=imported")
    assert now(way, coaches[0].slug).city == "Laval"
    assert way.service.coaches.upkeep.coach(coaches[1].slug) is None
    assert noted(way) == {"coaches_imported": "coachs.csv: +0, ±1, −1"}
    told = rita.get(f"{IMPORT}?sheet=x")
    assert told.headers["Location"].endswith("?lost=1")


def published_first(way: Journey) -> str:
    return way.service.coaches.editions.restorable()[-1].id


def test_what_coaches_chose_themselves_stays_unless_staff_say_otherwise(
    rita: StaffBrowser, way: Journey, coaches: tuple[Coach, ...]
) -> None:
    upkeep = way.service.coaches.upkeep
    upkeep.edit(MIREILLE, {"city": "Matane"}, by=MIREILLE, why="own changes")
    path = sheet_page(rita, list(coaches))
    page = rita.get(path).body.decode()
    assert "Matane (la feuille a" in page
    assert "Rien ne change" not in page
    told = publish(rita, path, "overrule")
    assert told.status_code == 303
    assert now(way).city != "Matane"
    way.clock.pass_(minutes=1)
    upkeep.edit(MIREILLE, {"city": "Gaspé"}, by=MIREILLE, why="own changes")
    moved = [one.model_copy(update={"organization": "Coop Nord"}) for one in coaches]
    assert publish(rita, sheet_page(rita, moved)).status_code == 303
    assert (now(way).city, now(way).organization) == ("Gaspé", "Coop Nord")


def test_a_sheet_is_not_published_over_what_changed_since_it_was_shown(
    rita: StaffBrowser, way: Journey, coaches: tuple[Coach, ...]
) -> None:
    path = sheet_page(rita, list(coaches[1:]))
    page = rita.get(path)
    after = re.search(r'name="after" value="([^"]*)"', page.body.decode())
    assert after
    upkeep = way.service.coaches.upkeep
    upkeep.edit(MIREILLE, {"city": "Matane"}, by=MIREILLE, why="own changes")
    sheet = parse_qs(urlsplit(path).query)["sheet"][0]
    form = [("nonce", form_of(page)), ("act", "publish"), ("sheet", sheet), ("after", after[1])]
    assert rita.post(IMPORT, *form, ("confirm", "on")).status_code == 409
    unsure = rita.post(IMPORT, *form[:3], ("after", _after(rita, path)))
    assert unsure.status_code == 422
    assert now(way).city == "Matane"
    other = StaffBrowser(way.visitor)
    other.sign_in("sam.lee@example.org", way.mailer, way.deliver)
    assert way.service.desk.kept.of(sheet, "sam-lee") == [], "a sheet is its bringer’s alone"


def _after(browser: StaffBrowser, path: str) -> str:
    found = re.search(r'name="after" value="([^"]*)"', browser.get(path).body.decode())
    assert found
    return found[1]


def test_a_sheet_with_a_problem_anywhere_is_not_published_and_each_is_said_by_its_row(
    rita: StaffBrowser, way: Journey, coaches: tuple[Coach, ...]
) -> None:
    data = sheets.write(coaches).replace(b",QC,", b",ZZ,", 2)
    told = brought(rita, "c.csv", data)
    page = rita.get(told.headers["Location"].partition("/api")[2])
    assert "Ligne 2, colonne" in page.body.decode()
    assert 'name="after"' not in page.body.decode()
    for name, junk in (
        ("a.xlsx", b"PK\x03\x04x"),
        ("a.csv", b""),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ):
        assert brought(rita, name, junk).status_code == 422, name


def test_a_workbook_is_read_as_a_sheet_is(
    rita: StaffBrowser, way: Journey, coaches: tuple[Coach, ...], tmp_path: Any
) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    for line in sheets.write(coaches).decode("utf-8-sig").splitlines()[:1]:
        page.append(line.split(","))
    book.save(tmp_path / "c.xlsx")
    told = brought(rita, "c.xlsx", (tmp_path / "c.xlsx").read_bytes())
    assert "sheet=" in told.headers["Location"]


def test_a_kept_form_is_not_taken_for_a_sheet(rita: StaffBrowser, way: Journey) -> None:
    name = KeptForms(way.store, way.clock).keep("rita-roy", [("name", "Noor.csv"), ("act", "add")])
    told = rita.get(f"{IMPORT}?sheet={name}")
    assert (told.status_code, told.headers["Location"][-6:]) == (303, "lost=1")


def test_an_edition_is_restored_as_it_was_shown_and_what_coaches_changed_stays(
    rita: StaffBrowser, way: Journey, coaches: tuple[Coach, ...]
) -> None:
    way.clock.pass_(minutes=1)
    assert publish(rita, sheet_page(rita, list(coaches[:30]))).status_code == 303
    upkeep = way.service.coaches.upkeep
    way.clock.pass_(minutes=1)
    upkeep.edit(MIREILLE, {"city": "Matane"}, by=MIREILLE, why="own changes")
    listed = rita.get("/desk/coaches/editions").body.decode()
    first = published_first(way)
    assert f"edition={first}" in listed
    page = rita.get(f"/desk/coaches/editions?edition={first}")
    form = [("nonce", form_of(page)), ("edition", first)]
    after = ("after", re.search(r'name="after" value="([^"]*)"', page.body.decode())[1])  # type: ignore[index]
    assert rita.post("/desk/coaches/editions", *form, after).status_code == 422
    stale = rita.post("/desk/coaches/editions", *form, ("after", "x"), ("confirm", "on"))
    assert stale.status_code == 409
    told = rita.post("/desk/coaches/editions", *form, after, ("confirm", "on"))
    assert told.status_code == 303
    assert now(way).city == "Matane"
    assert now(way, coaches[59].slug)
    assert rita.post("/desk/coaches/editions", form[0], ("edition", "x")).status_code == 303


def test_why_an_edition_was_published_is_said_in_the_language_of_its_reader(
    rita: StaffBrowser, way: Journey, published: Edition
) -> None:
    whys = (
        "added a coach", "changed a coach", "removed a coach", "own changes", "confirmed",
        "withdrew", f"restored {published.id}",
    )  # fmt: skip
    pk, sk = published.key
    texts = content.desk()["coaches"]
    for why in whys:
        way.store.items[pk, sk]["why"] = why
        page = rita.get("/desk/coaches/editions").body.decode()
        assert f">{why}<" not in page
        assert texts[Edition.of(way.store.items[pk, sk]).why_key]["fr"] in page
    for name in ("feuille.csv", "restored coaches.csv"):
        way.store.items[pk, sk]["why"] = name
        assert f">{name}<" in rita.get("/desk/coaches/editions").body.decode()


def test_whatever_is_published_says_why_in_words_that_there_are() -> None:
    sources = [path.read_text("utf-8") for path in Path("chalicelib").rglob("*.py")]
    whys = {
        found
        for source in sources
        if "publish" in source or "keeping" in source
        for found in re.findall(r'\bby=[\w.]+, why="([^"]+)"', source)
    }
    assert len(whys) >= 5
    for why in whys:
        assert Edition("", "", 0, 0, 0, "", 0, "", "", why).why_key in content.desk()["coaches"]


def hold_two(way: Journey) -> None:
    messages, number = way.service.coaches.messages, 0
    while messages.number_held() < 2:
        number += 1
        sent = {"name": "Zoé", "email": "zoe@example.org", "message": f"Bonjour {number}"}
        messages.send(MIREILLE, sent, "fr", address=f"192.0.{number}.1")


def test_the_morning_letter_leads_to_held_messages_at_the_desk(
    way: Journey, published: Edition
) -> None:
    hold_two(way)
    way.service.cases.digest.ensure_scheduled()
    way.clock.pass_(days=1)
    for _ in range(2):  # the morning comes, then its letter
        way.deliver()
    (letter,) = (mail.text for mail in way.mailer.to("rita.roy@example.org"))
    assert "2 messages à des coachs" in letter.replace("\u00a0", " ")
    assert "les messages aussi, sous Coachs" in letter


def test_held_messages_are_sent_or_refused_once(rita: StaffBrowser, way: Journey) -> None:
    messages = way.service.coaches.messages
    hold_two(way)
    assert "(2)" in rita.get("/desk/coaches").body.decode()
    page = rita.get("/desk/coaches/messages")
    ids = re.findall(r'name="message" value="([^"]+)"', page.body.decode())
    form = ("nonce", form_of(page))
    sent_on, refused = [str(way.store.items[f"MESSAGE#{one}", "MESSAGE"]["message"]) for one in ids]
    for act, one, done in (("release", ids[0], "released"), ("refuse", ids[1], "refused")):
        told = rita.post("/desk/coaches/messages", form, ("message", one), ("act", act))
        assert told.headers["Location"].endswith(f"done={done}")
        again = rita.post("/desk/coaches/messages", form, ("message", one), ("act", act))
        assert again.status_code == 409
    assert messages.number_held() == 0
    way.deliver()
    texts = [mail.text for mail in way.mailer.to(PRIVATE)]
    assert any(f"{sent_on}\n" in text for text in texts)
    assert not any(f"{refused}\n" in text for text in texts)
    assert {"message_released", "message_refused"} <= set(noted(way))


def test_the_whole_directory_leaves_with_a_code_and_a_line_in_the_log(
    way: Journey, published: Edition
) -> None:
    assert signed_in(way, "officer").get("/desk/coaches/sheet").status_code == 403
    rita = signed_in(way, "communications", confirmed=False)
    assert "/desk/account?next=" in rita.get("/desk/coaches/sheet").headers["Location"]
    communications = signed_in(way, "communications")
    told = communications.get("/desk/coaches/sheet")
    assert told.headers["Location"].startswith("https://files.example.org/exports/")
    assert noted(way) == {"coaches_fetched": "60"}
    before, kept = len(way.store.commits), way.service.parts.objects()
    assert isinstance(kept, MemoryObjects)
    number = len(kept.kept)
    head = communications.head("/desk/coaches/sheet")
    assert head.status_code == 303
    assert (len(kept.kept), len(way.store.commits)) == (number, before)


def test_a_sheet_that_fits_a_coach_by_halves_alone_leaves_them_whole(
    editions: EditionStore, published: Edition, coaches: tuple[Coach, ...], way: Journey
) -> None:
    coach = next(one for one in coaches if one.phone)
    way.service.coaches.upkeep.edit(
        coach.slug, {"phone_public": True}, by=coach.slug, why="own changes"
    )
    stands = now(way, coach.slug)
    given = coach.model_copy(update={"phone": None, "phone_public": False, "city": "Laval"})
    sheet = sheets.Sheet((given, *(one for one in coaches if one.slug != coach.slug)), (), ())
    plan = DirectoryPublishing(editions).of_sheet(sheet)
    assert not plan.changes
    assert "city" in plan.kept[coach.slug]
    assert plan.coaches[0] == stands


def test_who_went_away_meanwhile_is_not_made_anew(
    editions: EditionStore, published: Edition, coaches: tuple[Coach, ...]
) -> None:
    seen = shown_columns(coaches[0])
    typed = Typed({**seen, "city": "Laval"}, seen)
    editions.publish(coaches[1:], by="t", why="t", after=published)
    assert CoachKeeping(editions).save(coaches[0].slug, typed, by="t", why="t").gone


def test_whatever_the_views_say_has_words() -> None:
    texts = content.desk()["coaches"]
    for name in ("saved", "same", "added", "removed", "imported", "restored", "meanwhile", "tick"):
        assert texts[name]["fr"]
