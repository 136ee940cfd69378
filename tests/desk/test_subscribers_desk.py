"""Subscribers at the desk: counted, proved, tried, imported and exported, each with a trace."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from chalice.test import HTTPResponse

from chalicelib.desk import log
from chalicelib.newsletter.subscribers import subscriber
from fakes import MemoryObjects
from journey import Journey
from staff_browser import FIREFOX, StaffBrowser
from tests.desk.test_newsletter_desk import confirm, send, shown, sign_in

PEOPLE = "".join(
    f"p{number}@example.org,{'fr' if number % 2 else 'en'},member,2026-01-05,Register 2026 p. {number},,\n"
    for number in range(5)
)
LIST = "email,lang,basis,since,evidence,name,topics\n" + PEOPLE


@pytest.fixture
def rita(way: Journey) -> StaffBrowser:
    return sign_in(way, confirmed=True)


def bring(browser: StaffBrowser, body: str, name: str = "membres.csv") -> HTTPResponse:
    """Send a list by the page's own form."""
    form = browser.token("/desk/subscribers/import")
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="nonce"\r\n\r\n{form}\r\n',
        f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n{body}\r\n',
        "--edge--\r\n",
    ]
    jar = "; ".join(f"{key}={value}" for key, value in browser.cookies.items())
    return browser.visitor.request(
        "POST", "/desk/subscribers/import", body="".join(parts).encode(),
        Content_Type="multipart/form-data; boundary=edge", Cookie=jar, Accept="text/html",
        Sec_Fetch_Site="same-origin", User_Agent=FIREFOX,
    )  # fmt: skip


def place(told: HTTPResponse) -> str:
    assert told.status_code == 303, told.body
    return urlsplit(told.headers["Location"]).path.partition("/api")[2]


def active(way: Journey) -> list[str]:
    rows = way.store.kinds("subscriber")
    return sorted(row["email"] for row in rows if row["status"] == subscriber.ACTIVE)


def noted(way: Journey) -> Mapping[str, str]:
    return {
        row["what"]: str(row["facts"].get("whose", ""))
        for row in log.of_month(way.store, "2026-03")
    }


def test_a_list_is_tried_first_then_imported_with_a_tick_and_by_whom(
    way: Journey, rita: StaffBrowser
) -> None:
    page = place(bring(rita, LIST))
    assert "<td>5</td>" in shown(rita.get(page))
    assert active(way) == []
    assert send(rita, page).status_code == 422
    assert active(way) == []
    done = place(send(rita, page, confirm="on"))
    assert "Importées</th><td>5</td>" in shown(rita.get(done))
    assert len(active(way)) == 5
    assert noted(way)["reader_import"] == "membres.csv"
    again = place(send(rita, page, confirm="on"))
    assert "Déjà connues</th><td>5</td>" in shown(rita.get(again))
    consents = [row for row in way.store.kinds("consent") if row.get("method") == "staff_import"]
    assert {row["by"] for row in consents} == {"Rita Roy"}


@pytest.mark.parametrize(
    "body", [LIST + "x,fr,member,2026-01-05,Register 2026 p. 9,,\n", "a,b\n1,2\n", "\x00\x01"]
)
def test_a_list_with_one_row_that_is_wrong_is_not_imported(
    way: Journey, rita: StaffBrowser, body: str
) -> None:
    page = place(bring(rita, body))
    assert send(rita, page, confirm="on").status_code == 200
    assert active(way) == []
    told = shown(rita.get(page))
    assert "Ligne 7" in told or "ne se lit pas" in told


def test_a_list_that_is_larger_than_any_other_form_is_taken(
    way: Journey, rita: StaffBrowser
) -> None:
    assert bring(rita, LIST + "\n" * 300_000).status_code == 303
    assert bring(rita, LIST + "\n" * 4_100_000).status_code == 422


def test_no_file_is_said_beside_the_field(rita: StaffBrowser) -> None:
    told = bring(rita, "")
    assert told.status_code == 422
    assert 'href="#f-file"' in shown(told)


def test_a_sheet_holds_everybody_once_and_is_its_askers_alone(
    way: Journey, rita: StaffBrowser
) -> None:
    send(rita, place(bring(rita, LIST)), confirm="on")
    page = place(send(rita, "/desk/subscribers/export"))
    address = urlsplit(rita.get(f"{page}/file").headers["Location"])
    objects = way.service.parts.objects()
    assert isinstance(objects, MemoryObjects)
    sheet = objects.kept[address.path[1:]].decode("utf-8-sig")
    rows = [line.partition(",")[0] for line in sheet.split("\r\n")[1:] if line]
    assert sorted(rows) == active(way)
    way.store.items["STAFF", "sam-lee"]["roles"] = ["communications"]
    sam = StaffBrowser(way.visitor)
    sam.sign_in("sam.lee@example.org", way.mailer, way.deliver)
    assert sam.get(page).status_code == 404
    assert {"reader_sheet", "reader_download"} <= set(noted(way))


def test_counts_and_growth_are_those_of_the_store_and_say_when(
    way: Journey, rita: StaffBrowser
) -> None:
    send(rita, place(bring(rita, LIST)), confirm="on")
    assert "Pas encore compté" in shown(rita.get("/desk/subscribers"))
    send(rita, "/desk/subscribers", act="count")
    told = shown(rita.get("/desk/subscribers"))
    assert "Abonnement actif</th><td>5</td>" in told
    assert "Abonnements actifs en français</th><td>2</td>" in told
    assert "Actifs par consentement tacite</th><td>5</td>" in told


def test_one_persons_consent_is_shown_by_their_address_and_the_look_is_noted(
    way: Journey, rita: StaffBrowser
) -> None:
    list(way.service.subscribers.imports.run(LIST.encode(), by="Rita Roy", write=True))
    told = shown(send(rita, "/desk/subscribers", act="find", email="P1@example.org"))
    assert "Abonnement actif; Français" in told
    assert "consentement tacite jusqu’au" in told
    assert "p1@example.org" not in noted(way)["consent_read"]
    assert noted(way)["consent_read"]
    for typed in ("", "x", "nobody@example.org"):
        assert send(rita, "/desk/subscribers", act="find", email=typed).status_code == 422


def test_a_list_asks_for_a_code_before_it_is_chosen(way: Journey) -> None:
    unsure = sign_in(way)
    for path in ("/desk/subscribers/import", "/desk/subscribers/export"):
        assert "/desk/account?next=" in unsure.get(path).headers["Location"]
    assert unsure.get("/desk/subscribers").status_code == 200
    confirm(way, unsure)
    assert unsure.get("/desk/subscribers/import").status_code == 200


def test_a_run_that_dies_goes_on_where_it_was_and_imports_nobody_twice(
    way: Journey, rita: StaffBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.people import reader_imports

    monkeypatch.setattr(reader_imports, "ROWS_A_STEP", 2)
    desk = way.service.desk
    trial = desk.jobs.of("rita-roy", place(bring(rita, LIST)).rpartition("/")[2])
    assert trial is not None
    assert (trial.status, trial.row["done"]) == ("done", 5)
    staff = way.service.cases.roster.get("rita-roy")
    assert staff is not None
    job = desk.reader_imports.begin(desk.jobs, staff, trial)
    desk.reader_imports.step(job, lambda **_: None)
    assert len(active(way)) == 2
    desk.jobs.run(job, 60)
    assert len(active(way)) == 5
    versions = {row["version"] for row in way.store.kinds("subscriber")}
    assert versions == {1}
