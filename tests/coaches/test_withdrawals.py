"""Who took their page down stays away, whatever is imported or restored, and hears of it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.coaches import upkeep
from chalicelib.coaches.coach import Coach
from chalicelib.coaches.directory import sheets
from chalicelib.coaches.edition import Edition
from chalicelib.coaches.editions import EditionStore, Withdrawn
from chalicelib.coaches.proposals import EDITABLE_COLUMNS, OpenProposal
from chalicelib.coaches.removal import CoachRemoval
from chalicelib.core.letter_row import tag_of
from chalicelib.core.links import Links
from chalicelib.core.typed_text import REMARKS_LIMIT
from chalicelib.services import Services
from coach_weather import CoachWeather
from fakes import MemoryMailer, MemoryStore, SetClock
from gallery_cases import bounced
from infra.operator.directory import DirectoryPublisher
from infra.operator.errors import OperatorError
from sample_coaches import MIREILLE, PRIVATE
from visitor import Visitor, hidden, token

Deliver = Callable[[], int]
AGREED = date(2026, 1, 15)


def mireille(service: Services) -> Coach:
    coach = service.coaches.upkeep.coach(MIREILLE)
    assert coach
    return coach


def keeper(store: MemoryStore, editions: EditionStore, clock: SetClock) -> upkeep.Upkeep:
    links = Links(("k" * 40,), "https://example.org", "https://example.org", clock)
    return upkeep.Upkeep(store, editions, links, clock, people_key=b"key")


def shown(editions: EditionStore) -> list[str]:
    return [coach.slug for coach in editions.catalogue(editions.current()) if coach.public]


@pytest.mark.parametrize("how", ["withdraw", "remove"])
def test_an_export_of_before_publishes_nobody_who_left_since(
    service: Services, published: Edition, coaches: Sequence[Coach], clock: SetClock, how: str,
    tmp_path: object,
) -> None:  # fmt: skip
    editions = service.coaches.editions
    if how == "withdraw":
        service.coaches.upkeep.withdraw(mireille(service))
    else:
        CoachRemoval(editions).remove(MIREILLE, by="operator")
    with pytest.raises(Withdrawn, match=MIREILLE):
        editions.publish(coaches, by="operator", why="old.csv", after=editions.current())
    other_page = coaches[0].model_copy(update={"slug": "another", "email": PRIVATE.upper()})
    with pytest.raises(Withdrawn, match="another"):
        editions.publish([other_page], by="operator", why="", after=editions.current())
    clock.pass_(days=1)
    later = {"consent_publication": clock().date()}
    back = [c.model_copy(update=later) if c.slug == MIREILLE else c for c in coaches]
    editions.publish(back, by="operator", why="new.csv", after=editions.current())
    assert MIREILLE in shown(editions)


def test_the_import_says_which_row_and_in_both_languages(
    service: Services, published: Edition, coaches: Sequence[Coach], tmp_path: object
) -> None:
    path = Path(str(tmp_path)) / "old.csv"
    path.write_bytes(sheets.write(coaches))
    service.coaches.upkeep.withdraw(mireille(service))
    directory = DirectoryPublisher(service.coaches.editions)
    for lang, words in (("en", "took their page down"), ("fr", "a été retirée")):
        with pytest.raises(OperatorError, match=words):
            directory.import_(path, lang, dry=True, by="test")  # type: ignore[arg-type]


@pytest.mark.parametrize("days", [1, 30, 365])
def test_a_consent_of_a_day_to_come_undoes_no_withdrawal(
    service: Services, published: Edition, coaches: Sequence[Coach], clock: SetClock, days: int
) -> None:
    editions = service.coaches.editions
    service.coaches.upkeep.withdraw(mireille(service))
    later = {"consent_publication": clock().date() + timedelta(days=days)}
    back = [c.model_copy(update=later) if c.slug == MIREILLE else c for c in coaches]
    with pytest.raises(Withdrawn, match=MIREILLE):
        editions.publish(back, by="operator", why="slip.csv", after=editions.current())
    clock.pass_(days=days)
    editions.publish(back, by="operator", why="slip.csv", after=editions.current())
    assert MIREILLE in shown(editions)


@pytest.mark.parametrize("before", ["blank", "wrong", "named separator"])
def test_the_row_of_who_left_is_that_of_the_sheet_whatever_stands_before_it(
    service: Services, published: Edition, coaches: Sequence[Coach], tmp_path: Path, before: str
) -> None:
    several = [*(c for c in coaches[:6] if c.slug != MIREILLE), mireille(service)]
    head, *lines = sheets.write(several).decode("utf-8-sig").split("\r\n")[:-1]
    place = len(several) - 1
    if before == "blank":
        lines.insert(place, "")
    if before == "wrong":
        lines.insert(place, lines[0].replace(several[0].slug, "Not A Slug!"))
    start = ["sep=,", head] if before == "named separator" else [head]
    path = tmp_path / "old.csv"
    path.write_text("\r\n".join([*start, *lines]), "utf-8", newline="")
    service.coaches.upkeep.withdraw(mireille(service))
    with pytest.raises(OperatorError) as told:
        DirectoryPublisher(service.coaches.editions).import_(path, "en", dry=True, by="test")
    (line,) = [one for one in str(told.value).splitlines() if "took their page down" in one]
    assert f"Row {place + 3}," in line


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_imported_restored_and_changed_and_dies_a_withdrawal_holds(
    coaches: Sequence[Coach], seed: int
) -> None:
    few = [coach.model_copy(update={"consent_publication": AGREED}) for coach in coaches[:3]]
    assert CoachWeather(seed, few).run(15).acts


def test_a_restore_keeps_what_coaches_changed_since_and_asks_about_the_rest(
    service: Services, published: Edition, coaches: Sequence[Coach], clock: SetClock
) -> None:
    editions, upkeep_ = service.coaches.editions, service.coaches.upkeep
    clock.pass_(days=1)
    upkeep_.edit(MIREILLE, {"city": "Laval"}, by=MIREILLE, why="own changes")
    clock.pass_(days=1)
    fewer = [c for c in editions.catalogue(editions.current()) if c.slug != coaches[5].slug]
    editions.publish(fewer, by="operator", why="few.csv", after=editions.current())
    asked: list[str] = []
    DirectoryPublisher(editions).restore(published.id, "en", asked.append)
    assert "added: 1" in asked[0]
    assert mireille(service).city == "Laval"
    assert coaches[5].slug in shown(editions)


def test_a_withdrawal_between_the_look_and_the_restore_is_not_undone(
    service: Services, published: Edition
) -> None:
    editions = service.coaches.editions
    leaving = mireille(service)

    def meanwhile(question: str) -> None:
        service.coaches.upkeep.withdraw(leaving)

    service.coaches.upkeep.edit(MIREILLE, {"city": "Laval"}, by="staff", why="")
    editions.publish(
        editions.catalogue(editions.current())[:40], by="operator", why="", after=editions.current()
    )
    with pytest.raises(OperatorError, match="meanwhile"):
        DirectoryPublisher(editions).restore(published.id, "en", meanwhile)
    assert MIREILLE not in shown(editions)


@pytest.mark.parametrize("steps", ["iiiiiiiiie", "ieiiiieiiiirie"])
def test_the_last_ten_imports_can_be_restored_whatever_coaches_change_between(
    coaches: Sequence[Coach], steps: str
) -> None:
    """Imports, edits of a coach and restores, in turn."""
    clock, store = SetClock(), MemoryStore()
    editions = EditionStore(store, clock, b"key")
    kept = keeper(store, editions, clock)
    imports = [editions.publish(coaches[:2], by="test", why="", after=None).id]
    for number, step in enumerate(steps):
        clock.pass_(minutes=1)
        if step == "e":
            kept.edit(coaches[0].slug, {"city": f"Ville {number}"}, by=coaches[0].slug, why="")
        elif step == "r":
            imports.append(editions.restore(editions.restorable()[-1], by="test").id)
        else:
            after = editions.current()
            imports.append(editions.publish(coaches[:2], by="test", why="", after=after).id)
    restorable = {edition.id: edition for edition in editions.restorable()}
    assert set(imports[-10:]) <= set(restorable)
    assert len(restorable) <= 11
    for name in imports[-10:]:
        assert [coach.slug for coach in editions.catalogue(restorable[name])]


@pytest.mark.parametrize("years", [1, 4, 9])
def test_what_a_coach_hid_is_shown_by_no_restore_however_late(
    service: Services, published: Edition, clock: SetClock, store: MemoryStore, years: int
) -> None:
    clock.pass_(days=1)
    assert mireille(service).bio_fr != "Brève."
    changes = {"bio_fr": "Brève.", "linkedin": None}
    service.coaches.upkeep.edit(MIREILLE, changes, by=MIREILLE, why="own changes")
    clock.pass_(days=365 * years)
    store.items = {
        key: row for key, row in store.items.items()
        if row.get("expires", 1e12) > clock().timestamp()
    }  # fmt: skip
    service.coaches.editions.restore(published, by="test")
    assert mireille(service).bio_fr == "Brève."


def test_a_change_on_top_of_an_import_that_came_in_between_outlives_its_restore(
    service: Services, published: Edition, coaches: Sequence[Coach], store: MemoryStore,
    clock: SetClock,
) -> None:  # fmt: skip
    editions, imported = service.coaches.editions, list[Edition]()

    def meanwhile(writes: object) -> None:
        store.before = lambda writes: None
        clock.pass_(seconds=1)
        after = editions.current()
        imported.append(editions.publish(coaches, by="operator", why="", after=after))
        clock.pass_(seconds=1)

    store.before = meanwhile
    service.coaches.upkeep.edit(MIREILLE, {"city": "Laval"}, by=MIREILLE, why="own changes")
    assert mireille(service).city == "Laval"
    editions.restore(imported[0], by="test")
    assert mireille(service).city == "Laval"


@pytest.mark.parametrize("after", range(1, 14))
def test_a_withdrawal_that_dies_anywhere_is_ended_by_a_click_or_the_next_check(
    service: Services, published: Edition, coaches: Sequence[Coach], store: MemoryStore,
    clock: SetClock, after: int,
) -> None:  # fmt: skip
    class Died(BaseException): ...

    editions, left = service.coaches.editions, [after]
    editions.publish(coaches[:20], by="operator", why="", after=published)
    leaving = mireille(service)

    def die(writes: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Died

    store.before = die
    try:
        service.coaches.upkeep.withdraw(leaving)
    except Died:
        pass
    store.before = lambda writes: None
    if after % 2:
        service.coaches.upkeep.withdraw(mireille(service))
    elif MIREILLE not in shown(editions):
        clock.pass_(days=1)
        service.coaches.upkeep.check()
    else:
        service.coaches.upkeep.withdraw(mireille(service))
    assert MIREILLE not in shown(editions)
    for edition in editions.restorable()[1:]:
        assert MIREILLE not in [coach.slug for coach in editions.catalogue(edition)]
    assert editions.withdrawals.unfinished() == []


@pytest.mark.parametrize("after", range(2, 12, 2))
def test_a_restore_while_a_withdrawal_is_unfinished_shows_nobody_who_left(
    service: Services, published: Edition, coaches: Sequence[Coach], store: MemoryStore,
    clock: SetClock, after: int,
) -> None:  # fmt: skip
    class Died(BaseException): ...

    editions, left = service.coaches.editions, [after]
    second = editions.publish(coaches[:3], by="operator", why="", after=published)
    clock.pass_(minutes=1)
    service.coaches.upkeep.edit(MIREILLE, {"city": "Laval"}, by=MIREILLE, why="own changes")

    def die(writes: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Died

    store.before = die
    with suppress(Died):
        service.coaches.upkeep.withdraw(mireille(service))
    store.before = lambda writes: None
    gone = MIREILLE not in shown(editions)
    editions.restore(second, by="operator")
    assert (MIREILLE in shown(editions)) == (not gone)
    clock.pass_(days=1)
    service.coaches.upkeep.check()
    assert editions.withdrawals.unfinished() == []
    assert (MIREILLE in shown(editions)) == (not gone)


def test_the_link_of_who_left_says_so_and_shows_nothing_of_the_page(
    visitor: Visitor, service: Services, published: Edition, deliver: Deliver,
    mailer: MemoryMailer, clock: SetClock,
) -> None:  # fmt: skip
    link = f"/coach/{token(service.coaches.upkeep.link(mireille(service)), 'coach')}"
    assert 'name="last_name"' in visitor.page(link).body.decode()
    service.coaches.upkeep.withdraw(mireille(service))
    page = visitor.page(f"{link}?lang=en").body.decode()
    assert "Your page is taken down" in page
    assert "<form" not in page.partition("<main")[2]
    deliver()
    assert [mail.subject for mail in mailer.to(PRIVATE)] == ["Votre page est retirée du répertoire"]
    clock.pass_(days=6 * 365)
    assert visitor.page(link).status_code in (404, 410)


@pytest.mark.parametrize("status", ["draft", "archived"])
@pytest.mark.parametrize("action", ["withdraw", "change", "confirm", ""])
def test_the_link_of_a_page_that_staff_took_down_takes_nothing_away(  # noqa: PLR0913
    visitor: Visitor, service: Services, published: Edition, coaches: Sequence[Coach],
    store: MemoryStore, status: str, action: str,
) -> None:  # fmt: skip
    editions, kept = service.coaches.editions, service.coaches.upkeep
    link = f"/coach/{token(kept.link(mireille(service)), 'coach')}"
    kept.edit(MIREILLE, {"status": status}, by="staff", why="for a while")
    before = {key: dict(row) for key, row in store.items.items()}
    fields = {"action": action, "sure": "on", "nonce": service.links.nonce(link.split("/")[2])}
    for typed in (fields, {}):
        assert "down" in visitor.send(f"{link}?lang=en", {"lang": "en", **typed}).body.decode()
    assert store.items == before
    assert MIREILLE in [coach.slug for coach in editions.catalogue(published)]


# ---------------------------------------------------------------------------- silence, and days


def test_silence_becomes_a_task_for_the_staff_however_old_the_check_is(
    service: Services, editions: EditionStore, coaches: Sequence[Coach], clock: SetClock,
    deliver: Deliver, mailer: MemoryMailer,
) -> None:  # fmt: skip
    old = clock().date() - timedelta(days=900)
    catalogue = [
        coach.model_copy(update={"last_verified_at": old if coach.slug == MIREILLE else clock().date()})
        for coach in coaches[:20]
    ]  # fmt: skip
    editions.publish(catalogue, by="test", why="", after=None)
    for _ in range(110):
        service.coaches.upkeep.check()
        deliver()
        clock.pass_(days=1)
    asked = [m for m in mailer.to(PRIVATE) if "/coach/" in m.text]
    told = [m for m in mailer.to("rita.roy@example.org") if "Mireille" in m.subject]
    assert (len(asked), len(told)) == (2, 1)
    assert "joindre Mireille" in told[0].text


@given(days=st.integers(0, 800))
@settings(max_examples=25, deadline=None)
def test_no_coach_is_asked_on_a_day_off(coaches: Sequence[Coach], days: int) -> None:
    from chalicelib.core.business_days import is_business_day

    clock, store = SetClock(), MemoryStore()
    editions = EditionStore(store, clock, b"key")
    old = [coaches[0].model_copy(update={"last_verified_at": clock().date() - timedelta(days=900)})]
    editions.publish(old, by="test", why="", after=None)
    clock.pass_(days=days)
    kept = keeper(store, editions, clock)
    assert bool(kept.check()) == is_business_day(kept.today())


@pytest.mark.parametrize("kind", ["Permanent", "Transient"])
def test_mail_to_a_coach_that_comes_back_is_a_task_for_the_staff(
    service: Services, published: Edition, visitor: Visitor, deliver: Deliver, store: MemoryStore,
    mailer: MemoryMailer, kind: str,
) -> None:  # fmt: skip
    for number in range(3):
        fields = {"name": "Zoé", "email": "zoe@example.org", "message": f"Bonjour {number}"}
        visitor.send(f"/coaches/{MIREILLE}/contact", fields)
    deliver()
    for row in store.kinds("letter"):
        service.delivery_events.settle(bounced(tag_of(row["pk"], row["sk"]), kind))
    deliver()
    told = [m for m in mailer.to("rita.roy@example.org") if "est revenu" in m.subject]
    assert len(told) == (kind == "Permanent")


def test_a_corrected_address_that_is_wrong_too_is_told_in_the_same_month(
    service: Services, published: Edition, visitor: Visitor, deliver: Deliver, store: MemoryStore,
    mailer: MemoryMailer,
) -> None:  # fmt: skip
    for number, address in enumerate((PRIVATE, "mirelle@example.org", "mirelle@example.org")):
        service.coaches.upkeep.edit(MIREILLE, {"email": address}, by="staff", why="")
        fields = {"name": "Zoé", "email": "zoe@example.org", "message": f"Bonjour {number}"}
        visitor.send(f"/coaches/{MIREILLE}/contact", fields)
        deliver()
        for row in store.kinds("letter"):
            if row["to"] == "coach" and row["status"] == "sent":
                service.delivery_events.settle(bounced(tag_of(row["pk"], row["sk"])))
        deliver()
    told = [m for m in mailer.to("rita.roy@example.org") if "est revenu" in m.subject]
    assert len(told) == 2


def test_changes_that_no_longer_fit_are_refused_in_words_beside_the_column(
    service: Services, published: Edition, visitor: Visitor, deliver: Deliver,
    mailer: MemoryMailer,
) -> None:  # fmt: skip
    upkeep_ = service.coaches.upkeep
    both = {"fr": "Bonjour.", "en": "Hello."}
    upkeep_.edit(MIREILLE, {"bio_fr": both["fr"], "bio_en": both["en"]}, by="staff", why="")
    stands = mireille(service).model_dump(mode="json", exclude_none=True)
    form = {k: stands[k] for k in EDITABLE_COLUMNS if stands.get(k) not in (None, False, [])}
    service.coaches.proposals.propose(mireille(service), {**form, "bio_fr": ""}, "fr")
    upkeep_.edit(MIREILLE, {"bio_en": None}, by="staff", why="")
    deliver()
    link = f"/proposal/{token(mailer.to('sam.lee@example.org')[-1].text, 'proposal')}"
    page = visitor.page(link).body.decode()
    pairs = [("decision", "publish"), ("confirm", "on"), ("lang", "en"),
             ("nonce", hidden(page, "nonce"))]  # fmt: skip
    refused = visitor.submit(link, pairs)
    assert refused.status_code == 422
    assert "no longer fit" in refused.body.decode()
    assert 'class="error"' in refused.body.decode()
    assert mireille(service).bio_fr == "Bonjour."
    long = "é" * (REMARKS_LIMIT + 1)
    refused = visitor.submit(link, [("decision", "return"), ("remarks", long), *pairs[1:]])
    assert refused.status_code == 422
    assert long in refused.body.decode(), "nothing of it is cut off"
    back = [("decision", "return"), ("remarks", "Non"), *pairs[1:]]
    assert visitor.submit(link, back).status_code == 200


def test_a_sheet_that_comes_in_while_changes_are_published_is_no_error(
    service: Services, published: Edition, store: MemoryStore, deliver: Deliver,
    mailer: MemoryMailer,
) -> None:  # fmt: skip
    kept = service.coaches.upkeep
    kept.edit(MIREILLE, {"bio_fr": "Bonjour.", "bio_en": "Hello."}, by="staff", why="")
    stands = mireille(service).model_dump(mode="json", exclude_none=True)
    form = {k: stands[k] for k in EDITABLE_COLUMNS if stands.get(k) not in (None, False, [])}
    service.coaches.proposals.propose(mireille(service), {**form, "bio_fr": ""}, "fr")
    deliver()
    opened = service.coaches.proposals.open(token(mailer.sent[-1].text, "proposal"))
    assert isinstance(opened, OpenProposal)

    def meanwhile(writes: object) -> None:
        store.before = lambda writes: None
        kept.edit(MIREILLE, {"bio_en": None}, by="staff", why="")

    store.before = meanwhile
    assert not service.coaches.proposals.decide(opened, publish=True, remarks="")
    after = service.coaches.proposals.open(opened.token)
    assert isinstance(after, OpenProposal)
    assert set(service.coaches.proposals.misfits(after)) == {"bio_fr"}
