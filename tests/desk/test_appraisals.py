"""Files are appraised by criteria: each reviewer their own, for the team alone, and in the words of
the day they were answered."""

import json
from collections.abc import Sequence
from html import unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import content
from chalicelib.cases.case import FORM_NAMES, Case
from chalicelib.cases.staff import Staff
from chalicelib.core.errors import EditedByOther
from chalicelib.core.ports import Change, Write
from chalicelib.desk.appraisals import (
    Appraisal,
    Appraisals,
    Appraised,
    answered,
    appraisals_key,
    mean_share,
    tally,
)
from chalicelib.desk.columns import columns
from chalicelib.desk.criteria import CriteriaEditor, asked_criteria
from chalicelib.desk.edits import DeskEdits
from chalicelib.desk.files import MAX_SORTED
from chalicelib.desk.list_order import SCORES_AT_ONCE, Line, in_order
from chalicelib.people.erasure import ErasureDecision
from environment import RITA, SAM
from journey import ADA, Journey
from staff_browser import StaffBrowser
from tests.desk.test_desk_file import ME, opened, send
from tests.desk.test_desk_file import SAM as SAMS
from tests.desk.test_edits import seen
from tests.desk.test_edits import send as send_rule
from tests.desk.test_programme import signed_in

CHECKED = {"criterion_two_organizations": "yes", "criterion_in_canada": "not_applicable"}
PRIVATE = "Trop peu de partenaires à mon avis"


def browser(way: Journey, email: str) -> StaffBrowser:
    found = StaffBrowser(way.visitor)
    found.sign_in(email, way.mailer, way.deliver)
    return found


def page(of: StaffBrowser, case: Case) -> str:
    return unescape(of.get(f"/desk/files/{case.current_ref}?lang=fr").body.decode())


def appraise(of: StaffBrowser, case: Case, number: str = "0", **fields: str) -> tuple[int, str]:
    return send(of, opened(of, case), appraise="1", seen=number, lang="fr", **fields)


def test_each_reviewer_answers_first_and_then_reads_the_others(way: Journey) -> None:
    case, rita, sam = way.declare(), browser(way, ME), browser(way, SAMS)
    assert "à remplir" in page(rita, case)
    assert appraise(rita, case, **CHECKED, comment_in_canada=PRIVATE)[0] == 303
    mine = page(rita, case)
    assert "Rita Roy, 2 mars 2026" in mine
    assert "oui\u00a0: 1 – sans objet\u00a0: 1" in mine
    assert PRIVATE in mine
    theirs = page(sam, case)
    assert "Réponses de collègues\u00a0: 1" in theirs
    assert PRIVATE not in theirs
    assert PRIVATE not in sam.get(f"/desk/files/{case.ref}/print").body.decode()
    assert appraise(sam, case, criterion_in_canada="no")[0] == 303
    assert PRIVATE in page(sam, case)
    assert PRIVATE in sam.get(f"/desk/files/{case.ref}/print").body.decode()


def test_nobody_outside_the_team_reads_any_of_it(way: Journey) -> None:
    case, rita = way.declare(), browser(way, ME)
    appraise(rita, case, **CHECKED, comment_in_canada=PRIVATE)
    send(rita, opened(rita, case), decision="decline", reason="funds")
    way.after_undo()
    own = way.own()
    for address in (own, f"{own}?copy=1"):
        assert PRIVATE not in way.visitor.page(address).body.decode()
    way.do(own, action="copy")
    way.deliver()
    assert not any(PRIVATE in mail.text + mail.html for mail in way.mailer.sent)
    assert "changer mes réponses" not in page(rita, case).lower(), "it is decided"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "Répondez à au moins un critère"),
        ({"criterion_in_canada": "5"}, "Choisissez une des réponses"),
        ({"criterion_in_canada": "yes", "comment_in_canada": "é" * 601}, "600 caractères"),
    ],
)
def test_what_does_not_fit_is_said_and_kept(way: Journey, fields: dict[str, str], why: str) -> None:
    case, rita = way.declare(), browser(way, ME)
    status, body = appraise(rita, case, **fields, comment_two_organizations="Deux & plus")
    if not fields:
        status, body = appraise(rita, case)
    assert status == 422
    assert why in unescape(body)
    assert not fields or "Deux & plus" in unescape(body)


