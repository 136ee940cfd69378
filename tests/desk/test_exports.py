"""An exported list is what the list says, whole and once, and runs nothing in a spreadsheet."""

import csv
import io
import re
import tracemalloc
from collections.abc import Callable
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from openpyxl import load_workbook

from bench.export import MOST_MEMORY, export
from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.staff import Staff
from chalicelib.core.errors import StoreDown
from chalicelib.desk import log
from chalicelib.desk.columns import columns, heading
from chalicelib.desk.files import MAX_FOUND
from chalicelib.desk.filters import Filters
from chalicelib.desk.jobs import MAX_TRIES, OPEN, StaffJob
from environment import RITA
from fakes import MemoryObjects
from journey import Journey
from staff_browser import StaffBrowser, code_of, form_of

ME, SAMS = "rita.roy@example.org", "sam.lee@example.org"
HOSTILE = "=SUM(1+1)*cmd|'/C calc'!A0 Été"
WHOLE = Staff.of(RITA)


@pytest.fixture
def files(way: Journey) -> list[Case]:
    names = (HOSTILE, "Été à l’Œuvre", "+1 Coop", "@Sam", "-Nord", "Nord")
    return [
        way.declare(f"ada{number}@example.org", org_legal_name=name)
        for number, name in enumerate(names)
    ]


@pytest.fixture
def objects(way: Journey) -> MemoryObjects:
    found = way.service.parts.objects()
    assert isinstance(found, MemoryObjects)
    return found


def signed_in(way: Journey, address: str = ME, *, confirmed: bool = True) -> StaffBrowser:
    browser = StaffBrowser(way.visitor)
    browser.sign_in(address, way.mailer, way.deliver)
    if confirmed:
        account = browser.get("/desk/account?next=/desk/export")
        browser.press(account, "send_code", next="/desk/export")
        way.deliver()
        browser.press(account, "confirm", code=code_of(way.mailer.to(address)[-1].text))
    return browser


def path(location: str) -> str:
    return unescape(location).partition("/api")[2]


def exported(browser: StaffBrowser, query: str = "", **fields: str) -> str:
    """The page of an export that was asked for from a list."""
    page = browser.get(f"/desk/export?{query}")
    hidden = re.search(r'name="filters" value="([^"]*)"', page.body.decode())
    assert hidden, page.body
    given = {"format": "xlsx", "all": "on", **fields}
    sent = [("nonce", form_of(page)), ("filters", unescape(hidden[1])), *given.items()]
    told = browser.post("/desk/export", *sent)
    assert told.status_code == 303, told.body
    return path(told.headers["Location"])


def fetched(browser: StaffBrowser, page: str, objects: MemoryObjects) -> bytes:
    told = browser.get(f"{page}/file")
    assert told.status_code == 303
    address = urlsplit(told.headers["Location"])
    assert address.netloc == "files.example.org", told.headers["Location"]
    assert parse_qs(address.query)["for"] == ["60"]
    return objects.kept[address.path[1:]]


def sheet(body: bytes) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(body))
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]


def test_the_list_that_is_shown_is_what_is_exported_with_the_chosen_columns(
    way: Journey, files: list[Case], objects: MemoryObjects
) -> None:
    rita = signed_in(way)
    by = Decider("rita-roy", "Rita Roy")
    way.service.cases.decisions.act(files[5], "approve", by)
    page = exported(rita, "tab=to_decide&language=fr", all="", column="file.org")
    assert "Dossiers\u00a0: 5" in rita.get(page).body.decode()
    (head, *rows) = sheet(fetched(rita, page, objects))
    assert head[0] == "Organisme"
    assert sorted(str(row[0]) for row in rows) == sorted(case.org for case in files[:5])
    (approved,) = sheet(fetched(rita, exported(rita, "tab=invited"), objects))[1:]
    assert files[5].ref in approved
    assert "Approuver" in str(approved) or "approuv" in str(approved).lower()
    assert "Rita Roy" in approved


