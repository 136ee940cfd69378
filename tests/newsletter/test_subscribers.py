"""A subscription's whole life: every state with every event, and two at once."""

import threading
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.aws.keys import Keys
from chalicelib.core.errors import TooMany
from chalicelib.core.letter_row import tag_of
from chalicelib.core.records import stamp
from chalicelib.core.settings import Settings
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.erasure import erase
from chalicelib.newsletter.subscribers.import_sheet import ImportRefused
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from subscribers import ADA, IMPORT, Person, into, wish


@pytest.fixture
def ada(service: Services, mailer: MemoryMailer, clock: SetClock) -> Person:
    return Person(service, mailer, clock)


def consents(person: Person) -> list[str]:
    return [row["consent"] for row in person.service.subscribers.repository.consents(person.id)]


# ---------------------------------------------------------------- every state, every event


def _soft(person: Person) -> None:
    for hour in range(3):
        at = stamp(person.clock().replace(hour=hour))
        person.service.subscribers.feedback.bounced(person.id, hard=False, at=at)


def _later(days: int) -> Callable[[Person], None]:
    def wait(person: Person) -> None:
        person.clock.pass_(days=days)
        person.deliver()

    return wait


def _confirmed(person: Person) -> None:
    person.sign_up()
    person.service.subscribers.subscriptions.confirm(person.id, person.clock())


EVENTS: dict[str, Callable[[Person], Any]] = {
    "sign_up": lambda p: p.sign_up(),
    "sign_up_confirmed": _confirmed,
    "import": lambda p: p.imported(),
    "leave": lambda p: p.service.subscribers.subscriptions.leave(p.id, channel="header"),
    "hard_bounce": lambda p: p.service.subscribers.feedback.bounced(
        p.id, hard=True, at=stamp(p.clock())
    ),
    "soft_bounces": _soft,
    "complaint": lambda p: p.service.subscribers.feedback.complained(p.id),
    "erase": lambda p: erase(p.service.subscribers.repository, p.id),
    "keep": lambda p: p.keep(),
    "8_days": _later(8),
    "800_days": _later(800),
}

P, A, U, B, C, X, R = (
    subscriber.PENDING, subscriber.ACTIVE, subscriber.UNSUBSCRIBED, subscriber.BOUNCED, subscriber.COMPLAINED,
    subscriber.EXPIRED, subscriber.ERASED,
)  # fmt: skip
N = "NONE"

TABLE = {
    # event:              NONE PENDING ACTIVE IMPLIED UNSUB. BOUNCED COMPL. EXPIRED ERASED
    "sign_up":           (P,   P,      A,     A,      U,     B,      C,     X,      R),
    "sign_up_confirmed": (A,   A,      A,     A,      A,     A,      C,     A,      A),
    "import":            (A,   A,      A,     A,      U,     B,      C,     A,      R),
    "leave":             (N,   N,      U,     U,      U,     U,      C,     U,      R),
    "hard_bounce":       (N,   N,      B,     B,      U,     B,      C,     X,      R),
    "soft_bounces":      (N,   P,      B,     B,      U,     B,      C,     X,      R),
    "complaint":         (N,   C,      C,     C,      C,     C,      C,     C,      R),
    "erase":             (N,   R,      R,     R,      R,     R,      R,     R,      R),
    "keep":              (N,   P,      A,     A,      U,     B,      C,     X,      R),
    "8_days":            (N,   N,      A,     A,      U,     B,      C,     X,      R),
    "800_days":          (N,   N,      A,     X,      U,     B,      C,     X,      R),
}  # fmt: skip
STATES = (N, P, A, "IMPLIED", U, B, C, X, R)
CASES = [
    (event, before, after)
    for event, row in TABLE.items()
    for before, after in zip(STATES, row, strict=True)
]


@pytest.mark.parametrize(("event", "before", "after"), CASES)
def test_every_event_leads_from_every_state_where_it_should(
    ada: Person, store: MemoryStore, event: str, before: str, after: str
) -> None:
    into(ada, before)
    EVENTS[event](ada)
    assert ada.status == after
    EVENTS[event](ada)
    ada.deliver()
    items = [store.items[key] for key in store.items if key == subscriber.profile_key(ada.id)]
    assert all(("audience" in item) is (item["status"] == subscriber.ACTIVE) for item in items)