def test_of_two_tabs_the_second_loses_nothing_and_sees_the_first(way: Journey) -> None:
    case, rita = way.declare(), browser(way, ME)
    assert appraise(rita, case, **CHECKED)[0] == 303
    status, body = appraise(rita, case, criterion_in_canada="no", comment_in_canada="Au Québec.")
    assert status == 409
    assert "Vous avez gardé d’autres réponses entre-temps" in unescape(body)
    assert "Au Québec." in unescape(body)
    assert "sans objet\u00a0: 1" in unescape(body)
    assert appraise(rita, case, "1", criterion_in_canada="no")[0] == 303


def test_two_reviewers_in_the_same_moment_are_both_kept(way: Journey) -> None:
    case, kept = way.declare(), Appraisals(way.store, way.clock)
    rita, sam = Staff.of(RITA), Staff.of(SAM)
    lines = answered(asked_criteria("eoi"), {"in_canada": ("yes", "")}, None)

    def sam_is_faster(_: object) -> None:
        way.store.before = lambda writes: None
        kept.save(case, sam, lines, 0)

    for number in (0, 1):
        if number:
            way.store.items.pop(appraisals_key(case.id))
            kept.save(case, rita, lines, 0)
        way.store.before = sam_is_faster
        kept.save(case, rita, lines, number)
        assert [one["by"] for one in kept.of(case)["eoi"]] == ["rita-roy", "sam-lee"]

    def file_goes_on(writes: Sequence[Write]) -> None:
        way.store.before = lambda writes: None
        way.store.commit([Change(case.key, set={"state": "WITHDRAWN"})])

    way.store.before = file_goes_on
    with pytest.raises(EditedByOther):
        kept.save(case, rita, lines, 2)


# The criteria themselves.


def rule(form: str, **changed: str) -> dict[str, str]:
    """The fields of the editor as it stands, with some of them changed."""
    editor = CriteriaEditor("eoi" if form == "eoi" else "application")
    groups = editor.groups(content.criteria()[editor.form], "fr")
    found = {f.name: f.value for group in groups for f in group.fields if f.value}
    named = {key.replace("__", "."): text for key, text in changed.items()}
    return {k.replace(".", "__"): v for k, v in {**found, **named}.items() if v}


def test_a_criterion_that_is_changed_changes_nothing_that_was_answered(way: Journey) -> None:
    case, rita = way.declare(), signed_in(way, "manager")
    path = "/desk/rules/criteria-eoi"
    assert "Critères de la déclaration" in unescape(rita.get("/desk/rules").body.decode())
    on = rule("eoi", criterion__2__asked="on", criterion__3__asked="on", criterion__3__weight="3")
    assert send_rule(rita, path=path, seen="0", why="notes", **on).status_code == 303
    scores = {"criterion_fit": "3", "criterion_population": "1"}
    assert appraise(rita, case, **scores)[0] == 303
    assert "6/16" in page(rita, case)
    assert "moyenne\u00a0: 38" in page(rita, case)
    other = rule("eoi", criterion__2__fr="Tout autre chose.", criterion__2__en="Another thing.",
                 criterion__2__max="10", criterion__3__asked="")  # fmt: skip
    at = seen(rita.get(path))
    assert send_rule(rita, path=path, seen=at, why="mieux", **other).status_code == 303
    shown = page(rita, case)
    assert "L’enjeu exige une approche d’impact collectif. <strong>3/4</strong>" in shown
    assert "6/16" in shown
    asked = rita.get(f"/desk/files/{case.ref}?appraise=1").body.decode()
    assert "Tout autre chose." in asked, "what is asked from now on"
    assert appraise(rita, case, "1", criterion_fit="9")[0] == 303
    assert "12/22" in page(rita, case), "the criterion that is no longer asked stays as it was"
    rita.get(f"{path}?version=0")
    back = CriteriaEditor("eoi")
    DeskEdits(way.store, way.service.edits, way.clock).save(
        Staff.of(RITA), back.subject, None, "comme avant", 2
    )
    assert content.criteria()["eoi"] == back.packaged()
    assert "12/22" in page(rita, case)


