"""The roster is kept at the desk: each change by whom the table lets, with a code, in the log."""

import re
from collections.abc import Sequence

import pytest
from chalice.test import HTTPResponse

from chalicelib import content
from chalicelib.cases.roles import ROLES
from chalicelib.cases.staff import Roster, Staff
from chalicelib.core.ports import Put
from chalicelib.core.settings import Settings
from chalicelib.desk import log
from chalicelib.desk.roster import DeskRoster, Wrong
from chalicelib.views.desk.programme import SHOWN_SETTINGS
from environment import RITA, SAM
from fakes import MemoryStore, SetClock
from journey import Journey
from staff_browser import StaffBrowser, code_of

ME = "rita.roy@example.org"
NOOR = {"name": "Noor Ali", "email": "noor.ali@example.org", "their_lang": "en"}


def signed_in(way: Journey, *roles: str, confirmed: bool = True) -> StaffBrowser:
    way.store.items["STAFF", "rita-roy"]["roles"] = list(roles)
    browser = StaffBrowser(way.visitor)
    browser.sign_in(ME, way.mailer, way.deliver)
    if confirmed:
        account = browser.get("/desk/account?next=/desk/programme")
        browser.press(account, "send_code", next="/desk/programme")
        way.deliver()
        browser.press(account, "confirm", code=code_of(way.mailer.to(ME)[-1].text))
    return browser


@pytest.fixture
def rita(way: Journey) -> StaffBrowser:
    return signed_in(way, "administrator")


def send(browser: StaffBrowser, path: str, **fields: str) -> HTTPResponse:
    form = browser.token(path)
    return browser.post(path, ("nonce", form), *fields.items())


def staff(way: Journey, name: str = "sam-lee") -> Staff:
    return next(one for one in Roster(way.store).all() if one.id == name)


def noted(way: Journey) -> list[tuple[str, str]]:
    rows = log.of_month(way.store, "2026-03")
    return sorted((row["what"], row["facts"]["whose"]) for row in rows)


def test_somebody_is_added_changed_and_removed_and_the_log_says_by_whom(
    rita: StaffBrowser, way: Journey
) -> None:
    assert send(rita, "/desk/programme", **NOOR).status_code == 303
    page = "/desk/programme/noor-ali"
    for fields in (
        {"act": "roles", "officer": "on", "manager": "on"}, {"act": "deputy", "other": "sam-lee"},
        {"act": "manager", "other": "rita-roy"}, {"act": "admin", "admin": "on"},
    ):  # fmt: skip
        assert send(rita, page, **fields).status_code == 303
    noor = staff(way, "noor-ali")
    assert noor.roles == {"officer", "manager"}
    assert (noor.deputy, noor.manager, noor.admin) == ("sam-lee", "rita-roy", True)
    assert send(rita, page, act="deputy", other="").status_code == 303
    assert staff(way, "noor-ali").deputy is None
    assert send(rita, page, act="removed").status_code == 422, "the box is not ticked"
    assert staff(way, "noor-ali").active
    assert send(rita, page, act="removed", confirm="on").status_code == 303
    assert not staff(way, "noor-ali").active
    assert {what for what, _ in noted(way)} == {
        "roster_added", "roster_roles", "roster_deputy", "roster_manager", "roster_admin",
        "roster_removed",
    }  # fmt: skip
    told = rita.get("/desk/log").body.decode()
    assert "Ajout à l’équipe (Rita Roy) – Noor Ali" in told
    assert rita.get("/desk/log?month=2026-02").body.decode().count("Rien ce mois-là") == 1


