"""Staff find their files: counts are what is listed, whatever the filters, and each page costs the same."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from chalice.test import Client

import app as application
from chalicelib import content
from chalicelib.aws.keys import Keys
from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.file_index import COUNTS, MAX_STARTS, find_keys, index_writes, recounted
from chalicelib.cases.guards import DecisionInput
from chalicelib.cases.staff import Roster
from chalicelib.cases.states import table
from chalicelib.core import eastern_time, formatting
from chalicelib.core.business_days import business_days_between
from chalicelib.core.ports import Change, Listing, Put, Stretch, Where
from chalicelib.core.settings import read
from chalicelib.desk.filters import Filters
from chalicelib.desk.recount import Recount
from chalicelib.desk.reindex import Reindex
from chalicelib.services import Services
from clock_steps import QuickStore
from counting_store import Counting
from environment import ENVIRONMENT, RITA, SAM
from fakes import MemoryMailer, MemoryStore, SetClock
from journey import Journey
from staff_browser import StaffBrowser
from visitor import Visitor

ME = "rita.roy@example.org"


@pytest.fixture
def rita(way: Journey, many: list[Case]) -> StaffBrowser:
    browser = StaffBrowser(way.visitor)
    browser.sign_in(ME, way.mailer, way.deliver)
    return browser


def refs(page: str) -> list[str]:
    return re.findall(r'<span class="ref">(D[IF]-[^<]+)</span>', page)


def tabs(page: str) -> dict[str, int]:
    found = re.findall(r'/desk/files\?tab=(\w+)[^"]*"[^>]*>[^<]*\(([\d\u00a0]+)\+?\)', page)
    return {name: int(number.replace("\u00a0", "")) for name, number in found}


def look(browser: StaffBrowser, query: str = "") -> str:
    told = browser.get(f"/desk/files{query}")
    assert told.status_code == 200, told.body
    return told.body.decode()


@pytest.fixture
def many(way: Journey) -> list[Case]:
    """Files of every kind: two forms, languages, provinces, owners, states."""
    found = []
    for number in range(9):
        email = f"person{number}@example.org"
        answers: dict[str, Any] = {"org_legal_name": f"Maison n° {number}", "contact_email": email}
        if number % 2:
            answers |= {"contact_language": "en"}
        if number % 3 == 0:
            answers |= {"org_province": "ON", "org_postal_code": "K1A 0B1"}
        found.append(
            way.declare(email, **{k: v for k, v in answers.items() if k != "contact_email"})
        )
        way.clock.pass_(hours=3)
    decisions, by = way.service.cases.decisions, Decider("rita-roy", "Rita Roy")
    for number, name in ((1, "approve"), (2, "ask"), (4, "approve")):
        given = decisions.act(found[number], name, by, _given("Qui?" if name == "ask" else ""))
        found[number] = given
    for number in (0, 3, 5):
        found[number] = decisions.act(found[number], "assign", by, _given(colleague="sam-lee"))
    return found


def _given(message: str = "", colleague: str = "") -> Any:
    return DecisionInput(message=message, colleague=colleague)


QUERIES = (
    "", "form=eoi", "form=application", "language=en", "language=fr&province=ON", "province=QC",
    "owner=sam-lee", "whose=mine", "whose=nobody", "whose=nobody&language=en", "unproved=1",
    "undeliverable=1", "unread=1", "age=1", "age=1&language=en", "late=1", "orphan=1",
    "stream=collective_impact", "stream=nothing", "province=nowhere", "owner=nobody-at-all",
    "whose=mine&owner=sam-lee",
)  # fmt: skip


def test_each_tab_counts_what_it_lists_whatever_the_filters(
    rita: StaffBrowser, many: list[Case]
) -> None:
    names = [tab["id"] for tab in content.desk()["tabs"]]
    everything = tabs(look(rita, "?tab=to_decide"))
    assert sum(everything.values()) == len(many)
    for query in QUERIES:
        counted = tabs(look(rita, f"?tab=to_decide&{query}"))
        listed = {tab: len(refs(look(rita, f"?tab={tab}&{query}"))) for tab in names}
        assert listed == counted, query
        assert all(counted[tab] <= everything[tab] for tab in names), query
    for nothing in ("stream=nothing", "province=nowhere", "owner=nobody-at-all"):
        assert sum(tabs(look(rita, f"?tab=to_decide&{nothing}")).values()) == 0, "and never all"
    assert tabs(look(rita, "?tab=to_decide&language=en"))["invited"] == 1


def test_a_tab_of_several_states_is_asked_for_one_of_them(
    rita: StaffBrowser, many: list[Case], way: Journey
) -> None:
    by_state: dict[str, list[str]] = {}
    for case in many:
        by_state.setdefault(case.state, []).append(case.current_ref)
    assert len(by_state) > 2
    for tab in content.desk()["tabs"]:
        whole = tabs(look(rita, f"?tab={tab['id']}"))
        for state in tab["states"]:
            page = look(rita, f"?tab=held&state={state}")
            there = by_state.get(state, [])
            assert sorted(refs(page)) == sorted(there), state
            assert tabs(page) == {**whole, tab["id"]: len(there)}, "of this tab alone"
            filters = Filters.of({"state": state})
            assert len(way.service.desk.files.ids(filters, "rita-roy")) == len(there), "exported"
            offered = re.findall(r'id="f-state".*?</select>', page, re.S)
            assert [f'value="{one}"' in "".join(offered) for one in tab["states"]] == [
                len(tab["states"]) > 1
            ] * len(tab["states"])
            (nav,) = re.findall(r'class="jump tabs".*?</nav>', page, re.S)
            assert "state=" not in nav, "other tabs are whole"
    page = look(rita, "?state=EOI_DECLINED")
    assert "Fermés" in page
    assert "(retirer)" in page
    (taken_off,) = re.findall(r'<ul class="chosen">\s*<li><a href="([^"]*)"', page)
    assert "state=" not in taken_off
    unknown = look(rita, "?tab=invited&state=NOTHING")
    assert "NOTHING" in unknown
    assert len(refs(unknown)) == len(by_state["EOI_APPROVED"])


def test_a_search_that_has_not_looked_at_all_says_so_and_looks_further(
    rita: StaffBrowser, many: list[Case], way: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = refs(look(rita, "?q=maison"))
    oldest = whole[-1]
    number = next(re.findall(r"\d+", case.org)[0] for case in many if case.current_ref == oldest)
    every = MemoryStore.listing

    def short(pk: str, stretch: Stretch, where: Sequence[Where], limit: int) -> Listing:
        all_rows = every(way.store, pk, stretch, (), 1000).rows
        fits = {row["sk"] for row in every(way.store, pk, stretch, where, 1000).rows}
        found = [row for row in all_rows[:2] if row["sk"] in fits]
        return Listing(found, len(all_rows) <= 2, all_rows[1]["sk"] if len(all_rows) > 2 else "")

    monkeypatch.setattr(way.store, "listing", short)
    page, looks = look(rita, f"?q=maison+{number}"), 1
    while not refs(page):
        assert "Nothing yet" in page or "Rien encore" in page
        assert "Aucun dossier ne correspond" not in page
        more = re.search(r'class="button" href="[^"]*/desk/files(\?[^"]*)"', page)
        assert more
        page, looks = look(rita, more[1].replace("&amp;", "&")), looks + 1
    assert refs(page) == [oldest]
    assert looks > 2
    assert "Chercher plus loin" not in page


def test_every_state_that_a_file_can_be_seen_in_stands_in_one_tab() -> None:
    listed = [state for tab in content.desk()["tabs"] for state in tab["states"]]
    states = {name for name, one in content.states()["states"].items() if one["kind"] != "gone"}
    assert sorted(listed) == sorted(states)
    assert {source for source, _ in table()} - {"NEW", "ANONYMISED"} <= set(listed)


def test_lists_go_on_page_by_page_without_losing_or_repeating_a_file(
    rita: StaffBrowser, many: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.desk.files.PAGE_LENGTH", 2)
    for order in ("oldest", "newest", "name", "due", "changed"):
        page, found = look(rita, f"?tab=to_decide&order={order}"), []
        for _ in range(6):
            found += refs(page)
            more = re.search(r'class="button" href="[^"]*/desk/files(\?[^"]*)"', page)
            if not more:
                break
            page = look(rita, more[1].replace("&amp;", "&"))
        assert len(found) == len(set(found)) == 6, order


def test_the_last_filters_are_remembered_until_they_are_taken_off(
    rita: StaffBrowser, many: list[Case]
) -> None:
    asked = look(rita, "?tab=waiting&language=fr")
    assert refs(look(rita)) == refs(asked)
    assert "language=fr" in look(rita)
    look(rita, "?clear=1")
    assert 'aria-current="page">À décider' in look(rita)
    assert "language=fr" not in look(rita)


@pytest.mark.parametrize(
    ("typed", "found"),
    [("maison 7", 1), ("MAIS", 9), ("maïson n° 3", 1), ("person4@example.org", 1), ("person4", 1),
     ("trembl", 9), ("ada tremb maison 2", 1), ("zzz", 0), ("ma", 0), ("'); DROP", 0), ("maison zz", 0)],
)  # fmt: skip
def test_files_are_found_by_the_start_of_their_words(
    rita: StaffBrowser, many: list[Case], typed: str, found: int
) -> None:
    assert len(refs(look(rita, f"?q={quote(typed)}"))) == found


def test_a_file_is_found_by_its_reference_however_it_is_typed(
    rita: StaffBrowser, many: list[Case]
) -> None:
    ref = many[6].ref
    for typed in (ref, ref.lower(), f"+{ref}+"):
        assert refs(look(rita, f"?q={typed}")) == [ref]
    to_files = rita.get(f"/desk?q={ref}").headers["Location"]
    assert to_files.endswith(f"/desk/files?q={ref}")


LONG_NAME = (
    "Société de développement économique communautaire de la région métropolitaine de Québec inc."
)
TRANSACTION_MAX_WRITES = 100


def test_a_long_name_hides_none_of_its_words_nor_its_people(way: Journey) -> None:
    way.declare("zoe.lefebvre@exemple.org", org_legal_name=LONG_NAME)
    assert max(map(len, way.store.commits)) < TRANSACTION_MAX_WRITES / 2
    rita = StaffBrowser(way.visitor)
    rita.sign_in(ME, way.mailer, way.deliver)
    words = [word for word in LONG_NAME.split() if len(word) > 2]
    for typed in (*words, "tremblay", "ada", "lefebvre", "zoe", "jeunes"):
        assert len(refs(look(rita, f"?q={quote(typed)}"))) == 1, typed


def test_a_name_that_is_nothing_but_words_leaves_room_for_its_people(way: Journey) -> None:
    many_words = " ".join(f"{first}{second}x" for first in "bcdfg" for second in "aeiouy")
    case = way.declare("zoe.lefebvre@exemple.org", org_legal_name=many_words)
    starts = {pk for pk, _ in find_keys(case)}
    assert {"FIND#tre", "FIND#ada", "FIND#lef", "FIND#zoe", "FIND#jeu"} <= starts
    assert len(starts) == MAX_STARTS


def test_a_corrected_address_is_found_and_the_one_before_no_more(
    rita: StaffBrowser, way: Journey, many: list[Case]
) -> None:
    way.service.cases.applicant.correct_address(
        many[8], "nouvelle@exemple.org", by="rita-roy", name="Rita Roy"
    )
    assert refs(look(rita, "?q=nouvelle@exemple.org")) == [many[8].ref]
    assert refs(look(rita, "?q=person8")) == []


def test_what_is_new_or_changed_says_so_until_it_is_looked_at(
    rita: StaffBrowser, way: Journey, many: list[Case]
) -> None:
    def line() -> str:
        page = look(rita, f"?q={many[6].ref}")
        assert refs(page)
        listed = look(rita, "?tab=to_decide")
        return listed.partition(many[6].ref + "</span>")[2].partition("</td>")[0]

    assert "Nouveau" in line()
    rita.get(f"/desk/files/{many[6].ref}")
    assert line().strip() == "– Adresse non confirmée"
    way.service.cases.decisions.act(
        many[6], "assign", Decider("sam-lee", "Sam Lee"), _given(colleague="rita-roy")
    )
    assert "Modifié depuis" in line()
    rita.get(f"/desk/files/{many[6].ref}")
    assert "Modifié" not in line()


def test_the_next_file_keeps_the_filters(rita: StaffBrowser, many: list[Case]) -> None:
    order = refs(look(rita, "?tab=to_decide&language=fr"))
    page = rita.get(f"/desk/files/{order[0]}?tab=to_decide&language=fr").body.decode()
    assert f"/desk/files/{order[1]}?tab=to_decide&amp;whose=all&amp;language=fr" in page
    last = rita.get(f"/desk/files/{order[-1]}?tab=to_decide&language=fr").body.decode()
    assert "Dossier suivant" not in last


@pytest.mark.parametrize("day", ["2026-01-12", "2026-03-08", "2026-07-06"])
def test_a_file_of_a_late_evening_is_of_that_day_in_its_line_and_by_its_age(
    way: Journey, day: str
) -> None:
    for clock in ("00:01", "12:00", "19:30", "23:59"):
        at = datetime.fromisoformat(f"{day}T{clock}:00").replace(tzinfo=eastern_time.zone())
        way.clock.now = at.astimezone(UTC)
        way.declare(f"ada{clock[:2]}@example.org")
    way.clock.now = at.astimezone(UTC) + timedelta(minutes=2)
    way.declare("next@example.org")
    way.clock.pass_(hours=60)
    rita = StaffBrowser(way.visitor)
    rita.sign_in(ME, way.mailer, way.deliver)
    shown = formatting.long_date(date.fromisoformat(day), "fr")
    assert look(rita).count(f">{shown} (") == 4
    today = eastern_time.today(way.clock())
    age = business_days_between(date.fromisoformat(day), today)
    aged = look(rita, f"?tab=to_decide&age={age}")
    assert (aged.count(f">{shown} ("), tabs(aged)["to_decide"]) == (4, len(refs(aged)))


def test_an_erased_file_leaves_no_row_and_no_count(way: Journey, many: list[Case]) -> None:
    way.clock.pass_(days=900)
    for _ in range(40):
        way.service.mail.outbox.sweep()
        way.clock.pass_(days=30)
    rows = [row for row in way.store.items.values() if row.get("kind") in ("listed", "find")]
    there = {row["case"] for row in rows}
    cases = [Case.of(row) for row in way.store.kinds("case")]
    assert there == {case.id for case in cases if case.state != "ANONYMISED"}
    assert len(there) < len(cases), "some were erased"


def test_the_index_is_made_anew_from_the_files_and_again_does_no_harm(
    rita: StaffBrowser, way: Journey, many: list[Case]
) -> None:
    store = way.store
    kinds = ("listed", "find", "file_count")
    before = {key: row for key, row in store.items.items() if row.get("kind") in kinds}
    cases = [Case.of(row) for row in store.kinds("case")]

    def rebuilt() -> dict[Any, Any]:
        reindex = Reindex(store)
        assert sum(reindex.rows(case) for case in cases) == len(many)
        Recount(store, way.clock, lambda: cases, tuple).repair()
        found = {key: row for key, row in store.items.items() if row.get("kind") in kinds}
        return {key: {k: v for k, v in row.items() if v != 0} for key, row in found.items()}

    wanted = {
        key: {k: v for k, v in row.items() if v != 0 and k != "unread"}
        for key, row in before.items()
    }
    for key in before:
        del store.items[key]
    full = {key for key, row in wanted.items() if len(row) > 3}
    for _ in range(2):
        assert {k: v for k, v in rebuilt().items() if k in full} == {k: wanted[k] for k in full}
    # Counts that went wrong are found and mended.
    key = next(key for key in store.items if key[0] == COUNTS)
    name = next(n for n in store.items[key] if n.startswith("n__"))
    store.commit([Change(key, add={name: 5})])
    assert Recount(store, way.clock, lambda: cases, tuple).repair() == 1
    assert Recount(store, way.clock, lambda: cases, tuple).repair() == 0


def crowded(case: Case, number: int) -> Iterator[dict[str, Any]]:
    """The rows of the index of other people's files, in every state."""
    states = [state for tab in content.desk()["tabs"] for state in tab["states"]]
    rows: dict[Any, dict[str, Any]] = {}
    for one in range(number):
        name = f"2026-X{one:06d}"
        other = replace(
            case, id=name, state=states[one % len(states)], org=f"Maison {one}",
            submitted_at=f"2026-01-{one % 28 + 1:02d}T10:00:00.{one % 1000:03d}Z",
            lang=("fr", "en")[one % 2], owner=("rita-roy", "sam-lee", None)[one % 3],
        )  # fmt: skip
        for write in index_writes(None, other):
            if isinstance(write, Change):
                row = rows.setdefault(write.key, {"pk": write.key[0], "sk": write.key[1]})
                row.update({k: v for k, v in write.set.items() if v is not None})
                for counted, step in write.add.items():
                    row[counted] = row.get(counted, 0) + step
    yield from rows.values()