def test_a_criterion_is_added_and_a_wrong_number_is_refused(way: Journey) -> None:
    rita, path = signed_in(way, "manager"), "/desk/rules/criteria-application"
    new = {"criterion__9__fr": "Le budget se tient", "criterion__9__en": "The budget holds",
           "criterion__9__kind": "score", "criterion__9__max": "0"}  # fmt: skip
    told = send_rule(rita, path=path, seen="0", why="x", **rule("application", **new))
    assert told.status_code == 422
    assert "de 1 à 100" in unescape(told.body.decode())
    fields = rule("application", **{**new, "criterion__9__max": ""})
    assert send_rule(rita, path=path, seen="0", why="x", **fields).status_code == 303
    assert asked_criteria("application")[-1] == {
        "id": "added_1", "kind": "score", "fr": "Le budget se tient", "en": "The budget holds",
        "max": 4, "weight": 1,
    }  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([f"criterion.{n}.{f}" for n in range(9) for f in ("fr", "en", "kind", "max", "asked")]),
        st.text(max_size=12),
    ),
    st.sampled_from(FORM_NAMES),
)  # fmt: skip
def test_whatever_is_typed_is_refused_in_words_or_fits_the_shape(
    fields: dict[str, str], form: Any
) -> None:
    editor = CriteriaEditor(form)
    value, faults = editor.read(fields, "fr")
    assert editor.groups(value, "fr")
    known = content.desk()["edits"]
    assert all(fault.code in known for fault in faults)


scores = st.tuples(st.integers(1, 9), st.integers(1, 20), st.integers(0, 9) | st.none())


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(scores, max_size=4), max_size=4))
def test_a_mean_lies_between_the_shares_and_counts_whole_appraisals_alone(
    given_: list[list[tuple[int, int, int | None]]],
) -> None:
    found = [_appraisal(one) for one in given_]
    whole = [one for one in found if not tally(one).left_open and tally(one).of]
    shares = [tally(one).points / tally(one).of for one in whole]
    mean = mean_share(found)
    assert (mean is None) == (not shares)
    assert mean is None or min(shares) - 1e-9 <= mean <= max(shares) + 1e-9 <= 1 + 1e-6


def _appraisal(one: list[tuple[int, int, int | None]]) -> Appraisal:
    lines: list[Appraised] = [
        {"id": str(n), "kind": "score", "fr": "x", "en": "x", "max": most, "weight": weight,
         "answer": "" if score is None else str(min(score, most)), "comment": ""}
        for n, (most, weight, score) in enumerate(one)
    ]  # fmt: skip
    return {"by": "a", "name": "A", "at": "2026-03-02", "number": 1, "criteria": lines}


# Where else it is read, and when it goes.


def test_a_list_is_exported_with_how_many_appraised_and_the_mean(way: Journey) -> None:
    case, kept = way.declare(), Appraisals(way.store, way.clock)
    for number, staff in enumerate((RITA, SAM)):
        one = _appraisal([(4, 1, 1 + 2 * number)])["criteria"]
        kept.save(case, Staff.of(staff), one, 0)
    row = way.store.get(*appraisals_key(case.id))
    assert row is not None
    made = {c.id: c.of(case) for c in columns("fr", {}, {appraisals_key(case.id): row})}
    assert (made["criteria.appraisals"], made["criteria.mean_score"]) == (2, 50.0)
    bare = {c.id: c.of(case) for c in columns("fr", {})}
    assert (bare["criteria.appraisals"], bare["criteria.mean_score"]) == (None, None)