def test_an_absence_is_noted_and_ended_and_the_letters_go_to_others_meanwhile(
    way: Journey,
) -> None:
    rita, page = signed_in(way, "manager", "officer"), "/desk/programme/sam-lee"
    for day in ("", "hier", "2026-03-02", "2026-02-30", "2029-01-01"):
        told = send(rita, f"{page}/absence", act="away", until=day)
        assert told.status_code == 422, day
        assert 'href="#f-until"' in told.body.decode()
    assert send(rita, f"{page}/absence", act="away", until="16 mars 2026").status_code == 303
    assert staff(way).away_until == "2026-03-16"
    assert "16\u00a0mars 2026" in rita.get(page).body.decode().replace(" mars", "\u00a0mars")
    before = len(way.mailer.to("sam.lee@example.org"))
    way.declare()
    assert len(way.mailer.to("sam.lee@example.org")) == before
    assert send(rita, f"{page}/absence", act="back").status_code == 303
    assert staff(way).away_until is None


def test_a_manager_notes_absences_and_changes_nothing_else(way: Journey) -> None:
    rita, page = signed_in(way, "manager"), "/desk/programme/sam-lee"
    shown = rita.get(page).body.decode()
    assert "Retirer" not in shown
    assert send(rita, page, act="removed", confirm="on").status_code == 403
    assert send(rita, "/desk/programme", **NOOR).status_code == 403
    assert staff(way).active
    assert noted(way) == []


def test_a_change_asks_for_a_mailed_code_first(way: Journey) -> None:
    rita = signed_in(way, "administrator", confirmed=False)
    for path in ("/desk/programme/sam-lee", "/desk/programme/sam-lee/absence"):
        told = send(rita, path, act="removed", confirm="on", until="2026-03-16")
        assert "/desk/account?next=" in told.headers["Location"]
    assert staff(way).active


@pytest.mark.parametrize(
    ("fields", "place"),
    [({"name": "", "email": "a@example.org"}, "f-name"), ({"name": "Noor", "email": "x"}, "f-email"),
     ({"name": "N" * 101, "email": "a@example.org"}, "f-name"),
     ({"name": "N" * 1_025, "email": "a@example.org"}, "f-name"),
     ({"name": "Sam", "email": "Sam.Lee@example.org"}, "f-email")],
)  # fmt: skip
def test_what_is_wrong_with_a_new_member_is_said_beside_it_and_kept(
    rita: StaffBrowser, way: Journey, fields: dict[str, str], place: str
) -> None:
    told = send(rita, "/desk/programme", **fields)
    assert told.status_code == 422
    assert f'href="#{place}"' in told.body.decode()
    assert f'value="{fields["email"]}"' in told.body.decode()
    assert noted(way) == []


def test_one_administrator_stays_and_nobody_replaces_or_removes_themselves(
    rita: StaffBrowser, way: Journey
) -> None:
    own = "/desk/programme/rita-roy"
    for fields in (
        {"act": "roles", "officer": "on"}, {"act": "roles"}, {"act": "removed", "confirm": "on"},
        {"act": "deputy", "other": "rita-roy"}, {"act": "manager", "other": "nobody"},
    ):  # fmt: skip
        assert send(rita, own, **fields).status_code in (409, 422), fields
    assert staff(way, "rita-roy").roles == {"administrator"}
    assert noted(way) == []
    assert send(rita, own, act="x").status_code == 404
    assert rita.get("/desk/programme/nobody").status_code == 404


def test_a_change_and_its_line_in_the_log_are_one_transaction(way: Journey) -> None:
    kept, before = DeskRoster(way.store, way.clock), len(way.store.commits)
    kept.set_roles(Staff.of(RITA), Staff.of(SAM), ["manager"])
    (writes,) = way.store.commits[before:]
    assert [one.item["kind"] for one in writes if isinstance(one, Put)] == ["desk_log"]
    assert len(writes) == 2


def test_a_change_of_somebody_who_was_removed_meanwhile_is_refused(way: Journey) -> None:
    Roster(way.store).remove("sam-lee")
    with pytest.raises(Wrong):
        DeskRoster(way.store, way.clock).set_admin(Staff.of(RITA), Staff.of(SAM), admin=True)
    assert noted(way) == []


