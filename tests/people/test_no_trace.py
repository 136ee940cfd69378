"""Somebody is written everywhere, given out, erased, and looked for in every row."""

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest

import samples
from chalicelib import content
from chalicelib.cases.applicant import ApplicantReply
from chalicelib.cases.audit import verified
from chalicelib.cases.case import Case
from chalicelib.cases.states import is_funded
from chalicelib.coaches.coach import Coach
from chalicelib.coaches.editions import EditionStore
from chalicelib.core.links import person_key
from chalicelib.core.rate_limit import of_mailbox
from chalicelib.people.erasure import ErasureDecision, ErasureRefused
from chalicelib.people.export import zipped
from chalicelib.wiring.people import PeopleServices
from fakes import MemoryStore, SetClock
from journey import ADA, RITA, Journey
from subscribers import Person, wish
from traces import traces

ZOE = "zoe.petitlavoie@example.net"
MOVED = "zoe@lavoie.example"
PHONE = "418 555-0188"
NAME = {"first_name": "Zoé-Maude", "last_name": "Petit-Lavoie"}
CONTACT = {
    "contact_phone": PHONE, "consent_newsletter": True,
    **{f"contact_{name}": value for name, value in NAME.items()},
}  # fmt: skip


def needles(way: Journey) -> list[str]:
    hashes = (person_key, of_mailbox)
    keys = [one(address, way.service.secret.people) for one in hashes for address in (ZOE, MOVED)]
    return [ZOE, MOVED, "Petit-Lavoie", "4185550188", PHONE, "petit-lavoie", *keys]


def people(way: Journey) -> PeopleServices:
    return way.service.people(way.store)


@dataclass
class Everywhere:
    """Zoé in every place that can hold somebody: her own file, and Ada's as fiduciary lead."""

    own: Case
    other: Case


@pytest.fixture
def everywhere(
    way: Journey, store: MemoryStore, clock: SetClock, editions: EditionStore, published: object
) -> Everywhere:
    other = way.apply(fid_lead_first_name=NAME["first_name"], fid_lead_email=ZOE,
                      fid_lead_last_name=NAME["last_name"], fid_lead_phone=PHONE,
                      signed_name="Zoé-Maude Petit-Lavoie",
                      team=[*samples.APPLICATION["team"],
                            {**samples.APPLICATION["team"][1], **NAME, "email": ZOE}])  # fmt: skip
    way.service.cases.applicant.withdraw(way.again(other), "")
    clock.pass_(minutes=61)
    way.visitor.send("/forms/assessment", samples.assessment(send_to_email=ZOE))
    way.deliver()
    own = way.declare(ZOE, **CONTACT)
    # A subscriber who moved, and a sign-up that is held at the old address.
    zoe = Person(way.service, way.mailer, clock, ZOE)
    way.deliver()
    if zoe.status == "NONE" or zoe.row is None or zoe.row.request is None:
        zoe.sign_up(name="Zoé-Maude Petit-Lavoie")
    assert zoe.confirm() == "confirmed"
    clock.pass_(hours=2)
    current = editions.current()
    known = editions.catalogue(current)
    other_coach = next(coach for coach in known if coach.public)
    changes = {**NAME, "slug": "zoe-petit-lavoie", "email": ZOE, "phone": PHONE}
    coach = Coach.model_validate({**other_coach.model_dump(), **changes})
    editions.publish([*known, coach], by=coach.slug, why="test", after=current)
    proposals = way.service.coaches.proposals
    store.commit(proposals._writes(coach, {"phone": PHONE, "bio_fr": "Zoé-Maude Petit-Lavoie"}))
    message = {"name": "Zoé-Maude Petit-Lavoie", "email": ZOE, "message": f"Appelez {PHONE}"}
    way.visitor.send(f"/coaches/{other_coach.slug}/contact", message)
    way.visitor.submit("/file", [("email", ZOE)])
    way.deliver()
    clock.pass_(days=3)
    way.deliver()
    way.service.cases.applicant.correct_address(way.again(own), MOVED, by="operator")
    way.deliver()
    held = way.service.subscribers.sign_ups
    held.ask(wish(MOVED, name="Zoé-Maude Petit-Lavoie"))
    way.deliver()
    people(way).register.add("erasure", ZOE, clock().date())
    return Everywhere(way.again(own), way.again(other))


