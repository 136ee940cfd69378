"""A draft keeps what each of its writers typed: by one conditional write, whatever comes between."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import files
import samples
from chalicelib.cases.case import Case
from chalicelib.cases.intake.draft_sending import DraftSending, answers
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.core.errors import BadLink, DraftBusy, DraftChanged, StoreDown, TooLarge, TooMany
from chalicelib.core.ports import Write
from chalicelib.forms.attachments.bringing import Brought
from chalicelib.forms.drafts.draft import (
    EMPTY_RETENTION,
    MAX_EDITORS,
    RETENTION,
    ROW_BYTES,
    ROW_ID,
    FormDraft,
    draft_key,
    new_editor,
    row_names,
    section_ids,
)
from chalicelib.forms.drafts.drafts import Drafts
from chalicelib.forms.drafts.merging import digests, merge
from chalicelib.forms.drafts.progress import examined, progress
from chalicelib.forms.drafts.refused import DraftSent, EditedMeanwhile, Holder
from chalicelib.forms.drafts.typed import section_of, typed
from chalicelib.forms.problems import InvalidForm
from chalicelib.services import Services
from fakes import MemoryStore, SetClock

KEY = b"p" * 32
CAME = IncomingForm("eoi", {}, "fr", address="192.0.2.1")


@pytest.fixture
def drafts(store: MemoryStore, clock: SetClock) -> Drafts:
    return Drafts(store, clock, KEY, 100)


@pytest.fixture
def sending(service: Services, drafts: Drafts) -> DraftSending:
    return DraftSending(service.intake, drafts, service.links)


def begun(drafts: Drafts, known: Mapping[str, Any] | None = None) -> Holder:
    return drafts.begin("eoi", "fr", "192.0.2.1", {}, dict(known or {}))


def filled(drafts: Drafts, form: str = "eoi", **changes: Any) -> Holder:
    """A draft in which every section was saved."""
    given = getattr(samples, form)(**changes)
    holder = drafts.begin(form, "fr", "192.0.2.1", {"uninvited": "1"}, {})
    for name in section_ids(form):
        values = typed(section_of(form, name)["fields"], given)
        drafts.save(holder, name, values, version=0)
    return holder


def colleague(drafts: Drafts, holder: Holder, name: str = "Zoé") -> Holder:
    editor = new_editor()
    drafts.store.commit([drafts.get(holder).inviting(name, editor)])
    return Holder(holder.draft, editor)


def test_a_save_is_one_conditional_write_and_no_read(drafts: Drafts, store: MemoryStore) -> None:
    holder = begun(drafts)
    before, reads = len(store.commits), store.reads
    saved = drafts.save(holder, "contact", {"contact_email": "ada@"}, version=0)
    assert (saved.version, len(store.commits) - before, store.reads - reads) == (1, 1, 0)
    (write,) = store.commits[-1]
    assert getattr(write, "expect", None)


def test_what_does_not_fit_is_kept_as_it_was_typed(drafts: Drafts) -> None:
    holder = begun(drafts)
    wrong = {"contact_email": "ada@", "contact_title": "x" * 5000, "contact_phone": "maybe"}
    drafts.save(holder, "contact", wrong, version=0)
    assert drafts.get(holder).sections["contact"].values == wrong


def test_a_second_save_of_the_same_page_changes_nothing(drafts: Drafts) -> None:
    holder = begun(drafts)
    for _ in range(3):
        saved = drafts.save(holder, "contact", {"contact_title": "Chef"}, version=0)
        assert saved.version == 1


def test_two_who_change_other_fields_of_a_section_are_joined(drafts: Drafts) -> None:
    ada = begun(drafts)
    first = {"contact_title": "Chef", "contact_email": "a@example.org"}
    drafts.save(ada, "contact", first, version=0)
    zoe, seen = colleague(drafts, ada), digests(first)
    drafts.save(ada, "contact", {**first, "contact_title": "Cheffe"}, version=1, seen=seen)
    theirs = {**first, "contact_phone": "514 555-0123"}
    saved = drafts.save(zoe, "contact", theirs, version=1, seen=seen)
    assert saved.values == {**theirs, "contact_title": "Cheffe"}
    kept = drafts.get(ada).sections["contact"]
    assert (kept.values, kept.version, kept.by) == (saved.values, 3, zoe.editor)


def test_two_who_change_one_field_are_shown_both(drafts: Drafts) -> None:
    ada = begun(drafts)
    zoe = colleague(drafts, ada)
    drafts.save(ada, "contact", {"contact_title": "Cheffe"}, version=0)
    with pytest.raises(EditedMeanwhile) as met:
        drafts.save(zoe, "contact", {"contact_title": "Chef"}, version=0)
    assert (met.value.mine, met.value.theirs) == (
        {"contact_title": "Chef"},
        {"contact_title": "Cheffe"},
    )
    assert met.value.disputed == ("contact_title",)
    drafts.save(zoe, "contact", {"contact_title": "Chef"}, version=1)
    assert drafts.get(ada).values == {"contact_title": "Chef"}


def saved(
    drafts: Drafts, who: Holder, mine: dict[str, Any], version: int, shown: dict[str, Any]
) -> EditedMeanwhile | None:
    """Save the page that showed these answers; return what both wrote, where they differ."""
    try:
        drafts.save(who, "contact", mine, version=version, seen=digests(shown))
    except EditedMeanwhile as both:
        return both
    return None


TEXTS = st.sampled_from(["", "a", "b", "c"])
FIELDS = ("contact_title", "contact_first_name", "contact_email")
PAGES = st.fixed_dictionaries(dict.fromkeys(FIELDS, TEXTS))
STEPS = st.lists(st.tuples(st.sampled_from("az"), st.booleans(), PAGES), max_size=12)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_two_editors_do_no_answer_is_lost_in_silence(
    steps: list[tuple[str, bool, dict[str, str]]],
) -> None:
    """Each opens the page, or saves the page that they opened at some time; an answer that is
    replaced was on the page of whoever replaced it, or it is shown to them."""
    drafts = Drafts(MemoryStore(), SetClock(), KEY, 100)
    ada = begun(drafts)
    holders = {"a": ada, "z": colleague(drafts, ada)}
    blank: dict[str, Any] = {}
    pages = dict.fromkeys(holders, (0, blank))
    for who, opens, given_ in steps:
        before = drafts.get(ada).sections["contact"]
        if opens:
            pages[who] = (before.version, before.values)
            continue
        version, shown = pages[who]
        mine = {name: text for name, text in given_.items() if text}
        both = saved(drafts, holders[who], mine, version, shown)
        if both is not None:
            assert drafts.get(ada).sections["contact"] == before, "nothing was written"
            assert (both.mine, both.theirs) == (mine, before.values)
            continue
        after = drafts.get(ada).sections["contact"].values
        for name in FIELDS:
            had, has = before.values.get(name), after.get(name)
            typed_ = mine.get(name)
            assert has in (had, typed_)
            assert has == typed_ or typed_ == shown.get(name), "what I changed is kept"
            assert has == had or had == shown.get(name), "what they changed is kept"


@settings(max_examples=40, deadline=None)
@given(PAGES, PAGES, PAGES)
def test_merging_is_the_same_from_both_sides_where_nothing_is_disputed(
    shown: dict[str, str], one: dict[str, str], other: dict[str, str]
) -> None:
    seen = digests(shown)
    here, there = merge(dict(one), dict(other), seen), merge(dict(other), dict(one), seen)
    assert here.disputed == there.disputed or set(here.disputed) == set(there.disputed)
    assert here.disputed or here.values == there.values


def test_rows_are_added_changed_and_removed_by_what_they_are(drafts: Drafts) -> None:
    ada = begun(drafts)
    zoe = colleague(drafts, ada)
    for holder, row in ((ada, "1a"), (zoe, "2b"), (ada, "1a")):
        drafts.save_row(holder, "collective", "partners", {"name": row, ROW_ID: row}, seen="")
    names = [row["name"] for row in drafts.get(ada).values["partners"]]
    assert names == ["1a", "2b"], "the same row twice is one row"
    drafts.remove_row(zoe, "collective", "partners", "1a")
    drafts.remove_row(zoe, "collective", "partners", "1a")
    row_ = {"name": "new", ROW_ID: "1a"}
    with pytest.raises(EditedMeanwhile) as met:
        drafts.save_row(ada, "collective", "partners", row_, seen=digests({"name": "1a"}))
    assert (met.value.mine["name"], met.value.theirs) == ("new", {})
    assert [row["name"] for row in drafts.get(ada).values["partners"]] == ["2b"]


def test_a_row_that_was_emptied_is_as_good_as_removed(drafts: Drafts) -> None:
    ada = begun(drafts)
    zoe = colleague(drafts, ada)

    def save(who: Holder, seen: Mapping[str, Any] | None, **cells: str) -> list[str]:
        row, shown = {**cells, ROW_ID: "1a"}, digests(seen) if seen else ""
        drafts.save_row(who, "collective", "partners", row, seen=shown)
        return [row.get("name", "") for row in drafts.get(ada).values.get("partners", [])]

    first = {"name": "École", ROW_ID: "1a"}
    assert save(ada, None) == [], "a new one that is blank is none"
    assert save(ada, None, name="École") == ["École"]
    drafts.save_row(ada, "collective", "partners", {"name": "Ville", ROW_ID: "2b"}, seen="")
    assert save(ada, first) == ["Ville"]
    assert save(ada, first) == ["Ville"], "twice is once"
    drafts.restore_row(ada, "collective", "partners", "1a")
    assert drafts.get(ada).values["partners"][0] == first, "it can be put back"
    save(ada, first)
    assert save(ada, None, name="Hôpital") == ["Hôpital", "Ville"], "written anew, it stays there"
    shown = {"name": "Hôpital", ROW_ID: "1a"}
    save(zoe, shown, name="Hôpital", sector="public")
    assert save(ada, shown) == ["", "Ville"], "what a colleague wrote meanwhile stays"
    (row, _) = drafts.get(ada).values["partners"]
    save(zoe, row, sector="private")
    with pytest.raises(EditedMeanwhile) as met:
        save(ada, row)
    assert met.value.disputed == ("sector",)
    drafts.remove_row(ada, "collective", "partners", "1a")
    save(ada, None, name="Hôpital", sector="private")
    row = {"name": "Hôpital", "sector": "private", ROW_ID: "1a"}
    for seen in (row, None):
        assert save(ada, seen, sector="private") == ["Ville"], "nobody takes a choice back by hand"
    assert save(ada, None, name="A", sector="private") == ["A", "Ville"]
    row = {"sector": "private", ROW_ID: "3c"}
    drafts.save_row(ada, "collective", "partners", row, seen="")
    drafts.save_row(ada, "collective", "partners", {**row, "name": "B"}, seen=digests(row))
    assert drafts.get(ada).values["partners"][-1]["name"] == "B", "a row may begin with a choice"


def test_a_section_is_saved_without_its_rows_and_keeps_them(drafts: Drafts) -> None:
    holder = begun(drafts)
    drafts.save_row(holder, "collective", "partners", {"name": "A", ROW_ID: "a"}, seen="")
    mine = {"collective_name": "C"}
    saved = drafts.save(holder, "collective", mine, version=0, seen=digests({}))
    assert saved.version == 2, "somebody added a row meanwhile, and nothing is disputed"
    assert drafts.get(holder).values["partners"] == [{"name": "A", ROW_ID: "a"}]


def test_a_draft_that_is_sent_leaves_a_case_and_no_answer(
    drafts: Drafts, sending: DraftSending, store: MemoryStore, clock: SetClock
) -> None:
    holder = filled(drafts)
    clock.pass_(minutes=5)
    first = sending.send(holder, "fr", CAME)
    again = sending.send(holder, "fr", CAME)
    assert (first.ref, first.replayed, again.ref, again.replayed) == (
        first.ref,
        False,
        first.ref,
        True,
    )
    (case,) = store.kinds("case")
    assert case["answers"]["partners"][0]["name"] == samples.EOI["partners"][0]["name"]
    (left,) = store.kinds("draft")
    assert set(left) == {
        "pk", "sk", "kind", "form", "lang", "made_at", "expires", "state", "sent",
    }  # fmt: skip
    with pytest.raises(DraftSent):
        drafts.save(holder, "contact", {"contact_title": "late"}, version=1)


def test_a_draft_writes_what_the_one_post_of_everything_writes(
    drafts: Drafts, sending: DraftSending, service: Services, store: MemoryStore, clock: SetClock
) -> None:
    clock.pass_(minutes=5)
    service.intake.receive(IncomingForm("eoi", samples.eoi(), "fr", address="192.0.2.1"))
    (posted,) = store.kinds("case")
    letters = sorted(letter["letter"] for letter in store.kinds("letter"))
    for kind in ("case", "open", "once", "letter"):
        for row in store.kinds(kind):
            del store.items[row["pk"], row["sk"]]
    holder = filled(drafts)
    clock.pass_(minutes=5)
    sending.send(holder, "fr", CAME)
    (sent,) = store.kinds("case")
    assert {k: sent[k] for k in ("answers", "warnings", "state", "lang", "email")} == {
        k: posted[k] for k in ("answers", "warnings", "state", "lang", "email")
    }
    assert sorted(letter["letter"] for letter in store.kinds("letter")) == letters


def test_what_is_saved_while_the_form_is_sent_is_not_lost(
    drafts: Drafts, sending: DraftSending, store: MemoryStore, clock: SetClock
) -> None:
    holder = filled(drafts)
    clock.pass_(minutes=5)

    def meanwhile(writes: list[Write]) -> None:
        store.before = lambda _: None
        drafts.save(holder, "contact", {"contact_title": "late"}, version=1)

    store.before = meanwhile  # type: ignore[assignment]
    with pytest.raises(DraftChanged):
        sending.send(holder, "fr", CAME)
    assert not store.kinds("case")
    assert drafts.get(holder).sections["contact"].values == {"contact_title": "late"}


@pytest.mark.parametrize("dies_at", range(4))
def test_a_process_that_dies_while_it_sends_sends_once(
    drafts: Drafts, sending: DraftSending, store: MemoryStore, clock: SetClock, dies_at: int
) -> None:
    holder = filled(drafts)
    clock.pass_(minutes=5)
    left = [dies_at]

    def die(writes: list[Write]) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise StoreDown("died")

    store.before = die  # type: ignore[assignment]
    with suppress(StoreDown):
        sending.send(holder, "fr", CAME)
    store.before = lambda writes: None
    ref = sending.send(holder, "fr", CAME).ref
    assert [Case.of(case).ref for case in store.kinds("case")] == [ref]
    assert store.kinds("draft")[0]["state"] == "sent"


def test_what_cannot_be_sent_yet_stays_a_draft(
    drafts: Drafts, sending: DraftSending, store: MemoryStore
) -> None:
    holder = begun(drafts)
    drafts.save(holder, "contact", {"contact_title": "Chef"}, version=0)
    with pytest.raises(InvalidForm):
        sending.send(holder, "fr", CAME)
    assert not store.kinds("case")
    assert drafts.get(holder).values == {"contact_title": "Chef"}


def test_an_answer_that_is_asked_no_longer_is_kept_and_not_sent(drafts: Drafts) -> None:
    holder = filled(drafts, org_status="not_a_donee")
    draft = drafts.get(holder)
    assert "org_bn" in draft.values
    assert "org_bn" not in answers(draft)


def test_each_section_says_how_far_it_is(drafts: Drafts, clock: SetClock) -> None:
    holder = filled(drafts, contact_email="ada@", org_city="")
    draft = drafts.get(holder)
    found = progress(draft, examined(draft, "fr", clock.now.date()))
    assert {p.id: p.status for p in found} == {
        "contact": "wrong", "organization": "begun", "collective": "complete",
        "issue": "complete", "intention": "complete", "coaching": "complete", "consents": "complete",
    }  # fmt: skip
    fresh = drafts.get(begun(drafts))
    found = progress(fresh, examined(fresh, "fr", clock.now.date()))
    assert {p.status for p in found} == {"new"}


def test_a_draft_is_kept_from_its_last_change_on_and_an_empty_one_shortly(
    drafts: Drafts, clock: SetClock
) -> None:
    holder = begun(drafts)
    clock.pass_(seconds=EMPTY_RETENTION.total_seconds() - 60)
    drafts.save(holder, "contact", {"contact_title": "Chef"}, version=0)
    for _ in range(2):
        clock.pass_(seconds=RETENTION.total_seconds() - 60)
        drafts.extend(holder)
    clock.pass_(seconds=RETENTION.total_seconds() + 60)
    with pytest.raises(BadLink):
        drafts.get(holder)
    empty = begun(drafts)
    clock.pass_(seconds=EMPTY_RETENTION.total_seconds() + 60)
    with pytest.raises(BadLink):
        drafts.get(empty)


def test_a_link_that_was_taken_back_opens_and_saves_nothing(drafts: Drafts) -> None:
    ada = begun(drafts)
    zoe = colleague(drafts, ada)
    drafts.remove_editor(ada, zoe.editor)
    for refused in (
        lambda: drafts.get(zoe),
        lambda: drafts.save(zoe, "contact", {"contact_title": "x"}, version=0),
        lambda: drafts.get(Holder(ada.draft[:-1], ada.editor)),
    ):
        with pytest.raises(BadLink):
            refused()
    for number in range(MAX_EDITORS - 1):
        colleague(drafts, ada, f"Nom {number}")
    with pytest.raises(TooMany):
        colleague(drafts, ada)


def test_a_draft_is_deleted_with_everything_of_it(drafts: Drafts, store: MemoryStore) -> None:
    holder = filled(drafts)
    drafts.erase(holder)
    assert [key for key in store.items if key[0] == draft_key(holder.draft)[0]] == []


def test_a_section_that_leaves_no_room_for_the_others_is_refused(drafts: Drafts) -> None:
    holder = begun(drafts)
    with pytest.raises(TooLarge):
        drafts.save(holder, "issue", {"issue_summary": "é" * 40_000}, version=0)


@pytest.mark.parametrize("name", ["redirect", "invite", "ref", "notice", "consent_shown"])
def test_what_stays_with_a_draft_beside_its_answers_is_short(drafts: Drafts, name: str) -> None:
    holder, long = begun(drafts), {name: "é" * 1001}
    with pytest.raises(TooLarge):
        drafts.save(holder, "issue", {}, version=0, carried=long)
    with pytest.raises(TooLarge):
        drafts.begin("eoi", "fr", "192.0.2.1", long, {})
    drafts.save(holder, "issue", {}, version=0, carried={name: "x" * 2000})


def test_what_is_carried_counts_in_its_section(drafts: Drafts) -> None:
    room = ROW_BYTES // len(section_ids("eoi"))
    values = {"issue_summary": "x" * (room - 100)}
    drafts.save(begun(drafts), "issue", values, version=0)
    with pytest.raises(TooLarge):
        drafts.save(begun(drafts), "issue", values, version=0, carried={"notice": "x" * 200})
    with pytest.raises(TooLarge):
        begun(drafts, {"issue_summary": "x" * room})


def test_what_is_known_stands_in_its_sections_which_are_still_to_be_read(drafts: Drafts) -> None:
    holder = begun(drafts, {"org_city": "Laval", "partners": [{"name": "A"}]})
    draft = drafts.get(holder)
    assert draft.sections["organization"].values == {"org_city": "Laval"}
    assert draft.values["partners"][0]["name"] == "A"
    assert draft.is_empty
    assert isinstance(draft, FormDraft)


def test_what_was_typed_elsewhere_is_kept_as_long_as_what_is_typed_here(
    drafts: Drafts, clock: SetClock, store: MemoryStore
) -> None:
    holder = drafts.begin("eoi", "fr", "192.0.2.1", {}, {}, {"org_city": "Laval"})
    clock.pass_(seconds=RETENTION.total_seconds() - 60)
    assert drafts.get(holder).values == {"org_city": "Laval"}
    assert "due_at" in store.items[draft_key(holder.draft)]


def test_a_colleague_takes_a_draft_from_nobody(drafts: Drafts, service: Services) -> None:
    letters = service.drafts.letters
    ada = begun(drafts)
    zoe = colleague(drafts, ada)
    letters.keep(ada, "ada@example.org", "fr")
    letters.keep(zoe, "zoe@example.org", "en")
    drafts.remove_editor(zoe, ada.editor)
    kept = drafts.get(ada)
    assert (kept.email, kept.owner, kept.lang) == ("ada@example.org", ada.editor, "fr")


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("text", "wrong_list"),
        (1.5, "wrong_list"),
        (True, "wrong_list"),
        ({"0": {"name": "A"}}, "wrong_list"),
        (["A"], "wrong_list"),
        ([{"name": "A"}, [1]], "wrong_list"),
        ([{"name": "A"}] * 101, "too_many"),
    ],
)
def test_what_is_no_list_of_rows_is_refused_and_none_is_left_out(rows: Any, code: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        typed(section_of("eoi", "collective")["fields"], {"partners": rows})
    assert [problem.code for problem in refused.value.problems] == [code]


def test_rows_that_hold_nothing_are_none_and_no_two_have_one_id() -> None:
    given = [None, {}, {"name": "A", ROW_ID: "aa"}, {"name": " "}, {"name": "B", ROW_ID: "aa"}]
    found = typed(section_of("eoi", "collective")["fields"], {"partners": given})["partners"]
    assert [row["name"] for row in found] == ["A", "B"]
    assert len({row[ROW_ID] for row in found}) == 2


Press = Callable[[Services, Holder], object]


def row_of_its_own(service: Services, holder: Holder) -> object:
    row = {ROW_ID: new_editor(), "name": "A"}
    section = next(
        one for one in section_ids("application") if "partners" in row_names("application", one)
    )
    return service.drafts.drafts.save_row(holder, section, "partners", row, seen="")


def invite(service: Services, holder: Holder) -> None:
    taken = len(service.drafts.drafts.get(holder).editors)
    address = f"zoe{taken}-{new_editor()}@example.org"
    service.drafts.letters.invite(holder, address, "Zoé", "fr")


def remove_the_first_colleague(service: Services, holder: Holder) -> None:
    zoe = next((one for one, name in service.drafts.drafts.get(holder).editors.items() if name), "")
    service.drafts.drafts.remove_editor(holder, zoe)


def remove_the_document(service: Services, holder: Holder) -> None:
    there = service.drafts.drafts.get(holder).attachments
    service.drafts.attachments.remove(holder, next(iter(there), "gone"))


PRESSES: dict[str, tuple[int, Press]] = {
    "extend": (12, lambda service, holder: service.drafts.drafts.extend(holder)),
    "add a row": (12, row_of_its_own),
    "invite": (4, invite),
    "keep": (4, lambda service, holder: service.drafts.letters.keep(holder, "a@b.org", "fr")),
    "remove a colleague": (4, remove_the_first_colleague),
    "remove a document": (4, remove_the_document),
    "delete": (4, lambda service, holder: service.drafts.drafts.erase(holder)),
}


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("name", PRESSES)
def test_whatever_is_pressed_many_times_at_once_is_done(
    service: Services, store: MemoryStore, name: str, nested: bool
) -> None:
    many, press = PRESSES[name]
    drafts = service.drafts.drafts
    holder = drafts.begin("application", "fr", "192.0.2.1", {"uninvited": "1"}, {})
    colleague(drafts, holder)
    quote = Brought("file_coach_quote", "a.pdf", files.pdf())
    service.drafts.attachments.add(holder, quote, "192.0.2.1")
    left = many - 1

    def another_first(writes: Sequence[Write]) -> None:
        nonlocal left
        if left and any(write.key == draft_key(holder.draft) for write in writes):
            left -= 1
            store.before = another_first if nested else lambda writes: None
            press(service, holder)
            store.before = another_first

    store.before = another_first
    press(service, holder)
    store.before = lambda writes: None
    assert left == 0 or name in ("keep", "delete", "remove a colleague", "remove a document")
    if name == "delete":
        assert drafts.is_gone(holder)
        return
    draft = drafts.get(holder)
    assert len(draft.values.get("partners", [])) == (many if name == "add a row" else 0)
    assert len(draft.attachments) == (name != "remove a document")
    assert len(draft.editors) == 2 + {"invite": many, "remove a colleague": -1}.get(name, 0)
    owed = {"invite": many, "keep": 1}
    assert len(store.kinds("letter")) == owed.get(name, 0)


def test_an_act_that_others_are_always_before_is_answered_with_a_change(
    drafts: Drafts, store: MemoryStore
) -> None:
    holder = begun(drafts)

    def changed(writes: Sequence[Write]) -> None:
        store.items[draft_key(holder.draft)]["edits"] += 1

    store.before = changed
    for act in (drafts.extend, drafts.erase):
        with pytest.raises(DraftBusy):
            act(holder)