def test_what_a_search_found_is_exported_whole_and_what_was_searched_for_is_kept_nowhere(
    way: Journey, files: list[Case], objects: MemoryObjects
) -> None:
    for number in range(MAX_FOUND):
        way.declare(f"lin{number}@example.org", org_legal_name="Nord-Est")
    rita = signed_in(way)
    listed = unescape(rita.get("/desk/files?q=nord").body.decode())
    assert "Seuls les plus récents sont montrés" in listed
    (address,) = re.findall(r"/desk/export\?([^\"]*q=nord)\"", listed)
    page = exported(rita, address, all="", column="file.org")
    assert "Résultats d’une recherche (17)" in unescape(rita.get(page).body.decode())
    rows = sheet(fetched(rita, page, objects))[1:]
    assert sorted(rows) == [["-Nord"], ["Nord"], *[["Nord-Est"]] * MAX_FOUND]
    one = exported(rita, "q=ada3%40example.org", all="", column="file.org")
    assert sheet(fetched(rita, one, objects))[1:] == [["@Sam"]]
    kept = str([*way.store.kinds("job"), *way.store.kinds("desk_log")])
    assert "searched" in kept
    assert "ada3" not in kept
    assert "nord" not in kept


def test_no_cell_is_a_formula_and_accents_stay_whole_in_both_formats(
    way: Journey, files: list[Case], objects: MemoryObjects
) -> None:
    rita = signed_in(way)
    names = {case.org for case in files}
    book = load_workbook(io.BytesIO(fetched(rita, exported(rita), objects)))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    assert names <= {cell.value for cell in cells}
    assert not [cell.value for cell in cells if cell.data_type in ("f", "e")]
    assert {c.value for c in cells if c.quotePrefix} >= {HOSTILE, "+1 Coop", "@Sam", "-Nord"}
    body = fetched(rita, exported(rita, format="csv"), objects)
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert {len(row) for row in rows} == {len(columns("fr", {}))}
    cells_of_text = [cell for row in rows for cell in row]
    assert "Été à l’Œuvre" in cells_of_text
    assert f"'{HOSTILE}" in cells_of_text
    assert not [cell for cell in cells_of_text if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_sheet_of_a_hundred_thousand_files_takes_no_more_memory_than_it_may(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What each file more adds, with every column, holds for as many as there are."""
    monkeypatch.setattr("chalicelib.desk.exporting.FILES_A_STEP", 20)
    every, peaks = [column.id for column in columns("fr", {})], []
    export(20, tmp_path, ending, every)
    for number in (20, 60):
        tracemalloc.start()
        export(number, tmp_path, ending, every)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    a_file = (peaks[1] - peaks[0]) / 40
    assert peaks[0] + 100_000 * max(a_file, 0) < MOST_MEMORY, a_file


def test_dates_and_amounts_can_be_reckoned_with(way: Journey, objects: MemoryObjects) -> None:
    way.apply()
    rita = signed_in(way)
    page = exported(rita, "tab=to_decide&form=application")
    head, row = sheet(fetched(rita, page, objects))
    found = dict(zip(head, row, strict=True))
    assert isinstance(found["Reçu"], datetime)
    total = found["Demande\u00a0: Total des dépenses"]
    (case,) = (Case.of(item) for item in way.store.kinds("case"))
    assert case.application is not None
    assert total == case.application["total_expenses"] / 100


def test_every_question_of_both_forms_has_a_column_with_a_name_of_its_own() -> None:
    for lang in ("fr", "en"):
        every = columns(lang, {})
        heads = [heading(column, lang) for column in every]
        assert len(set(heads)) == len({column.id for column in every}) == len(every)
        assert all(heads)
        for form in ("eoi", "application"):
            keys = {f["key"] for s in content.form(form)["sections"] for f in s["fields"]}
            there = {c.id.partition(".")[2] for c in every if c.group == form}
            assert keys - there <= {"contact_phone_ext", "applicant_phone_ext"}


def test_an_export_asks_for_a_code_first_and_each_is_in_the_log(
    way: Journey, files: list[Case], objects: MemoryObjects
) -> None:
    unsure = signed_in(way, confirmed=False)
    told = unsure.get("/desk/export?tab=to_decide")
    assert "/desk/account?next=" in told.headers["Location"]
    rita = signed_in(way)
    page = exported(rita, "tab=to_decide")
    way.clock.pass_(minutes=1)
    fetched(rita, page, objects)
    way.clock.pass_(minutes=30)
    again = rita.get(f"{page}/file")
    assert "/desk/account?next=" in again.headers["Location"], "the code holds for a while"
    noted = log.of_month(way.store, "2026-03")
    assert [(row["what"], row["by"]) for row in noted] == [
        ("download", "rita-roy"), ("export", "rita-roy"),
    ]  # fmt: skip
    assert noted[0]["facts"]["files"] == len(files)


def test_an_export_is_its_askers_alone_and_for_a_day(
    way: Journey, files: list[Case], objects: MemoryObjects
) -> None:
    rita, sam = signed_in(way), signed_in(way, SAMS)
    page = exported(rita)
    for address in (page, f"{page}/file"):
        assert sam.get(address).status_code == 404
    way.clock.pass_(hours=25)
    again = signed_in(way)
    told = again.get(f"{page}/file")
    assert path(told.headers["Location"]) == page
    assert "n’est plus gardé" in again.get(page).body.decode()


def test_a_file_from_which_somebody_stands_back_is_not_in_their_export(
    way: Journey, files: list[Case], objects: MemoryObjects
) -> None:
    by = Decider("rita-roy", "Rita Roy")
    way.service.cases.decisions.act(files[1], "recuse", by)
    rita = signed_in(way)
    page = exported(rita)
    assert "conflit d’intérêts" in rita.get(page).body.decode()
    body = str(sheet(fetched(rita, page, objects)))
    assert files[1].org not in body
    assert files[2].org in body


@pytest.mark.parametrize(
    ("fields", "word"), [({"format": "pdf", "all": "on"}, "f-format"), ({"format": "csv"}, "f-columns"),
                         ({"format": "csv", "column": "file.nothing"}, "f-columns")],
)  # fmt: skip
def test_an_export_of_nothing_is_refused_with_the_place(
    way: Journey, fields: dict[str, str], word: str
) -> None:
    rita = signed_in(way)
    form = form_of(rita.get("/desk/export"))
    told = rita.post("/desk/export", ("nonce", form), *fields.items())
    assert told.status_code == 422
    assert f'href="#{word}"' in told.body.decode()
    assert not way.store.kinds("job")


def test_a_column_that_is_no_text_is_none(way: Journey) -> None:
    rita = signed_in(way)
    form = form_of(rita.get("/desk/export"))
    cookie = "; ".join(f"{name}={value}" for name, value in rita.cookies.items())
    for column in (5, None, {"a": 1}, [5, None], True):
        fields = {"nonce": form, "column": column, "format": "csv"}
        told = way.visitor.send(
            "/desk/export", fields, Cookie=cookie, Sec_Fetch_Site="same-origin", Accept="text/html"
        )
        assert told.status_code == 422, told.body
    assert not way.store.kinds("job")


# Work in steps: whatever dies, the sheet is whole, and made once.


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.desk.exporting.FILES_A_STEP", 2)
    monkeypatch.setattr("chalicelib.desk.files.IDS_AT_ONCE", 2)


def begun(way: Journey) -> StaffJob:
    desk = way.service.desk
    every = [column.id for column in columns("fr", {})]
    return desk.exporting.begin(desk.jobs, WHOLE, Filters.of({}), every, "csv", "fr")


def run(way: Journey, seconds: float = 600) -> StaffJob:
    way.service.desk.jobs.run_open(seconds)
    (job,) = way.service.desk.jobs.latest("rita-roy", "export")
    return job


def made(objects: MemoryObjects, job: StaffJob) -> list[list[str]]:
    body = objects.kept[f"exports/{job.id}/files.csv"]
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


@pytest.mark.usefixtures("small_steps")
def test_an_export_that_dies_anywhere_goes_on_where_it_was(
    way: Journey, files: list[Case], objects: MemoryObjects
) -> None:
    whole = made(objects, run_through(way, objects, lambda: None))
    assert len(whole) == len(files) + 1
    for number in range(20):
        deaths = iter([*([False] * number), True, *([False] * 99)])

        def die(steps: Any = deaths) -> None:
            if next(steps):
                raise SystemExit

        assert made(objects, run_through(way, objects, die)) == whole, number


def run_through(way: Journey, objects: MemoryObjects, before: Callable[[], None]) -> StaffJob:
    """An export with something that happens before each write; who dies is followed by another."""
    for row in [*way.store.kinds("job"), *way.store.kinds("job_open")]:
        del way.store.items[row["pk"], row["sk"]]
    job = begun(way)
    objects.before = lambda name: before()
    way.store.before = lambda writes: before()
    while job.status == "open":
        try:
            job = run(way)
        except SystemExit:
            way.clock.pass_(minutes=6)
            job = way.service.desk.jobs.of("rita-roy", job.id) or job
    objects.before = lambda name: None
    way.store.before = lambda writes: None
    assert job.status == "done"
    assert way.store.rows(OPEN) == []
    return job


@pytest.mark.usefixtures("small_steps")
def test_a_run_whose_time_is_over_leaves_the_rest_to_the_next(
    way: Journey, files: list[Case], objects: MemoryObjects
) -> None:
    begun(way)
    seen = []
    for _ in range(9):
        job = run(way, 0.001)
        seen.append((job.row["stage"], job.row["done"]))
        way.clock.pass_(minutes=1)
        if job.status == "done":
            break
    assert made(objects, job)[1:]


@pytest.mark.usefixtures("small_steps")
def test_two_runs_at_once_do_not_work_at_one_job(
    way: Journey, files: list[Case], objects: MemoryObjects
) -> None:
    job, jobs = begun(way), way.service.desk.jobs
    beside: list[str] = []

    def other(name: str) -> None:
        beside.append(jobs.run(job, 600).row["stage"])

    objects.before = other
    assert jobs.run(job, 600).status == "done"
    assert set(beside) <= {"listing", "reading", "writing"}
    assert len(made(objects, job)) == len(files) + 1


def test_a_job_whose_step_fails_is_tried_some_times_and_then_said_to_have_failed(
    way: Journey, files: list[Case], objects: MemoryObjects
) -> None:
    begun(way)

    def broken(name: str) -> None:
        raise StoreDown("no bucket")

    objects.before = broken
    for _ in range(MAX_TRIES):
        job = run(way)
    assert job.status == "failed"
    assert way.store.rows(OPEN) == []
    page = signed_in(way, confirmed=False).get(f"/desk/exports/{job.id}")
    assert "a échoué" in page.body.decode()


def test_a_long_list_is_made_beside_and_its_page_says_how_far_it_is(
    way: Journey, files: list[Case], objects: MemoryObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.views.desk.exports.MADE_AT_ONCE", 2)
    rita = signed_in(way)
    page = exported(rita)
    assert "dans la minute" in rita.get(page).body.decode()
    assert way.service.desk.jobs.run_open(600) == 1
    assert fetched(rita, page, objects)
    assert way.service.desk.jobs.run_open(600) == 0


@pytest.mark.usefixtures("small_steps")
def test_a_file_that_moves_on_meanwhile_is_in_the_sheet_once(
    way: Journey, files: list[Case], objects: MemoryObjects
) -> None:
    job = begun(way)
    desk, by = way.service.desk, Decider("sam-lee", "Sam Lee")
    desk.jobs.run(job, 0)
    way.service.cases.decisions.act(files[5], "approve", by)
    way.declare("new@example.org", org_legal_name="Nouveau")
    rows = made(objects, run(way))
    assert [row for row in rows if "Nouveau" in row] == []
    assert len({tuple(row) for row in rows}) == len(rows) == len(files) + 1