def test_everything_of_a_person_is_found_by_any_of_their_addresses(
    way: Journey, everywhere: Everywhere
) -> None:
    for address in (ZOE, MOVED):
        found = people(way).finder.find(address)
        assert found.person.addresses == {ZOE, MOVED}
        assert found.files[everywhere.own.id] >= {"owner", "contact"}
        assert found.files[everywhere.other.id] == {"fiduciary", "team"}
        assert {"subscriber", "consent", "message", "proposal", "edition_part", "request",
                "subscriber_letter", "case_letter", "open"} <= found.counts().keys()  # fmt: skip
        assert [coach.email for coach in found.coaches] == [ZOE]


def test_a_copy_holds_all_of_one_person_and_nothing_of_another(
    way: Journey, everywhere: Everywhere, clock: SetClock
) -> None:
    found = people(way).finder.find(ZOE)
    exported = people(way).export.of(found, clock())
    with zipfile.ZipFile(io.BytesIO(zipped(exported))) as archive:
        whole = archive.read("person.json").decode()
        table = archive.read("person.csv").decode("utf-8-sig")
        letters = [archive.read(name).decode() for name in archive.namelist() if "letters/" in name]
    assert json.loads(whole) == json.loads(json.dumps(exported))
    for mine in (ZOE, MOVED, "Petit-Lavoie", "+14185550188"):
        assert mine in whole, mine
        assert mine in table, mine
    for others in (ADA, "Tremblay", "jf.damours", "Rita Roy", "rita.roy@"):
        assert others not in whole, whole[whole.index(others) - 900 : whole.index(others) + 50]
    assert any("Petit-Lavoie" in letter for letter in letters)


@pytest.mark.parametrize("field", ["applicant_email", "fid_lead_email", "team"])
def test_an_address_that_somebody_types_makes_nobody_one_person_with_its_owner(
    way: Journey, clock: SetClock, field: str
) -> None:
    """His file is real, and moved once by him: hers is opened to him by no form of his."""
    ada = way.declare(goal_draft="Objectif d’Ada")
    his = way.declare(ZOE, org_legal_name="Un autre organisme")
    way.service.cases.applicant.correct_address(way.again(his), MOVED, by="applicant")
    way.decide("rita.roy@example.org", decision="approve")
    way.after_undo()
    team = [{**samples.APPLICATION["team"][0], "email": ADA}, *samples.APPLICATION["team"][1:]]
    given = samples.application(
        **{"applicant_email": MOVED, field: team if field == "team" else ADA}
    )
    told = way.visitor.send("/forms/application", {**given, "invite": way.invite(MOVED)})
    assert told.status_code == 201, told.body
    way.deliver()
    for asks, addresses, files in (
        (ADA, {ADA}, {ada.id}), (ZOE, {ZOE, MOVED}, {his.id}), (MOVED, {ZOE, MOVED}, {his.id}),
    ):  # fmt: skip
        found = people(way).finder.find(asks)
        assert found.person.addresses == addresses
        assert found.person.files == files
        exported = json.dumps(people(way).export.of(found, clock()), ensure_ascii=False)
        assert ("Objectif d’Ada" in exported) is (asks == ADA)
        assert (given["impact_goal"] in exported) is (asks != ADA)


def test_a_copy_says_what_was_agreed_to_and_what_is_proved(way: Journey, clock: SetClock) -> None:
    case = way.apply()
    exported: dict[str, Any] = people(way).export.of(people(way).finder.find(ADA), clock())
    (mine,) = exported["files"]
    for form in ("eoi", "application"):
        consent = mine["consents"][form]
        words = way.service.notices.words(consent["text_hash"])
        assert words is not None
        assert consent["words"] == words["text"]
        assert consent["at"]
    assert mine["proved"] == way.again(case).proved
    assert mine["proved"]["application"]["by"] == "invitation"


