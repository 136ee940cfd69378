"""A stranger who knows an address, a reference, a name and every public page gets nowhere.

He posts anything in any order and opens whatever the answers give him, beside an honest
applicant and staff who act. `STEPS=10000` before pytest plays him longer.
"""

import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from chalice.test import HTTPResponse

import samples
from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.states import is_invited, kind
from journey import ADA, RITA, Journey

STEPS: Final = int(os.environ.get("STEPS", "120"))
SEEDS: Final = (1, 2)

SECRET: Final = "Objectif-que-seule-Ada-connaît"
DECISION: Final = "Mot-de-la-décision-à-Ada"
STATE_NAMES: Final = [
    *content.states()["states"],
    *(state[lang] for state in content.states()["states"].values() for lang in ("fr", "en")),
]
"""How a page or a script could say where a file stands: none of it is for a stranger."""

SPELLINGS: Final = (ADA, ADA.upper(), ADA.title(), f" {ADA} ", f"Ada <{ADA}>")
CITIES: Final = ("Laval", "Gatineau", "Montréal", "Rimouski", "Alma")


@dataclass
class World:
    """Who plays, and what the stranger has got hold of: links out of answers, never out of mail."""

    way: Journey
    random: random.Random
    links: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def files(self) -> list[Case]:
        """Ada's files: whatever counts, and not what waits beside them."""
        cases = [Case.of(row) for row in self.way.store.kinds("case")]
        mine = [case for case in cases if case.answers.get("goal_draft") == SECRET]
        return [case for case in mine if kind(case.state) != "unconfirmed"]

    def ref(self) -> str:
        return self.files()[0].ref

    # The stranger's hands
    def posts(self, path: str, fields: Any) -> HTTPResponse:
        return self.noted(self.way.visitor.send(path, fields))

    def submits(self, path: str, pairs: list[tuple[str, str]]) -> HTTPResponse:
        return self.noted(self.way.visitor.submit(path, pairs))

    def opens(self, path: str) -> HTTPResponse:
        script = self.random.random() < 0.5  # noqa: PLR2004
        ask = self.way.visitor.get if script else self.way.visitor.page
        return self.noted(ask(path))

    def noted(self, told: HTTPResponse) -> HTTPResponse:
        assert told.status_code < 500, told.body  # noqa: PLR2004
        text = told.body.decode() + str(dict(told.headers))
        self.read.append(text)
        for path in re.findall(r"/(?:file|declaration|newsletter/\w+|review)/[\w.~-]{20,}", text):
            if path not in self.links:
                self.links.append(path)
        return told


Step = Callable[[World], None]

STRANGER: Final[dict[str, Step]] = {}
HONEST: Final[dict[str, Step]] = {}


def step(of: dict[str, Step]) -> Callable[[Step], Step]:
    def registered(function: Step) -> Step:
        of[function.__name__] = function
        return function

    return registered


@step(STRANGER)
def declares(world: World) -> None:
    pick = world.random
    given = samples.eoi(
        contact_email=pick.choice(SPELLINGS), org_city=pick.choice(CITIES),
        org_legal_name=pick.choice((samples.EOI["org_legal_name"], "Un autre nom")),
        website=pick.choice(("", "", "", "http://spam.example")),
    )  # fmt: skip
    told = world.posts("/forms/eoi", given)
    odd = "<" in given["contact_email"] or given["website"]
    assert told.status_code == (422 if odd else 201), told.body


@step(STRANGER)
def applies(world: World) -> None:
    """He knows her reference and her address, and names himself as the fiduciary's lead."""
    pick = world.random
    given = samples.application(
        ref=pick.choice((world.ref(), world.ref().lower(), "DI-2026-00000-0", "")),
        applicant_email=pick.choice(SPELLINGS[:4]), fid_city=pick.choice(CITIES),
        fid_lead_email="thief@example.org",
    )  # fmt: skip
    told = world.posts("/forms/application", given)
    assert told.status_code in (201, 429), told.body
    if told.status_code == 201:  # noqa: PLR2004
        mine = {case.id for case in world.files()}
        assert told.json_body["ref"].removeprefix("DF-") not in mine


@step(STRANGER)
def asks_for_links(world: World) -> None:
    world.posts("/file", {"email": world.random.choice(SPELLINGS), "lang": "fr"})


@step(STRANGER)
def signs_up(world: World) -> None:
    given = {"email": world.random.choice(SPELLINGS), "lang": "fr", "consent_newsletter": True}
    world.posts("/newsletter", given)


@step(STRANGER)
def opens_a_link(world: World) -> None:
    if world.links:
        path = world.random.choice(world.links)
        world.opens(path + world.random.choice(("", "?new=1", "?do=withdraw", "?lang=en", "~")))


@step(STRANGER)
def tries_a_token_elsewhere(world: World) -> None:
    if world.links:
        token = world.random.choice(world.links).rpartition("/")[2]
        prefix = world.random.choice(
            ("/file/", "/declaration/", "/review/", "/newsletter/confirm/")
        )
        world.opens(prefix + token)
        world.opens(f"/forms/application?invite={token}")


@step(STRANGER)
def presses_what_a_page_offers(world: World) -> None:
    if not world.links:
        return
    pick = world.random
    path = pick.choice(world.links)
    page = world.way.visitor.page(path)
    nonce = re.search(r'name="nonce" value="([^"]*)"', world.noted(page).body.decode())
    fields = {
        "nonce": nonce[1] if nonce else "",
        "action": pick.choice(("reply", "withdraw", "correct", "confirm", "")),
        "choice": pick.choice(("replace", "another", "not_me", f"replace:{world.files()[0].id}")),
        "answer": "Je suis Ada.", "address": "thief@example.org", "confirm": "on",
    }  # fmt: skip
    world.submits(path, list(fields.items()))


