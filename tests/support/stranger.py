"""What a stranger does who knows an address, a reference, a name and every public page, and what
an honest applicant and the staff do beside him: steps for tests that play them in any order."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from chalice.test import HTTPResponse

import samples
from chalicelib import content
from chalicelib.cases.applicant import ApplicantReply
from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput
from chalicelib.cases.states import is_invited, kind
from chalicelib.core.rate_limit import ROUTES
from journey import ADA, Journey
from subscribers import Person

SECRET: Final = "Objectif-que-seule-Ada-connaît"
DECISION: Final = "Mot-de-la-décision-à-Ada"
STATE_NAMES: Final = [
    *content.states()["states"],
    *(state[lang] for state in content.states()["states"].values() for lang in ("fr", "en")),
]
"""How a page or a script could say where a file stands: none of it is for a stranger."""

PUBLIC: Final = (
    "/forms/eoi", "/forms/application?ref={ref}", "/forms/assessment", "/file", "/newsletter",
    "/newsletter/archive", "/newsletter/feed.fr.xml", "/coaches", "/openapi.json", "/health",
)  # fmt: skip
ACCEPTED: Final = 201
BROKEN: Final = 500
HALF: Final = 0.5

SPELLINGS: Final = (ADA, ADA.upper(), ADA.title(), f" {ADA} ", f"Ada <{ADA}>")
CITIES: Final = ("Laval", "Gatineau", "Montréal", "Rimouski", "Alma")


@dataclass
class World:
    """Who plays, and what the stranger has got hold of: links out of answers, never out of mail."""

    way: Journey
    random: Random = field(default_factory=Random)
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
        script = self.random.random() < HALF
        ask = self.way.visitor.get if script else self.way.visitor.page
        return self.noted(ask(path))

    def noted(self, told: HTTPResponse) -> HTTPResponse:
        assert told.status_code < BROKEN, told.body
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
    assert told.status_code == (422 if odd else ACCEPTED), told.body


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
    if told.status_code == ACCEPTED:
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
        "action": pick.choice(("reply", "withdraw", "correct", "confirm", "copy", "not_me", "")),
        "choice": pick.choice(("replace", "another", "not_me", f"replace:{world.files()[0].id}")),
        "answer": "Je suis Ada.", "address": "thief@example.org", "confirm": "on",
    }  # fmt: skip
    world.submits(path, list(fields.items()))


@step(STRANGER)
def looks_at_a_public_page(world: World) -> None:
    world.opens(world.random.choice(PUBLIC).format(ref=world.ref()))


@step(STRANGER)
def takes_the_assessment_for_her(world: World) -> None:
    world.posts("/forms/assessment", samples.assessment(send_to_email=ADA))


@step(STRANGER)
def applies_with_what_he_has_for_an_invitation(world: World) -> None:
    tokens = [link.rpartition("/")[2] for link in world.links] or ["x"]
    invite = world.random.choice((*tokens, world.ref(), world.files()[0].id, "x"))
    given = samples.application(invite=invite, ref=world.ref(), applicant_email=ADA)
    assert world.posts("/forms/application", given).status_code in (403, 404, 409, 410, 429)


@step(STRANGER)
def sends_with_a_key_of_his_own(world: World) -> None:
    given = samples.eoi(contact_email=ADA, org_city=world.random.choice(CITIES))
    key = world.random.choice(("a", "b"))
    told = world.noted(world.way.visitor.send("/forms/eoi", given, Idempotency_Key=key))
    assert told.status_code in (ACCEPTED, 409, 422, 429)


@step(STRANGER)
def posts_rubbish_anywhere(world: World) -> None:
    pick = world.random
    tokens = [link.rpartition("/")[2] for link in world.links] or ["x"]
    token = pick.choice((*tokens, world.ref(), "~", "%00"))
    form = pick.choice(("eoi", "application", "assessment", "nothing"))
    parts = defaultdict(lambda: "x", form=form, token=token, page="check", ref=world.ref())
    path = pick.choice(sorted(ROUTES)).format_map(parts)
    words = (ADA, world.ref(), "on", "erase", "withdraw", "approve", "", "\u0301" * 40, "<b>")
    names = (
        "email",
        "action",
        "decision",
        "nonce",
        "ref",
        "invite",
        "confirm",
        "address",
        "choice",
    )
    fields = {name: pick.choice(words) for name in pick.sample(names, 4)}
    if pick.random() < HALF:
        world.posts(path, fields)
    else:
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
    assert told.status_code == ACCEPTED, told.body


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
    case, decide = world.random.choice(waiting), world.way.service.cases.decisions.act
    name = world.random.choice(("approve", "ask", "decline"))
    given = DecisionInput(reasons=("not_ci",) if name == "decline" else (), message=DECISION)
    decide(case, name, Decider("rita-roy", "Rita Roy"), given)


@step(HONEST)
def she_answers_a_question(world: World) -> None:
    for case in world.files():
        if case.state == "EOI_INFO_REQUESTED" and not case.undo_open(world.way.clock()):
            world.way.service.cases.applicant.reply(case, ApplicantReply("Voici."))


@step(HONEST)
def she_applies(world: World) -> None:
    """Her invitation is hers, whatever was posted with her reference."""
    way = world.way
    for case in world.files():
        if is_invited(way.service.lookup.known_state(case)):
            invite = way.service.links.invite(case.id, case.person, "fr").partition("invite=")[2]
            given = samples.application(invite=invite, impact_goal=SECRET, fid_lead_email=ADA)
            told = way.visitor.send("/forms/application", given)
            assert told.status_code == ACCEPTED, told.body


@step(HONEST)
def she_subscribes(world: World) -> None:
    way = world.way
    ada = Person(way.service, way.mailer, way.clock, ADA)
    if ada.status != "ACTIVE":
        ada.joined()


@step(HONEST)
def time_passes(world: World) -> None:
    world.way.clock.pass_(**world.random.choice(({"minutes": 12}, {"hours": 7}, {"days": 2})))
    world.way.deliver()


@step(HONEST)
def letters_leave(world: World) -> None:
    world.way.deliver()


def check_open_to_its_owner(world: World) -> None:
    """Her own links open what is hers, and her invitation is still good."""
    way = world.way
    way.clock.pass_(hours=2)
    way.visitor.send("/file", {"email": ADA, "lang": "fr"})
    way.deliver()
    listed = [mail.text for mail in way.mailer.to(ADA) if "liens de vos dossiers" in mail.subject][
        -1
    ]
    for case in world.files():
        link = f"/file/{way.service.links.file(case.id, case.person).rpartition('/')[2]}"
        assert SECRET in way.visitor.page(link).body.decode()
        if kind(case.state) == "active":
            assert case.current_ref in listed, "her lost-link mail names each open file"
        # An approval whose letter waits for the morning is known to nobody.
        if is_invited(way.service.lookup.known_state(case)):
            invite = way.service.links.invite(case.id, case.person, "fr").partition("invite=")[2]
            assert way.visitor.page(f"/forms/application?invite={invite}").status_code == 200
    declares_herself(world)