def test_somebody_who_is_erased_leaves_what_the_certificate_names_and_no_more(
    way: Journey, everywhere: Everywhere, store: MemoryStore
) -> None:
    erasure = people(way).erasure
    done = erasure.erase(erasure.find(ZOE), ErasureDecision("asked for it", force_open=True))
    left = traces(store.everything(), needles(way))
    lines = {_line(store, key) for key in left}
    assert lines <= {*done.stays, "erasure"}, left
    # Of the address itself nothing is left but the request to erase it.
    plain = traces(store.everything(), needles(way)[:-4])
    assert {_line(store, key) for key in plain} == {"request"}, plain
    assert done.files == {}
    assert {"case_letter", "message", "proposal", "edition_part", "consent"} <= done.went.keys()
    assert way.again(everywhere.own).state == "ANONYMISED"
    assert way.again(everywhere.other).state == "WITHDRAWN"
    for case in (everywhere.own, everywhere.other):
        assert verified(store, case.key[0]) is None
    for lang in ("fr", "en"):
        text = done.text(lang)
        assert all(content.rights()["stays"][why][lang] in text for why in done.why.values())


def test_an_erasure_that_dies_anywhere_is_ended_by_another_one(
    way: Journey, everywhere: Everywhere, store: MemoryStore
) -> None:
    """The process dies at the fifth write, then at the tenth, until it comes through."""

    class Died(BaseException):
        pass

    class Dying:
        run = left = 5

        def __call__(self, writes: object) -> None:
            self.left -= 1
            if not self.left:
                self.run += 5
                self.left = self.run
                raise Died

    store.before, runs = Dying(), 0
    while True:
        runs += 1
        assert runs < 100
        erasure = people(way).erasure
        try:
            done = erasure.erase(
                erasure.find(ZOE), ErasureDecision("asked for it", force_open=True)
            )
            break
        except Died:
            continue
    store.before = lambda writes: None
    assert runs > 2
    plain = traces(store.everything(), needles(way)[:-4])
    assert {_line(store, key) for key in plain} == {"request"}, plain
    assert {"case_letter", "message", "proposal", "consent"} <= done.went.keys()
    again = people(way).erasure
    twice = again.erase(again.find(ZOE), ErasureDecision("asked for it", force_open=True))
    # What led from one address to the other is gone by now.
    assert twice.stays.keys() <= done.stays.keys()
    assert twice.went == done.went


def test_nobody_is_written_to_about_an_erasure(
    way: Journey, everywhere: Everywhere, store: MemoryStore, clock: SetClock
) -> None:
    way.mailer.sent.clear()
    erasure = people(way).erasure
    erasure.erase(erasure.find(ZOE), ErasureDecision("asked for it", force_open=True))
    way.deliver()
    assert [mail.to for mail in way.mailer.sent if mail.to in (ZOE, MOVED)] == []


def test_files_stay_without_a_decision_and_open_ones_without_force(
    way: Journey, everywhere: Everywhere, store: MemoryStore
) -> None:
    erasure = people(way).erasure
    before = dict(store.items)
    with pytest.raises(ErasureRefused, match="is open"):
        erasure.erase(erasure.find(ZOE), ErasureDecision("asked for it"))
    assert store.items == before
    done = erasure.erase(erasure.find(ZOE), ErasureDecision())
    assert set(done.files.values()) == {"needs_decision"}
    assert way.again(everywhere.own).state == "EOI_PENDING"
    assert "message" in done.went


def test_a_decision_about_a_person_is_kept_for_a_year(way: Journey, clock: SetClock) -> None:
    case = way.declare(ZOE, **CONTACT)
    way.decide("rita.roy@example.org", decision="decline", reason="funds")
    way.after_undo()
    assert way.again(case).state == "EOI_DECLINED"
    erasure = people(way).erasure
    done = erasure.erase(erasure.find(ZOE), ErasureDecision("asked for it"))
    assert done.files == {case.ref: "decision"}
    assert way.again(case).email == ZOE


