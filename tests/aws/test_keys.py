"""The keys of links rotate and retire; the key of people stays: on moto, from leak to new links."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

import samples
import subscribers
from chalicelib.aws.keys import (
    REFRESH,
    SIGNING_DELAY,
    KeyRing,
    StoredKeys,
    legacy_people_key,
    people_key,
    read_secret,
)
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.core.errors import BadLink, StoreDown
from chalicelib.core.links import Links, hash_of
from chalicelib.core.ports import Put
from chalicelib.core.records import stamp
from chalicelib.core.settings import Settings
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.services import Services
from environment import RITA
from fakes import MemoryMailer, MemorySuppression, SetClock
from infra.operator import renewal
from infra.operator.errors import OperatorError
from infra.operator.stage import Operator
from infra.people_key import PeopleKeyLost, keep_people_key
from operator_cli import listed, relais
from tables import make_tables

OLD = {"key": "k" * 64}


@pytest.fixture
def secrets(aws: None) -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("secretsmanager")
        client.create_secret(Name="relais-test-keys", SecretString=json.dumps(OLD))
        yield client


def stored(client: Any, clock: SetClock) -> StoredKeys:
    return StoredKeys(client, "relais-test-keys", "relais-test-people", clock)


@pytest.mark.parametrize("old", [{"key": "one"}, {"keys": ["one", "two"]}])
def test_the_hash_of_people_outlives_the_move_to_a_secret_of_its_own(
    secrets: Any, clock: SetClock, old: dict[str, Any]
) -> None:
    secrets.put_secret_value(SecretId="relais-test-keys", SecretString=json.dumps(old))
    before = stored(secrets, clock)
    people, links = before.people, before.links()
    assert keep_people_key(secrets, "test")
    assert not keep_people_key(secrets, "test"), "it is there already"
    after = stored(secrets, clock)
    assert after.people == people
    assert after.links() == links
    ring = KeyRing.parse(read_secret(secrets, "relais-test-keys"))
    secrets.put_secret_value(SecretId="relais-test-keys", SecretString=ring.dump())
    moved = stored(secrets, clock)
    assert (moved.people, moved.links()) == (people, links)


def test_the_secret_of_links_tells_nothing_of_people_once_it_was_rotated(secrets: Any) -> None:
    keep_people_key(secrets, "test")
    people = people_key(read_secret(secrets, "relais-test-people"))
    assert legacy_people_key(json.dumps(OLD)) == people
    ring = KeyRing.parse(json.dumps(OLD)).dump()
    assert legacy_people_key(ring) is None
    assert OLD["key"] not in ring
    assert people.hex() not in ring


def test_a_new_stage_has_a_key_of_people_that_no_key_of_links_leads_to(aws: None) -> None:
    with mock_aws():
        client = boto3.client("secretsmanager")
        keep_people_key(client, "test")
        client.create_secret(Name="relais-test-keys", SecretString=json.dumps(OLD))
        found = people_key(read_secret(client, "relais-test-people"))
        assert len(found) == 32
        assert found != legacy_people_key(json.dumps(OLD))


def test_a_lost_key_of_people_is_never_replaced_by_another(secrets: Any, clock: SetClock) -> None:
    ring = KeyRing.parse(json.dumps(OLD)).dump()
    secrets.put_secret_value(SecretId="relais-test-keys", SecretString=ring)
    with pytest.raises(PeopleKeyLost, match="relais-test-people is gone: restore it"):
        keep_people_key(secrets, "test")
    with pytest.raises(StoreDown):
        _ = stored(secrets, clock).people


def test_without_its_secret_a_function_says_so(aws: None, clock: SetClock) -> None:
    with mock_aws(), pytest.raises(StoreDown):
        stored(boto3.client("secretsmanager"), clock).links()


def test_a_running_function_signs_with_a_new_key_only_when_all_others_open_it(
    secrets: Any, clock: SetClock
) -> None:
    early, late = stored(secrets, clock), stored(secrets, clock)
    before = early.links()
    late.links()
    ring = KeyRing.parse(read_secret(secrets, "relais-test-keys")).rotated("new", clock())
    secrets.put_secret_value(SecretId="relais-test-keys", SecretString=ring.dump())
    assert early.links() == before, "read a moment ago"
    clock.pass_(seconds=REFRESH.total_seconds())
    assert early.links() == ("new", *before), "opens it, and does not sign with it yet"
    clock.pass_(seconds=(SIGNING_DELAY - REFRESH).total_seconds())
    assert early.links() == (*before, "new")
    assert late.links() == (*before, "new")


def test_links_work_on_while_the_secrets_are_away(secrets: Any, clock: SetClock) -> None:
    kept = stored(secrets, clock)
    before = kept.links()
    reads: list[str] = []
    secrets.meta.events.register("before-call", lambda model, **_: reads.append(model.name))
    secrets.delete_secret(SecretId="relais-test-keys", ForceDeleteWithoutRecovery=True)
    clock.pass_(hours=1)
    assert kept.links() == before
    assert kept.links() == before
    assert reads == ["DeleteSecret", "GetSecretValue"], "asked again a minute later"


class Stage:
    """Ada has an open file, Dora a page in the directory, Noa the newsletter; Eve has the key."""

    def __init__(self, operator: Operator, settings: Settings, clock: SetClock) -> None:
        self.operator = operator
        self.settings = settings
        self.clock = clock
        self.mailer = MemoryMailer()
        self.service = self.started()

    def started(self) -> Services:
        """A function as it starts anew, on the keys as they are then."""
        keys = stored(self.operator.client("secretsmanager"), self.clock)
        return Services(
            self.settings, self.operator.store, keys, self.mailer, self.clock, MemorySuppression()
        )

    def deliver(self) -> None:
        while {"sent", "spread"} & set(self.service.mail.outbox.sweep()):
            pass

    def forger(self) -> Links:
        """Whoever copied the secret as it is now."""
        ring = KeyRing.parse(
            read_secret(self.operator.client("secretsmanager"), "relais-test-keys")
        )
        last = ring.signing(self.clock()).key
        return Links([last], self.settings.public_url, self.settings.website_url, self.clock)


@pytest.fixture
def stage(secrets: Any, settings: Settings, clock: SetClock, coaches: Any) -> Stage:
    make_tables(boto3.client("dynamodb"), "relais-test-records", "relais-test-subscribers")
    operator = Operator("test", now=clock, settings=settings)
    found = Stage(operator, settings, clock)
    operator.store.commit([Put(dict(RITA))])
    service = found.service
    service.coaches.editions.publish(coaches[:3], by="test", why="first", after=None)
    for name in ("ada", "bea"):
        form = samples.eoi(contact_email=f"{name}@example.org")
        service.views.forms.intake.receive(IncomingForm("eoi", form, "fr"))
    person = service.subscribers.sign_ups.person("noa@example.org")
    row = Subscriber(person, "ACTIVE", 1, stamp(clock()), "noa@example.org", lang="en")
    service.store.commit([Put(row.item())])
    assert service.subscribers.sign_ups.ask(subscribers.wish("pia@example.org")) == "asked"
    found.deliver()
    return found


def link(mail: Any, kind: str) -> str:
    found: list[str] = re.findall(rf"/{kind}/([\w.~-]+)", mail.text)
    return found[-1]


def opens(service: Services, token: str) -> bool:
    links = service.links
    for way in (links.open_file, links.open_standing, links.open_invite, links.open_coach, links.open_unsubscribe,
                links.open_preferences, links.open_confirm, links.open_cancel, links.open_keep, links.open_move,
                links.open_progress, links.open_address):  # fmt: skip
        try:
            way(token)
        except BadLink:
            continue
        return True
    return links.check_nonce("token", token)


def forged(links: Links, person: str) -> list[str]:
    """A token of every signed purpose, made by whoever has the key."""
    made = (
        links.file("2026-7K4MQ-X", person), links.standing("DI-2026-7K4MQ-X", person),
        links.address("2026-7K4MQ-X", person, "eve@example.org"),
        links.invite("2026-7K4MQ-X", person, "fr"), links.coach("dora", person),
        links.confirm(person, 1, 1, "fr", []), links.keep(person, 1), links.move(person, person, 1),
        links.cancel(person, 1),
        links.unsubscribe(person), links.preferences(person), links.progress("2026-03", "rita-roy"),
        f"/{links.nonce('token')}",
    )  # fmt: skip
    return [re.split("[/=]", url)[-1] for url in made]


def test_the_leak_procedure_ends_with_a_key_that_opens_nothing_and_new_links_for_all(
    stage: Stage,
) -> None:
    operator, clock, mailer = stage.operator, stage.clock, stage.mailer
    eve = stage.forger()
    ada = next(case for case in operator.tables.cases() if case.email == "ada@example.org")
    old = link(mailer.to("ada@example.org")[0], "file")
    assert all(opens(stage.service, token) for token in forged(eve, ada.person))

    # 1. relais keys list: the leaked key is the one that signs.
    (leaked,) = listed(operator, "keys", "list")
    assert leaked["signs"]
    with pytest.raises(OperatorError, match="is what signs: relais keys rotate first"):
        relais(operator, "keys", "retire", leaked["id"])

    # 2. relais keys rotate.
    said = relais(operator, "keys", "rotate")
    assert re.match(r"Rotated: 2 keys, [0-9a-f]{8} signs from March 2, 2026, 10:10", said)
    with pytest.raises(OperatorError, match="the functions learn the new key first"):
        relais(operator, "keys", "retire", leaked["id"])

    # 3. Ten minutes later, relais keys retire.
    clock.pass_(seconds=SIGNING_DELAY.total_seconds())
    people = stage.service.secret.people
    code = stage.service.links.code("token")
    said = relais(operator, "keys", "retire", leaked["id"])
    coaches = stage.service.coaches.editions.catalogue(stage.service.coaches.editions.current())
    public = [coach for coach in coaches if coach.public]
    assert said == f"Retired {leaked['id']}: {2 + len(public) + 1} letters with new links owed"

    # 4. Five minutes later no function opens it, whether it ran all the time or starts now.
    clock.pass_(seconds=REFRESH.total_seconds())
    for service in (stage.service, stage.started()):
        assert not any(opens(service, token) for token in [*forged(eve, ada.person), old])
        assert not service.links.right_code("token", eve.code("token"))
        assert not service.links.right_step_code("h", "t", eve.step_code("h", "t"))
        assert service.links.right_code("token", code), "codes are of the newest key"
        assert service.secret.people == people

    # 5. Everyone has new links, by the outbox.
    mailer.sent.clear()
    stage.deliver()
    for address in ("ada@example.org", "bea@example.org"):
        (mail,) = mailer.to(address)
        assert "nouveaux liens" in mail.subject
        assert opens(stage.service, link(mail, "file"))
    case = stage.service.lookup.followed(link(mailer.to("ada@example.org")[0], "file"))
    assert case.id == ada.id
    (mail,) = mailer.to("noa@example.org")
    assert mail.subject == "The new links of your newsletter"
    assert stage.service.links.open_unsubscribe(link(mail, "unsubscribe"))[0]
    assert stage.service.links.open_preferences(link(mail, "preferences"))
    for coach in public:
        (mail,) = mailer.to(coach.email)
        assert stage.service.coaches.upkeep.opened(link(mail, "coach")).slug == coach.slug
    assert not mailer.to("pia@example.org"), "who has not confirmed gets the reminder"


def test_a_retirement_goes_on_where_it_stopped_and_writes_to_nobody_twice(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = stage.operator
    (old,) = listed(operator, "keys", "list")
    relais(operator, "keys", "rotate")
    stage.clock.pass_(minutes=10)
    owe = renewal.Renewal.to_coach

    def dies(*_: Any) -> None:
        raise StoreDown("away")

    monkeypatch.setattr(renewal.Renewal, "to_coach", dies)
    with pytest.raises(StoreDown):
        relais(operator, "keys", "retire", old["id"])
    assert [key["id"] for key in listed(operator, "keys", "list")] != [old["id"]]
    monkeypatch.setattr(renewal.Renewal, "to_coach", owe)
    assert "letters with new links owed" in relais(operator, "keys", "retire", old["id"])
    assert relais(operator, "keys", "retire", old["id"]).endswith(": 0 letters with new links owed")
    stage.mailer.sent.clear()
    stage.deliver()
    assert len(stage.mailer.to("ada@example.org")) == 1
    assert len(stage.mailer.to("noa@example.org")) == 1


def test_letters_with_new_links_leave_a_few_a_minute(clock: SetClock, stage: Stage) -> None:
    store = stage.service.store
    owed = renewal.Renewal(store, "abcd1234", clock())
    for number in range(renewal.LETTERS_A_MINUTE + 1):
        person = f"{number:032x}"
        owed.to_subscriber(
            Subscriber(person, "ACTIVE", 1, stamp(clock()), f"n{number}@example.org").item()
        )
    rows = [store.rows(f"NEWS#{number:032x}", "LETTER#KEY")[0] for number in (0, 59, 60)]
    assert rows[0]["due_at"] == rows[1]["due_at"] == stamp(clock())
    assert rows[2]["due_at"] == stamp(clock() + timedelta(minutes=1))


def test_what_opens_a_link_is_no_name_of_a_key(secrets: Any) -> None:
    ring = KeyRing.parse(json.dumps({"keys": ["one", "two"]}))
    for key in ring.keys:
        assert key.id not in key.key
        assert key.id == hash_of(key.key)[:8]
