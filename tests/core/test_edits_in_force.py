"""What staff edit is in force everywhere after a moment, and a form by a script reads nothing for it."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

import samples
from chalicelib import content
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.cases.staff import Roster, Staff
from chalicelib.content import edits
from chalicelib.core.edits import EDITS_CHECK_INTERVAL, EditsInForce
from chalicelib.core.errors import EditedByOther, IntakePaused, StoreDown
from chalicelib.core.ports import Check, Write
from chalicelib.core.settings import Settings, with_edits
from chalicelib.desk.edits import DeskEdits, TooMuchEdited
from chalicelib.desk.form_texts import WORDS
from chalicelib.forms.description import describe
from chalicelib.forms.parsing import FORMS
from chalicelib.services import Services
from fakes import MemoryStore, SetClock

PAUSED = {"status": "paused", "words": None, "reopens": None}
TITLE = "form/eoi/title"


@pytest.fixture
def rita(store: MemoryStore) -> Staff:
    found = Roster(store).get("rita-roy")
    assert found is not None
    return found


@pytest.fixture
def desk(store: MemoryStore, clock: SetClock) -> DeskEdits:
    """The desk, in a process of its own."""
    return DeskEdits(store, EditsInForce(store, clock), clock)


def eoi(**answers: object) -> IncomingForm:
    return IncomingForm("eoi", samples.eoi(**answers), "fr", address="192.0.2.1")


def test_a_form_is_stored_without_a_read_and_seldom_with_a_condition(
    service: Services, store: MemoryStore, clock: SetClock
) -> None:
    def checks() -> int:
        return sum(isinstance(write, Check) for write in store.commits[-1])

    reads = store.reads
    service.intake.receive(eoi())
    assert (store.reads, checks()) == (reads, 1)
    service.intake.receive(eoi(contact_email="b@example.org"))
    assert (store.reads, checks()) == (reads, 0)
    clock.pass_(seconds=EDITS_CHECK_INTERVAL.seconds)
    service.intake.receive(eoi(contact_email="c@example.org"))
    assert (store.reads, checks()) == (reads, 1)


def test_no_process_takes_a_form_longer_than_the_interval_after_it_was_paused(
    service: Services, store: MemoryStore, clock: SetClock, rita: Staff, desk: DeskEdits
) -> None:
    service.intake.receive(eoi())
    desk.save(rita, "intake/eoi", PAUSED, "the cycle is full", 0)
    edits.lay({})  # the other process has heard of nothing yet
    clock.pass_(seconds=EDITS_CHECK_INTERVAL.seconds)
    before = len(store.kinds("case"))
    with pytest.raises(IntakePaused):
        service.intake.receive(eoi(contact_email="b@example.org"))
    assert len(store.kinds("case")) == before
    desk.save(rita, "intake/eoi", None, "again", 1)
    edits.lay({"intake/eoi": (1, PAUSED)})
    clock.pass_(seconds=EDITS_CHECK_INTERVAL.seconds)
    assert service.intake.receive(eoi(contact_email="b@example.org")).ref


def test_a_process_that_starts_with_a_form_takes_none_that_is_paused(
    service: Services, rita: Staff, desk: DeskEdits
) -> None:
    desk.save(rita, "intake/eoi", PAUSED, "full", 0)
    edits.lay({})
    with pytest.raises(IntakePaused):
        service.intake.receive(eoi())


def test_a_pause_ends_by_itself_on_its_day(
    service: Services, clock: SetClock, rita: Staff, desk: DeskEdits
) -> None:
    day = str((clock() + timedelta(days=2)).date())
    desk.save(rita, "intake/eoi", {**PAUSED, "reopens": day}, "full", 0)
    with pytest.raises(IntakePaused):
        service.intake.receive(eoi())
    assert content.programme()["pauses"]["eoi"] == {"reopens": day}
    clock.pass_(days=2)
    assert service.intake.receive(eoi()).ref


def test_while_the_store_is_down_what_is_known_stays(
    store: MemoryStore, clock: SetClock, rita: Staff, desk: DeskEdits,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    other = EditsInForce(store, clock)
    desk.save(rita, TITLE, {"fr": "Titre", "en": "Title"}, "shorter", 0)
    other.refresh()

    asked: list[object] = []

    def down(*key: object) -> None:
        asked.append(key)
        raise StoreDown("away")

    monkeypatch.setattr(store, "get", down)
    clock.pass_(seconds=60)
    for _ in range(3):
        other.refresh()
    assert len(asked) == 1, "who waits for a store that is down waits once"
    assert content.form("eoi")["title"]["fr"] == "Titre"


def test_the_form_says_by_which_edit_it_was_worded_and_so_does_what_answers_it(
    service: Services, store: MemoryStore, rita: Staff, desk: DeskEdits
) -> None:
    packaged = content.form("eoi")["version"]
    assert describe("eoi", "en")["version"] == packaged
    desk.save(rita, TITLE, {"fr": "Titre", "en": "Title"}, "shorter", 0)
    service.intake.receive(eoi())
    (event,) = store.kinds("event")
    assert event["data"]["version"] == content.form("eoi")["version"] == f"{packaged}+1"


def test_of_two_who_edit_one_text_the_second_is_told_and_two_texts_do_not_meet(
    store: MemoryStore, rita: Staff, desk: DeskEdits, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.save(rita, TITLE, {"fr": "Un", "en": "One"}, "first", 0)
    with pytest.raises(EditedByOther):
        desk.save(rita, TITLE, {"fr": "Deux", "en": "Two"}, "second", 0)
    busy = [True]

    def meanwhile(writes: list[Write]) -> None:
        if busy and busy.pop():
            desk.save(rita, "intake/eoi", PAUSED, "full", 0)

    store.before = meanwhile  # type: ignore[assignment]
    desk.save(rita, TITLE, {"fr": "Deux", "en": "Two"}, "second", 1)
    assert {subject: value for subject, (_, value) in desk.standing().items()} == {
        TITLE: {"fr": "Deux", "en": "Two"}, "intake/eoi": PAUSED,
    }  # fmt: skip
    assert [one.why for one in desk.versions(TITLE)] == ["second", "first"]
    found = desk.version(TITLE, 1)
    assert found is not None
    assert found.value == {"fr": "Un", "en": "One"}


def test_more_than_a_row_holds_is_refused_whole(rita: Staff, desk: DeskEdits) -> None:
    import secrets

    with pytest.raises(TooMuchEdited):
        desk.save(rita, TITLE, {"fr": secrets.token_hex(400_000), "en": "x"}, "long", 0)
    assert not desk.standing()


@pytest.mark.parametrize(
    "value",
    [{"fr": "{x}", "en": "y"}, {"fr": "a"}, {"fr": "{", "en": "y"}, {"fr": "{0.x}", "en": "y"}, 3,
     {"fr": "{{ 7*7 }}", "en": "{% x %}"}],
)  # fmt: skip
def test_an_edit_that_does_not_fit_is_left_out_and_the_packaged_text_stands(value: object) -> None:
    packaged = content.form("eoi")["title"]["en"]
    edits.lay({TITLE: (1, value), "form/eoi/intro": (2, {"fr": "Bonjour", "en": "Hello"})})
    assert content.form("eoi")["title"]["en"] == packaged
    assert content.form("eoi")["intro"]["en"] == "Hello"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("{days} {"),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["fr", "en", "status"]), inner, max_size=3)
    ),
    max_leaves=4,
)


@examples(max_examples=30, suppress_health_check=list(HealthCheck))
@given(data=st.data(), value=ANYTHING)
def test_no_edit_whatever_it_holds_breaks_the_content_of_a_file(
    data: st.DataObject, value: object
) -> None:
    file = data.draw(st.sampled_from([*FORMS, *WORDS]))
    packaged = content.packaged(file)
    place = data.draw(st.sampled_from([place for place, _ in edits.texts(packaged)]))
    edits.lay({f"form/{file}/{place}": (1, value)})
    found = content.programme() if file == "programme" else content.form(file)
    there = dict(edits.texts(found))
    assert there.keys() == dict(edits.texts(packaged)).keys()
    assert all(text[lang].strip() for text in there.values() for lang in edits.LANGS)


def test_figures_in_an_edited_text_are_those_in_force() -> None:
    days = {"reply_target_business_days": 9}
    words = {"fr": "{reply_target_business_days} jours", "en": "{reply_target_business_days} days"}
    edits.lay({"dates": (1, days), TITLE: (2, words)})
    assert content.form("eoi")["title"]["en"] == "9 days"


def test_edited_settings_are_those_of_the_model_and_a_wrong_one_is_left_out(
    settings: Settings,
) -> None:
    wanted = {"undo_seconds": "60", "quiet_hours": "late", "stage": "prod", "contact_email": "x"}
    found = with_edits(settings, wanted)
    assert found.undo_seconds == 60
    assert found.model_copy(update={"undo_seconds": 600}) == settings