def test_no_setting_that_is_shown_is_a_secret_and_each_has_a_name() -> None:
    assert set(SHOWN_SETTINGS) <= set(Settings.model_fields)
    assert set(SHOWN_SETTINGS) == set(content.desk()["settings"])
    assert not [name for name in SHOWN_SETTINGS if re.search("secret|key|bucket|queue", name)]
    assert set(content.desk()["roles"]) == set(ROLES)


def test_whatever_the_log_keeps_has_words(rita: StaffBrowser, way: Journey) -> None:
    for what in content.desk()["log"]:
        way.store.commit([log.entry(Staff.of(RITA), what, {}, way.clock())])
    assert rita.get("/desk/log").status_code == 200


def test_somebody_notes_their_own_absence_and_is_back_before_its_end(
    rita: StaffBrowser, way: Journey
) -> None:
    wrong = send(rita, "/desk/account", act="away", until="hier")
    assert wrong.status_code == 422
    assert 'value="hier"' in wrong.body.decode()
    assert send(rita, "/desk/account", act="away", until="2026-03-16").status_code == 303
    assert staff(way, "rita-roy").away_until == "2026-03-16"
    assert rita.get("/desk/programme").status_code == 409
    assert noted(way) == [("roster_away", "Rita Roy")]
    assert send(rita, "/desk/account", act="back").status_code == 303
    assert rita.get("/desk/programme").status_code == 200


ACTS: Sequence[tuple[str, dict[str, str], dict[str, str]]] = (
    ("roles", {"officer": "on", "manager": "on"}, {"officer": "on"}),
    ("deputy", {"other": "rita-roy"}, {"other": ""}),
    ("manager", {"other": "rita-roy"}, {"other": ""}),
    ("admin", {"admin": "on"}, {}),
)


def test_of_two_who_change_somebody_the_second_reads_the_first(
    rita: StaffBrowser, way: Journey
) -> None:
    page = "/desk/programme/sam-lee"
    for act, first, second in ACTS:
        form = rita.get(page).body.decode().partition(f'name="act" value="{act}"')[2]
        (seen, *_) = re.findall(r'name="seen" value="([^"]*)"', form)
        assert send(rita, page, act=act, seen=seen, **first).status_code == 303, act
        kept = dict(way.store.items["STAFF", "sam-lee"])
        told = send(rita, page, act=act, seen=seen, **second)
        assert told.status_code == 409, act
        assert "vient de changer" in told.body.decode()
        assert way.store.items["STAFF", "sam-lee"] == kept, act
        now = told.body.decode().partition("<main")[2].partition(f'name="act" value="{act}"')[2]
        (seen, *_) = re.findall(r'name="seen" value="([^"]*)"', now)
        assert send(rita, page, act=act, seen=seen, **second).status_code == 303, act


@pytest.mark.parametrize("how", ["roles", "removed", "admin"])
def test_two_administrators_who_take_each_other_away_leave_one(how: str, clock: SetClock) -> None:
    def taken(by: str, other: str) -> None:
        desk, staff = DeskRoster(store, clock), Roster(store)
        one, gone = staff.require(by), staff.require(other)
        if how == "roles":
            desk.set_roles(one, gone, ["officer"])
        elif how == "removed":
            desk.remove(one, gone)
        else:
            desk.set_admin(one, gone, admin=False)

    def sam_is_faster(_: object) -> None:
        store.before = lambda writes: None
        taken("sam-lee", "rita-roy")

    store = MemoryStore()
    store.before = sam_is_faster
    for row in (RITA, SAM):
        given = {} if how == "admin" else {"roles": ["administrator"]}
        store.items["STAFF", str(row["sk"])] = {**row, **given, "admin": True}
    with pytest.raises(Wrong):
        taken("rita-roy", "sam-lee")
    left = [one.id for one in Roster(store).active() if "administrator" in one.roles]
    assert left == ["sam-lee"]
    if how != "removed":
        with pytest.raises(Wrong):
            taken("rita-roy", "sam-lee")