@step(STRANGER)
def guesses(world: World) -> None:
    kind_of_page = world.random.choice(("file", "declaration", "review"))
    world.opens(f"/{kind_of_page}/{world.ref()}")


@step(HONEST)
def declares_herself(world: World) -> None:
    """Ada is never refused, whatever was posted in her name."""
    given = samples.eoi(goal_draft=SECRET, org_city=world.random.choice(CITIES))
    told = world.way.visitor.send("/forms/eoi", given)
    assert told.status_code == 201, told.body  # noqa: PLR2004


@step(HONEST)
def answers_her_letters(world: World) -> None:
    letters = world.way.letters(ADA, "/declaration/")
    if not letters:
        return
    path = re.findall(r"/declaration/[\w.~-]+", letters[-1])[-1]
    page = world.way.visitor.page(path).body.decode()
    nonce = re.search(r'name="nonce" value="([^"]*)"', page)
    if nonce:
        # Only what she sent herself becomes hers.
        mine = SECRET in page and "<del>" not in page.partition("<details")[0].partition(SECRET)[0]
        choice = world.random.choice(("another", "replace") if mine else ("not_me",))
        told = world.way.visitor.send(path, {"nonce": nonce[1], "choice": choice})
        assert told.status_code in (200, 422), told.body


@step(HONEST)
def staff_decide(world: World) -> None:
    waiting = [case for case in world.files() if case.state == "EOI_PENDING"]
    if not waiting:
        return
    from chalicelib.cases.effects import Decider
    from chalicelib.cases.guards import DecisionInput

    case, decide = world.random.choice(waiting), world.way.service.cases.decisions.act
    name = world.random.choice(("approve", "ask", "decline"))
    given = DecisionInput(reasons=("not_ci",) if name == "decline" else (), message=DECISION)
    decide(case, name, Decider("rita-roy", "Rita Roy"), given)


@step(HONEST)
def she_answers_a_question(world: World) -> None:
    from chalicelib.cases.applicant import Reply

    for case in world.files():
        if case.state == "EOI_INFO_REQUESTED" and not case.undo_open(world.way.clock()):
            world.way.service.cases.applicant.reply(case, Reply("Voici."))


@step(HONEST)
def she_applies(world: World) -> None:
    """Her invitation is hers, whatever was posted with her reference."""
    way = world.way
    for case in world.files():
        if is_invited(case.state) and not case.undo_open(way.clock()):
            invite = way.service.links.invite(case.id, case.person, "fr").partition("invite=")[2]
            given = samples.application(invite=invite, impact_goal=SECRET, fid_lead_email=ADA)
            told = way.visitor.send("/forms/application", given)
            assert told.status_code == 201, told.body  # noqa: PLR2004


@step(HONEST)
def time_passes(world: World) -> None:
    world.way.clock.pass_(**world.random.choice(({"minutes": 12}, {"hours": 7}, {"days": 2})))
    world.way.deliver()


@step(HONEST)
def letters_leave(world: World) -> None:
    world.way.deliver()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_stranger_changes_nothing_learns_nothing_and_shuts_nobody_out(
    way: Journey, seed: int
) -> None:
    way.settings(POSTS_PER_HOUR="1000000", SIGNUPS_PER_HOUR="1000000")
    world = World(way, random.Random(seed))
    way.declare(goal_draft=SECRET)
    for _ in range(STEPS):
        if world.random.random() < 0.7:  # noqa: PLR2004
            _stranger(world)
        else:
            world.random.choice(list(HONEST.values()))(world)
    check_open_to_its_owner(world)


def _stranger(world: World) -> None:
    before = {case.id: case for case in world.files()}
    read = len(world.read)
    name = world.random.choice(sorted(STRANGER))
    STRANGER[name](world)
    after = {case.id: case for case in world.files()}
    assert after == before, f"{name} changed a file"
    for text in world.read[read:]:
        assert SECRET not in text, f"{name} read an answer"
        assert DECISION not in text, f"{name} read a decision"
        plain = re.sub(r"<[^>]+>", "", text)
        told = [one for one in STATE_NAMES if one in plain]
        assert not told, f"{name} learned {told}"
    for case in after.values():
        # How it is spelled is no other address: she confirmed by a mail to that spelling.
        assert case.mail_to.lower() == ADA, f"{name} moved an address"
    world.way.deliver()
    strangers_mail = {mail.to for mail in world.way.mailer.sent} - {ADA, RITA}
    assert "thief@example.org" not in strangers_mail


def check_open_to_its_owner(world: World) -> None:
    """Her own links open what is hers, and her invitation is still good."""
    way = world.way
    way.clock.pass_(hours=2)
    way.visitor.send("/file", {"email": ADA, "lang": "fr"})
    way.deliver()
    listed = way.letters(ADA, "/file/")[-1]
    for case in world.files():
        link = f"/file/{way.service.links.file(case.id, case.person).rpartition('/')[2]}"
        assert SECRET in way.visitor.page(link).body.decode()
        if kind(case.state) == "active":
            assert case.current_ref in listed, "her lost-link mail names each open file"
        if is_invited(case.state):
            invite = way.service.links.invite(case.id, case.person, "fr").partition("invite=")[2]
            assert way.visitor.page(f"/forms/application?invite={invite}").status_code == 200  # noqa: PLR2004
    declares_herself(world)