@pytest.mark.parametrize("status", [U, C, R, X])
def test_who_is_out_leaves_no_address_behind(ada: Person, store: MemoryStore, status: str) -> None:
    into(ada, status)
    assert ada.status == status
    ada.deliver()
    assert ADA not in str(store.items)


# ---------------------------------------------------------------- signing up


def test_a_sign_up_is_confirmed_by_its_owner_and_proved(ada: Person, store: MemoryStore) -> None:
    ada.sign_up(name="Ada")
    (mail,) = ada.mailer.to(ADA)
    assert "Ada," not in mail.text, "whoever typed the name says nothing to a third person"
    assert ada.status == subscriber.PENDING
    ada.confirm()
    row = ada.row
    assert row is not None
    assert (row.status, row.basis, row.lang, row.name) == ("ACTIVE", "express", "fr", "Ada")
    asked, confirmed = ada.service.subscribers.repository.consents(ada.id)
    assert asked["form_url"] == "https://www.example.org/fr/infolettre"
    assert (asked["consent"], asked["method"]) == ("express-requested", "web_form")
    assert (asked["ip_trunc"], asked["ua"], asked["text_id"]) == (
        "192.0.2.0/24", "Firefox", "nl-2026-1",
    )  # fmt: skip
    assert "1234, rue Exemple" in confirmed["text"]
    assert len(confirmed["text_hash"]) == 64
    assert ADA not in str([row for key, row in store.items.items() if key[0].startswith("NEWS#")])


def test_the_kept_copy_of_a_letter_hands_no_right_on(ada: Person, store: MemoryStore) -> None:
    ada.sign_up()
    (letter,) = store.kinds("letter")
    copy = zlib.decompress(letter["copy"]).decode()
    assert "/newsletter/confirm/…" in copy
    for page in ("confirm", "unsubscribe"):
        assert ada.link(page).rpartition("/")[2] not in copy