PAGES = (
    "/desk/files?tab=to_decide", "/desk/files?tab=closed", "/desk/files?tab=closed&language=en",
    "/desk/files?tab=to_decide&whose=mine&province=QC", "/desk/files?q=maison",
    "/desk/export?tab=closed", "/desk/programme", "/desk/log", "/desk/coaches",
    "/desk/figures", "/desk/jobs", "/desk/jobs?whose=all",
)  # fmt: skip


def test_each_page_costs_the_same_calls_however_many_files_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: Counter[str] = Counter()
    kept = QuickStore()
    roles = ["officer", "administrator"]
    kept.commit([Put({**RITA, "roles": roles}), Put({**SAM})])
    store: Any = Counting(kept, calls)
    mailer, clock = MemoryMailer(), SetClock()
    service = Services(
        read(ENVIRONMENT), store, Keys(links=("a" * 64,), people=b"p" * 32), mailer, clock
    )
    monkeypatch.setattr(application, "services", lambda: service)
    monkeypatch.setattr(application, "settings", lambda: service.settings)
    with Client(application.app) as chalice:
        way = Journey(Visitor(chalice), service, kept, mailer, clock, lambda _: None)
        case = way.declare()
        browser = StaffBrowser(way.visitor)
        browser.sign_in(ME, mailer, way.deliver)
        browser.get(f"/desk/files/{case.ref}")
        (session,) = kept.kinds("session")
        confirmed = {"confirmed_until": "2027"}
        kept.commit([Change((session["pk"], session["sk"]), set=confirmed)])

        def cost() -> dict[str, dict[str, int]]:
            found = {}
            for path in (*PAGES, f"/desk/files/{case.ref}?tab=to_decide"):
                browser.get(path)
                calls.clear()
                assert browser.get(path).status_code == 200
                found[path] = {name: n for name, n in calls.items() if not name.endswith(" rows")}
            return found

        for row in crowded(case, 200):
            kept.put(row)
        before = cost()
        for row in crowded(case, 6000):
            kept.put(row)
        assert cost() == before
        for path, one in before.items():
            assert sum(one.values()) <= 24, (path, one)


def test_whose_files_are_mine_is_what_the_roster_says(way: Journey, many: list[Case]) -> None:
    files, mine = way.service.desk.files, Filters.of({"whose": "mine"})
    assert {line.row["owner"] for line in files.listed(mine, "sam-lee").lines} == {"sam-lee"}
    assert Roster(way.store).get("sam-lee")
    assert recounted([]) == {}


def test_a_page_of_files_shows_nothing_to_who_writes_the_newsletter(
    rita: StaffBrowser, way: Journey, many: list[Case]
) -> None:
    way.store.items["STAFF", "rita-roy"]["roles"] = ["communications"]
    for path in ("/desk/files", f"/desk/files/{many[0].ref}"):
        told = rita.get(path)
        assert told.status_code == 403
        assert "Maison" not in told.body.decode()
    assert rita.post(path, ("nonce", rita.token(path)), ("note", "x")).status_code == 403
    assert rita.get("/desk").headers["Location"].endswith("/desk/account")