def test_what_waits_in_somebody_s_name_goes_with_them_too(way: Journey, store: MemoryStore) -> None:
    """Declarations beside her file, applications without an invitation, held forms, a request for
    another address, lost links, a result and counters; and nothing of it is written or mailed later."""
    own = way.declare(ZOE, **CONTACT)
    for city in ("Alma", "Gatineau", "Laval"):
        way.visitor.send(
            "/forms/eoi", samples.eoi(contact_email=ZOE.upper(), org_city=city, **CONTACT)
        )
    for ref in (own.ref, ""):
        way.visitor.send("/forms/application", samples.application(
            applicant_email=ZOE, ref=ref, applicant_last_name="Petit-Lavoie",
        ))  # fmt: skip
    for number in range(6):
        way.visitor.send("/forms/application", samples.application(
            applicant_email=ZOE, fid_city=f"Ville-{number}", applicant_last_name="Petit-Lavoie",
        ))  # fmt: skip
    way.visitor.send("/forms/assessment", samples.assessment(send_to_email=ZOE))
    way.visitor.submit("/file", [("email", ZOE)])
    way.service.cases.applicant.ask_address(way.again(own), MOVED)
    states = {case["state"] for case in store.kinds("case")}
    assert states == {"EOI_PENDING", "EOI_TO_CONFIRM", "ORPHAN_APP", "HELD_AS_SPAM"}
    erasure = people(way).erasure
    done = erasure.erase(erasure.find(ZOE), ErasureDecision("asked for it", force_open=True))
    stays = {*done.stays, "erasure"}
    left = traces(store.everything(), needles(way))
    assert {_line(store, key) for key in left} <= stays <= {"erasure", "subscriber", "mail_limit"}
    assert traces(store.everything(), needles(way)[:-4]) == {}
    assert {case["state"] for case in store.kinds("case")} == {"ANONYMISED"}
    assert [one for one in store.kinds("case") if verified(store, one["pk"])] == []
    way.mailer.sent.clear()
    for _ in range(20):
        way.clock.pass_(days=1)
        way.deliver()
    assert [mail.to for mail in way.mailer.sent if mail.to.lower() in (ZOE, MOVED)] == []
    assert {_line(store, key) for key in traces(store.everything(), needles(way))} <= stays


def test_a_closed_file_of_another_person_keeps_somebody_in_its_log_alone(
    way: Journey, store: MemoryStore, clock: SetClock
) -> None:
    """Named by the application, by its correction, by a question and its answer, and asked whether
    her address is to be the file's: the log stays whole, and the certificate says so."""
    others = way.apply(fid_lead_first_name=NAME["first_name"], fid_lead_email=ZOE,
                       fid_lead_last_name=NAME["last_name"], fid_lead_phone=PHONE)  # fmt: skip
    applicant = way.service.cases.applicant
    applicant.ask_address(way.again(others), ZOE)
    way.decide("rita.roy@example.org", decision="ask", message="Qui est Zoé-Maude Petit-Lavoie?")
    way.after_undo()
    asked = way.again(others)
    corrected = {**(asked.application or {}), "fid_lead_phone": "4185550199"}
    answer = f"Zoé-Maude Petit-Lavoie est ma collègue ({ZOE.upper()})."
    applicant.reply(asked, ApplicantReply(answer, corrected, []))
    applicant.withdraw(way.again(others), "Merci à Zoé-Maude Petit-Lavoie.")
    way.deliver()
    erasure = people(way).erasure
    done = erasure.erase(erasure.find(ZOE), ErasureDecision("asked for it"))
    left = traces(store.everything(), [*needles(way), "4185550199"])
    assert {_line(store, key) for key in left} <= {"case_event", "erasure"}, left
    assert done.stays["case_event"]
    assert done.why["case_event"] == "event"
    assert verified(store, others.key[0]) is None