def test_a_thousand_posts_for_one_address_send_one_mail(
    ada: Person, service: Services, mailer: MemoryMailer
) -> None:
    outcomes: list[str] = []

    def posts() -> None:
        for _ in range(125):
            outcomes.append(service.subscribers.sign_ups.ask(wish()))

    threads = [threading.Thread(target=posts) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ada.deliver()
    assert outcomes.count("asked") == 1
    assert len(mailer.to(ADA)) == 1
    assert len(service.subscribers.repository.consents(ada.id)) == 1


def test_an_address_gets_three_mails_a_week_and_then_one(ada: Person) -> None:
    for _ in range(30):
        ada.sign_up()
        ada.clock.pass_(hours=3)
    reminders = [m for m in ada.mailer.to(ADA) if m.subject.startswith("Rappel")]
    assert len(ada.mailer.to(ADA)) - len(reminders) == 3
    assert len(reminders) == 1
    ada.clock.pass_(days=4)
    ada.deliver()
    assert ada.status == "NONE"
    before = len(ada.mailer.to(ADA))
    for _ in range(10):
        ada.sign_up()
    assert len(ada.mailer.to(ADA)) == before + 1, "nobody confirmed: one a week is enough"


def test_who_left_and_signs_up_again_gets_the_mail_when_the_hour_is_over(ada: Person) -> None:
    ada.joined()
    ada.service.subscribers.subscriptions.leave(ada.id, channel="page")
    ask = ada.service.subscribers.sign_ups.ask
    assert [ask(wish(ADA)) for _ in range(9)] == ["later", *["limited"] * 8]
    assert ada.deliver() == {}
    before = len(ada.mailer.to(ADA))
    ada.clock.pass_(hours=1, seconds=1)
    assert ada.deliver() == {"sent": 1}
    assert len(ada.mailer.to(ADA)) == before + 1
    assert ada.confirm() == "confirmed"


def test_who_leaves_ever_again_gets_every_mail_within_a_week_and_three_at_most(ada: Person) -> None:
    ada.joined()
    start = ada.clock()
    for _ in range(12):
        ada.service.subscribers.subscriptions.leave(ada.id, channel="page")
        assert ada.sign_up() in ("asked", "later", "limited")
        ada.clock.pass_(hours=2)
        ada.deliver()
    assert len([m for m in ada.mailer.to(ADA) if not m.subject.startswith("Rappel")]) == 3
    ada.clock.pass_(days=7)
    ada.deliver()
    assert (ada.clock() - start).days <= 8
    mails = [m for m in ada.mailer.to(ADA) if not m.subject.startswith("Rappel")]
    assert len(mails) == 4
    link = ada.link("confirm")
    assert "confirm" in link


def test_a_network_signs_up_sixty_times_an_hour(service: Services, clock: SetClock) -> None:
    for n in range(60):
        service.subscribers.sign_ups.count(f"2001:db8::{n}")
    with pytest.raises(TooMany) as many:
        service.subscribers.sign_ups.count("2001:db8::9")
    assert 0 < many.value.seconds <= 3600
    service.subscribers.sign_ups.count("2001:db8:0:1::9")
    clock.pass_(hours=1)
    service.subscribers.sign_ups.count("2001:db8::9")


def test_who_never_confirms_is_reminded_once_and_forgotten(ada: Person, store: MemoryStore) -> None:
    ada.sign_up()
    ada.clock.pass_(days=2)
    assert ada.deliver() == {"reminded": 1, "sent": 1}
    assert "seul rappel" in ada.mailer.to(ADA)[-1].text
    ada.clock.pass_(days=4)
    assert ada.deliver() == {}
    ada.clock.pass_(days=1)
    assert ada.deliver() == {"purged": 1}
    kept = [item for key, item in store.items.items() if ada.id in key[0]]
    assert {item["kind"] for item in kept} == {"limit"}
    until = ada.clock().timestamp() + 29 * 86400
    assert max(item["expires"] for item in kept) > until, "the hash is kept for 30 days"
    assert ADA not in str(store.items)


def test_after_the_purge_the_link_and_the_address_together_still_confirm(ada: Person) -> None:
    ada.sign_up()
    asked = ada.clock()
    ada.clock.pass_(days=8)
    ada.deliver()
    confirm = ada.service.subscribers.subscriptions.confirm
    assert confirm(ada.id, asked) == "retype"
    assert confirm(ada.id, asked, retyped="eve@example.org") == "retype"
    assert confirm(ada.id, asked, retyped=" Ada@Example.org ", lang="en") == "confirmed"
    row = ada.row
    assert row is not None
    assert (row.email, row.lang, row.topics) == ("Ada@Example.org", "en", ["news"])
    ada.clock.pass_(days=7)
    assert confirm(ada.id, asked) == "already"


def test_a_link_is_valid_for_fourteen_days(ada: Person) -> None:
    ada.sign_up()
    asked = ada.clock()
    ada.clock.pass_(days=14, seconds=1)
    assert ada.service.subscribers.subscriptions.confirm(ada.id, asked, retyped=ADA) == "over"


def test_who_is_subscribed_already_hears_so_by_mail_only(ada: Person) -> None:
    ada.joined()
    assert ada.sign_up() == "already"
    assert "preferences" in ada.link("preferences")
    assert consents(ada) == ["express-requested", "express"]


def test_nothing_of_the_newsletter_leaves_without_a_postal_address(
    settings: Settings, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    silent = Person(
        Services(
            settings.model_copy(update={"postal_address": ""}),
            store,
            keys,
            mailer,
            clock,
            MemorySuppression(),
        ),
        mailer,
        clock,
    )
    silent.sign_up()
    assert silent.status == subscriber.PENDING
    assert mailer.sent == []
    assert "POSTAL_ADDRESS is not set" in caplog.text
    spoken = Person(
        Services(settings, store, keys, mailer, clock, MemorySuppression()), mailer, clock
    )
    clock.pass_(hours=1)
    spoken.deliver()
    assert len(mailer.to(ADA)) == 1, "the letter waited for the address"


def test_a_letter_that_lost_its_reason_is_dropped_without_alarm(
    ada: Person, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    ada.service.subscribers.sign_ups.ask(wish())
    ada.confirm()
    assert ada.deliver() == {"dropped": 1}
    (letter,) = store.kinds("letter")
    assert "address" not in letter
    assert "is dead" not in caplog.text


# ---------------------------------------------------------------- two at once


def together(*calls: Callable[[], Any]) -> None:
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> None:
        barrier.wait()
        call()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_confirmations_at_once_are_one(ada: Person) -> None:
    ada.sign_up()
    outcomes: list[str] = []
    together(*[lambda: outcomes.append(ada.confirm_any()) for _ in range(6)])
    assert outcomes.count("confirmed") == 1
    assert set(outcomes) == {"confirmed", "already"}
    assert consents(ada) == ["express-requested", "express"]


@pytest.mark.parametrize("turn", range(5))
def test_leaving_while_confirming_ends_out_or_was_before_it(ada: Person, turn: int) -> None:
    ada.sign_up()
    left: list[str] = []
    together(
        ada.confirm_any,
        lambda: left.append(ada.service.subscribers.subscriptions.leave(ada.id, channel="header")),
    )
    # Either order is right; what may not be is somebody who left after confirming and is in.
    assert (left, ada.status) in [(["left"], U), (["cancelled"], N)]


def test_what_comes_in_between_is_met_and_honoured(ada: Person, store: MemoryStore) -> None:
    """Somebody leaves between the read and the write of a change of preferences."""
    ada.joined()

    def leave(writes: Any) -> None:
        store.before = lambda writes: None
        ada.service.subscribers.subscriptions.leave(ada.id, channel="header")

    store.before = leave
    assert ada.service.subscribers.preferences.choose(ada.id, lang="en", topics=["news"]) == "gone"
    assert ada.status == U


# ---------------------------------------------------------------- bounces


def test_soft_bounces_count_among_the_last_five(ada: Person) -> None:
    ada.joined()
    feedback, clock = ada.service.subscribers.feedback, ada.clock

    def mail(*, soft: bool) -> str:
        clock.pass_(hours=5)
        if soft:
            return feedback.bounced(ada.id, hard=False, at=stamp(clock()))
        return feedback.delivered(ada.id, stamp(clock()))

    assert mail(soft=False) == "already"
    assert [mail(soft=True), mail(soft=True)] == ["noted", "noted"]
    assert [mail(soft=False) for _ in range(3)] == ["noted"] * 3
    assert mail(soft=True) == "noted", "two of the last five"
    assert [mail(soft=False) for _ in range(5)][-1] == "noted"
    row = ada.row
    assert row is not None
    assert row.soft_bounces == []
    at = stamp(clock())
    assert [feedback.bounced(ada.id, hard=False, at=at) for _ in range(4)] == [
        "noted", "already", "already", "already",
    ], "one event that comes four times is one"  # fmt: skip
    assert [mail(soft=True), mail(soft=True)] == ["noted", "bounced"]


def test_nothing_but_soft_bounces_for_two_weeks_ends_it(ada: Person) -> None:
    ada.joined()
    feedback = ada.service.subscribers.feedback
    assert feedback.bounced(ada.id, hard=False, at=stamp(ada.clock())) == "noted"
    ada.clock.pass_(days=14)
    assert feedback.bounced(ada.id, hard=False, at=stamp(ada.clock())) == "bounced"


# ---------------------------------------------------------------- implied consent


def test_an_implied_consent_is_asked_for_twice_and_ends(ada: Person) -> None:
    ada.imported(days_ago=0)
    row = ada.row
    assert row is not None
    assert row.basis == "implied"
    assert str(row.expires_at).startswith("2028-03-03")
    ada.clock.pass_(days=670)
    assert ada.deliver() == {}
    ada.clock.pass_(days=2)
    assert ada.deliver() == {"asked_to_keep": 1, "sent": 1}
    ada.clock.pass_(days=45)
    assert ada.deliver() == {}
    ada.clock.pass_(days=1)
    assert ada.deliver() == {"asked_to_keep": 1, "sent": 1}
    assert "3 mars 2028" not in ada.mailer.to(ADA)[-1].text, "the day in Toronto, not in UTC"
    assert "2 mars 2028" in ada.mailer.to(ADA)[-1].text
    ada.clock.pass_(days=14)
    assert ada.deliver() == {"expired": 1}
    assert ada.status == X
    assert ada.imported(days_ago=5) == "imported", "a new membership is a new ground"
    assert ada.keep() == "confirmed"
    row = ada.row
    assert row is not None
    assert (row.basis, row.expires_at) == ("express", None)


def test_a_late_import_is_asked_once(ada: Person) -> None:
    ada.imported(days_ago=725)
    assert ada.deliver() == {"asked_to_keep": 1, "sent": 1}
    row = ada.row
    assert row is not None
    assert row.asks == 2


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ada@,fr,member,2026-01-05,Register of members", "not an address"),
        ("ada@example.org,de,member,2026-01-05,Register of members", "lang"),
        ("ada@example.org,fr,friend,2026-01-05,Register of members", "basis"),
        ("ada@example.org,fr,member,5/1/2026,Register of members", "since"),
        ("ada@example.org,fr,member,2026-02-30,Register of members", "since"),
        ("ada@example.org,fr,member,2026-01-05,?", "evidence"),
        ("ada@example.org,fr,member,2023-01-05,Register of members", "ended"),
        ("ada@example.org,fr,inquiry,2025-07-05,Letter of July 5", "ended"),
    ],
)
def test_a_line_without_basis_or_proof_is_refused(ada: Person, line: str, why: str) -> None:
    (told,) = ada.service.subscribers.imports.run((IMPORT + line).encode(), by="rita", write=True)
    assert (told.line, told.outcome) == (2, "refused")
    assert why in told.why
    assert ada.status == N


def test_an_import_can_be_tried_first_and_counts_an_address_once(
    ada: Person, store: MemoryStore
) -> None:
    line = "ada@example.org,fr,member,2026-01-05,Register of members"
    content = "\ufeff" + IMPORT + line + "\n" + line.upper().replace(",FR,MEMBER", ",fr,member")
    told = list(ada.service.subscribers.imports.run(content.encode(), by="rita", write=False))
    assert [t.outcome for t in told] == ["imported", "refused"]
    assert store.kinds("subscriber") == []
    semicolons = (IMPORT + line).replace(",", ";").encode()
    assert [
        t.outcome for t in ada.service.subscribers.imports.run(semicolons, by="rita", write=True)
    ] == ["imported"]


# ---------------------------------------------------------------- choices


def test_a_pause_lasts_three_months_and_can_be_ended(ada: Person) -> None:
    ada.joined()
    ada.service.subscribers.preferences.pause(ada.id)
    row = ada.row
    assert row is not None
    assert str(row.paused_until) > "2026-06-01"
    ada.service.subscribers.preferences.resume(ada.id)
    row = ada.row
    assert row is not None
    assert row.paused_until is None
    assert consents(ada)[-2:] == ["changed", "changed"]


def test_an_address_changes_when_the_new_one_says_so(
    ada: Person, service: Services, mailer: MemoryMailer, clock: SetClock
) -> None:
    ada.joined()
    new = Person(service, mailer, clock, "ada.roy@example.org")
    assert service.subscribers.preferences.move(ada.id, new.email) == "asked"
    asked = clock()
    ada.deliver()
    assert "Changement d’adresse" in mailer.to(ADA)[-1].subject, "the old one is told"
    assert new.email not in mailer.to(ADA)[-1].text
    assert (ada.status, new.status) == (A, N)
    assert service.subscribers.preferences.confirm_move(ada.id, new.id, asked) == "confirmed"
    assert (ada.status, new.status) == (U, A)
    assert service.subscribers.preferences.confirm_move(ada.id, new.id, asked) == "gone"
    proof = service.subscribers.proof.of(new.id)
    assert proof is not None
    assert proof["before_the_change_of_address"]["consents"][1]["consent"] == "express"
    service.subscribers.subscriptions.leave(ada.id, channel="header")
    assert new.status == U, "an old mail still unsubscribes"


def test_a_move_can_be_called_off_and_lapses_by_itself(ada: Person) -> None:
    ada.joined()
    preferences = ada.service.subscribers.preferences
    bea = ada.service.subscribers.sign_ups.person("bea@example.org")
    preferences.move(ada.id, "bea@example.org")
    asked = ada.clock()
    preferences.stay(ada.id)
    assert preferences.confirm_move(ada.id, bea, asked) == "gone"
    ada.clock.pass_(hours=2)
    preferences.move(ada.id, "bea@example.org")
    asked = ada.clock()
    ada.clock.pass_(days=14)
    assert "move_dropped" in ada.deliver()
    assert preferences.confirm_move(ada.id, bea, asked) == "gone"
    assert ada.status == A


def test_nobody_s_mailbox_is_filled_by_changes_of_address(
    ada: Person, mailer: MemoryMailer
) -> None:
    ada.joined()
    for _ in range(3):
        assert ada.service.subscribers.preferences.move(ada.id, "bea@example.org") == "asked"
    ada.deliver()
    assert len(mailer.to("bea@example.org")) == 1


def test_erasing_leaves_a_hash_and_nothing_else(ada: Person, store: MemoryStore) -> None:
    ada.joined()
    ada.service.subscribers.preferences.pause(ada.id)
    assert erase(ada.service.subscribers.repository, ada.id) == "erased"
    kept = [item for key, item in store.items.items() if ada.id in key[0]]
    assert sorted(item["kind"] for item in kept) == ["limit", "limit", "rate", "subscriber"]
    assert ADA not in str(store.items)
    assert ada.imported() == "refused"
    assert erase(ada.service.subscribers.repository, ada.id) == "already"


def test_proof_of_what_ended_is_kept_three_years(ada: Person) -> None:
    ada.joined()
    ada.service.subscribers.subscriptions.leave(ada.id, channel="page", reason="too_often")
    ada.clock.pass_(days=3 * 365)
    assert ada.deliver() == {}
    assert consents(ada) == ["express-requested", "express", "withdrawn"]
    ada.clock.pass_(days=1)
    assert ada.deliver() == {"forgotten": 1}
    assert consents(ada) == []
    assert ada.status == U, "the hash still keeps the address from coming back"


def test_a_subscriber_is_read_as_written(ada: Person, store: MemoryStore) -> None:
    ada.joined()
    row = ada.row
    assert row is not None
    assert Subscriber.of(store.items[row.key]) == row


# ---------------------------------------------------------------- what SES says of a letter


def report(store: MemoryStore, kind: str, **detail: Any) -> dict[str, Any]:
    letter = store.kinds("letter")[-1]
    tag = tag_of(letter["pk"], letter["sk"])
    said = {"timestamp": "2026-03-02T16:01:00.000Z", **detail}
    return {"eventType": kind, "mail": {"tags": {"mail": [tag]}}, kind.lower(): said}


def test_a_confirmation_that_bounces_drops_the_request(ada: Person, store: MemoryStore) -> None:
    ada.sign_up()
    bounced = report(store, "Bounce", bounceType="Permanent", bouncedRecipients=[])
    soft = {**bounced, "bounce": {**bounced["bounce"], "bounceType": "Transient"}}
    ada.service.delivery_events.settle(soft)
    assert ada.status == subscriber.PENDING
    ada.service.delivery_events.settle(bounced)
    assert ada.status == N
    ada.service.delivery_events.settle(bounced)
    ada.clock.pass_(days=2)
    assert ada.deliver() == {}, "and nobody is reminded"


def test_who_complains_of_the_confirmation_is_never_written_to_again(
    ada: Person, store: MemoryStore, mailer: MemoryMailer
) -> None:
    ada.sign_up()
    complaint = report(store, "Complaint")
    for _ in range(2):
        ada.service.delivery_events.settle(complaint)
    assert ada.status == C
    ada.sign_up()
    assert len(mailer.to(ADA)) == 1


@pytest.mark.parametrize(
    "name", ["Zo\u00e9\nBcc: max@example.org", "42", "x" * 81, "a" + "\u0301" * 40]
)
def test_an_imported_name_is_one_that_the_form_would_take(ada: Person, name: str) -> None:
    head = "email,lang,basis,since,evidence,name\n"
    line = f'zoe@example.org,fr,member,2026-01-05,Register of members 2026,"{name}"\n'
    (told,) = ada.service.subscribers.imports.run((head + line).encode(), by="rita", write=True)
    assert told.outcome == "refused"
    assert "name" in told.why


def test_a_list_that_is_no_table_is_refused_in_a_sentence(ada: Person) -> None:
    head = "email,lang,basis,since,evidence\n"
    for file in (f'{head}"{"x" * 1_000_000}', "x" * 1_000_000, " " * 50_000_001):
        with pytest.raises(ImportRefused):
            list(ada.service.subscribers.imports.run(file.encode(), by="rita", write=True))