def test_a_note_is_given_to_whom_it_is_about_and_to_nobody_else_without_names(
    way: Journey,
) -> None:
    case, other = way.declare(), way.declare("zoe@example.org")
    rita, sam = Staff.of(RITA), Staff.of(SAM)
    text = "@Sam Lee, @Sam, selon lea@example.org le budget de zoe@example.org est mince."
    for one in (case, other):
        way.service.desk.notes.add(one, rita, text, [sam])
    people = way.service.people(way.store)
    for address, kept, masked in ((ADA, "", "zoe@"), ("zoe@example.org", "zoe@", "lea@")):
        exported: dict[str, Any] = people.export.of(people.finder.find(address), way.clock())
        (note,) = exported["files"][0]["notes"]
        assert "est mince" in note["text"]
        assert "@staff, @staff, selon …@…" in note["text"]
        assert kept in note["text"]
        assert masked not in note["text"]
        assert (note["name"], note["sent_to"]) == ("staff", 1)
        given_out = json.dumps(note)
        assert not any(name in given_out for name in ("Rita", "Sam", "rita-roy", "sam-lee"))
    assert way.service.desk.notes.of(case)[0]["text"] == text, "the team still has the whole"


def test_whom_it_is_about_may_have_it_without_names_and_it_goes_with_the_file(
    way: Journey,
) -> None:
    case, rita = way.declare(), browser(way, ME)
    appraise(rita, case, **CHECKED, comment_in_canada=PRIVATE)
    people = way.service.people(way.store)
    given_out = json.dumps(people.export.of(people.finder.find(ADA), way.clock()))
    assert json.loads(given_out)["files"][0]["appraisals"]["eoi"][0]["by"] == "staff"
    assert "mon avis" in given_out
    assert "Rita" not in json.dumps(json.loads(given_out)["files"][0]["appraisals"])
    way.do(way.own(), "?do=withdraw", action="withdraw")
    people.erasure.erase(people.erasure.find(ADA), ErasureDecision("asked for it"))
    way.clock.pass_(minutes=5)
    way.deliver()
    assert way.store.get(*appraisals_key(case.id)) is None


def score(way: Journey, case: Case, staff: Staff, points: int) -> None:
    """Somebody gives a file so many points of four."""
    one: Appraised = {
        "id": "fit", "kind": "score", "fr": "x", "en": "x", "max": 4, "weight": 1,
        "answer": str(points), "comment": "",
    }  # fmt: skip
    way.service.desk.appraisals.save(case, staff, [one], 0)


def test_a_list_is_sorted_by_the_scores_that_its_reader_may_read(way: Journey) -> None:
    files = []
    for number in range(5):
        files.append(way.declare(f"ada{number}@example.org", org_legal_name=f"Maison {number}"))
        way.clock.pass_(minutes=1)
    rita, sam = Staff.of(RITA), Staff.of(SAM)
    for number, staff, points in (
        (0, rita, 1),
        (1, rita, 4),
        (1, sam, 0),
        (2, rita, 3),
        (3, sam, 4),
    ):
        score(way, files[number], staff, points)
    wanted = {
        ME: [(2, "75"), (1, "50"), (0, "25"), (4, ""), (3, "")],
        SAMS: [(3, "100"), (1, "50"), (4, ""), (2, ""), (0, "")],
    }
    for email, order in wanted.items():
        reader = browser(way, email)
        for lang, words in (("fr", "note moyenne\u00a0: {}\u00a0%"), ("en", "mean score: {}%")):
            told = reader.get(f"/desk/files?tab=to_decide&order=score&lang={lang}").body.decode()
            lines = [line for line in unescape(told).split("<tr>") if "Maison " in line]
            for line, (number, share) in zip(lines, order, strict=True):
                assert f"Maison {number}</a>" in line
                assert (words.format(share) in line) == bool(share)
                assert (words.partition(" ")[0] in line) == bool(share)
    other = browser(way, ME).get("/desk/files?tab=to_decide&order=due").body.decode()
    assert "note moyenne\u00a0:" not in other


def test_the_scores_of_a_list_are_read_in_as_few_calls_as_they_fit_in(
    way: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, asked = way.store, list[int]()
    read = store.batch_get

    def counted(keys: Sequence[tuple[str, str]]) -> Any:
        asked.append(len(keys))
        return read(keys)

    monkeypatch.setattr(store, "batch_get", counted)
    rows = [{"sk": f"{n:04}", "case": f"2026-{n}", "form": "eoi"} for n in range(MAX_SORTED)]
    lines = [Line(row, "EOI_PENDING") for row in rows]
    assert len(in_order(store, lines, "score", "rita-roy")) == MAX_SORTED
    assert asked == [SCORES_AT_ONCE] * 3