def test_a_hold_stops_erasure_and_the_clock_of_retention(
    way: Journey, clock: SetClock, store: MemoryStore
) -> None:
    case = way.declare(ZOE, **CONTACT)
    way.service.cases.applicant.withdraw(case, "")
    way.deliver()
    holds, erasure = people(way).holds, people(way).erasure
    until = clock().date().replace(year=clock().year + 4)
    holds.set(people(way).finder.find(ZOE), "file 500-17", until)
    with pytest.raises(ErasureRefused, match=f"until {until}"):
        erasure.erase(erasure.find(ZOE), ErasureDecision("asked for it"))
    clock.pass_(days=3 * 365)
    way.deliver()
    assert way.again(case).state == "WITHDRAWN"
    clock.pass_(days=369)
    way.deliver()
    assert way.again(case).state == "ANONYMISED"


def _line(store: MemoryStore, key: tuple[str, str]) -> str:
    from chalicelib.people import retention

    row = retention.row_of(*key, (store.items.get(key) or {}).get("kind"))
    return row["name"] if row else f"{key}"


def test_a_change_of_address_of_a_subscription_is_followed_both_ways(
    way: Journey, clock: SetClock, store: MemoryStore
) -> None:
    zoe = Person(way.service, way.mailer, clock, ZOE).joined()
    asked = clock()
    preferences = way.service.subscribers.preferences
    assert preferences.move(zoe.id, MOVED) == "asked"
    zoe.deliver()
    way.visitor.submit(Person(way.service, way.mailer, clock, MOVED).link("confirm"), [])
    assert asked <= clock()
    declared = way.declare(ZOE, **{**CONTACT, "consent_newsletter": None})
    for address in (ZOE, MOVED):
        person = people(way).finder.find(address).person
        assert person.addresses == {ZOE, MOVED}
        assert person.files == {declared.id}
    erasure = people(way).erasure
    erasure.erase(erasure.find(MOVED), ErasureDecision("asked for it", force_open=True))
    assert traces(store.everything(), [ZOE, MOVED]) == {}


def test_a_draft_goes_with_whoever_writes_it_and_not_with_whom_it_names(
    way: Journey, store: MemoryStore
) -> None:
    drafts = {}
    for section, field, form in (
        ("contact", "contact_email", "eoi"), ("fiduciary_lead", "fid_lead_email", "application"),
    ):  # fmt: skip
        told = way.visitor.send("/draft", {"form": form, "uninvited": "1"}).json_body
        url = f"/draft/{told['links']['draft'].rpartition('/')[2]}"
        way.visitor.send(f"{url}/{section}", {"version": 0, "fields": {field: ZOE}})
        drafts[form] = url
    found = people(way).finder.find(ZOE)
    assert found.counts()["draft"] == 2
    assert len(people(way).export.of(found, way.clock())["drafts"]) == 1  # type: ignore[arg-type]
    erasure = people(way).erasure
    done = erasure.erase(erasure.find(ZOE), ErasureDecision("asked for it"))
    assert [row["form"] for row in store.kinds("draft")] == ["application"]
    assert done.stays["draft"] == 1


@pytest.mark.parametrize("decision", ["approve", "conditions"])
def test_a_funded_file_stays_whoever_asks_for_it_to_be_erased(way: Journey, decision: str) -> None:
    case = way.apply()
    asked = {"condition_0": "Une entente signée", "due_0": "2026-09-01"}
    way.decide(RITA, decision=decision, code=way.code(RITA),
               **(asked if decision == "conditions" else {}))  # fmt: skip
    way.after_undo()
    assert is_funded(way.again(case).state)
    erasure = people(way).erasure
    done = erasure.erase(erasure.find(ADA), ErasureDecision("asked for it", force_open=True))
    assert done.files == {str(way.again(case).app_ref): "funding"}
    assert way.again(case).state != "ANONYMISED"
