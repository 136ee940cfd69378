"""The pages and letters of a case's later life, for the gallery."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import samples
from chalicelib.cases.case import Case
from chalicelib.cases.intake import stored_form
from chalicelib.cases.open_files import MAX_KEPT
from chalicelib.cases.states import step
from chalicelib.cases.transition import StateChange
from chalicelib.core.letter_row import tag_of
from chalicelib.core.links import person_key
from chalicelib.core.ports import Put
from chalicelib.mail.alerts import alert_letter
from chalicelib.mail.service_status import StatusKeeper
from environment import RITA, SAM
from infra.operator.renewal import Renewal
from visitor import token

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach
    from gallery import Walk

Pages = Iterator[tuple[str, str]]


def declarations(walk: "Walk") -> Pages:
    """A second declaration in somebody's name, which replaces the first."""
    path = _asked(walk, "ada@example.org")
    yield "declaration", walk.page(path)
    yield "declaration-errors", walk.send(path)
    (chosen,) = re.findall(r'value="(replace:[^"]+)"', walk.page(path))
    yield "declaration-replaced", walk.send(path, choice=chosen)
    walk.deliver()
    yield "declaration-answered", walk.page(path)


def crowded(walk: "Walk") -> None:
    """More declarations in one person's name than wait at once, and one that is not theirs."""
    for number in range(MAX_KEPT + 2):
        walk.declare("gina@example.org", org_city=f"Ville {number}")
    path = _asked(walk, "gina@example.org")
    walk.send(path, choice="not_me")
    walk.deliver()


def _asked(walk: "Walk", address: str) -> str:
    return f"/declaration/{token(walk.mailer.to(address)[-1].text, 'declaration')}"


def questions(walk: "Walk") -> Pages:
    told = walk.declare("dora@example.org", org_legal_name="Maison Dora")
    yield "review-ask", walk.send(walk.review(), decision="ask", message="")
    walk.decide("ask", message="Combien de jeunes?\nDepuis quand?")
    walk.after_undo()
    own = walk.own("dora@example.org")
    yield "file-question", walk.page(own)
    yield "lost", walk.page("/file")
    yield "lost-errors", walk.answer("/file", {"email": "dora@"})
    yield "lost-asked", walk.page("/file?asked=1")
    walk.answer("/file", {"email": "dora@example.org"})
    yield "lost-broken", walk.page(f"{own[:-5]}")
    walk.deliver()
    wrong = [(k, v) for k, v in samples.as_html(samples.eoi(org_city="")) if k != "lang"]
    yield (
        "file-question-errors",
        walk.send(own, action="reply", answer="", revised="1", **dict(wrong)),
    )
    given = samples.eoi(
        contact_email="dora@example.org", contact_language=walk.lang, org_city="Laval",
        org_legal_name="Maison Dora",
    )  # fmt: skip
    pairs = dict(samples.as_html(given)) | {"answer": "Douze.\nDepuis mai.", "revised": "1"}
    walk.send(own, action="reply", **pairs)
    walk.deliver()
    assert walk.case(told).state == "EOI_PENDING"
    yield "file-answered", walk.page(own)
    yield "review-answered", walk.page(walk.review())


def ends(walk: "Walk") -> Pages:
    told = walk.declare("elsa@example.org", org_legal_name="Centre Elsa")
    walk.decide("ask", message="Qui porte le projet?")
    walk.after_undo()
    lapsed(walk, told, "lapse")
    told = walk.declare("fanny@example.org", org_legal_name="Atelier Fanny")
    walk.decide("approve")
    walk.after_undo()
    own = walk.own("fanny@example.org")
    yield "file-invited", walk.page(own)
    walk.send(own, action="copy")
    walk.deliver()
    lapsed(walk, told, "expire")
    review = walk.latest()
    yield "review-extend", walk.page(review)
    walk.decided(
        review, decision="extend", until="2026-12-01", message="Prenez le temps qu’il faut."
    )
    walk.deliver()
    yield "withdrawing", walk.page(f"{own}?do=withdraw")
    yield "withdrawing-errors", walk.send(own, f"{own}?do=withdraw", action="withdraw", confirm="")
    yield "done", walk.send(own, f"{own}?do=withdraw", action="withdraw", message="Trop tôt.")
    walk.deliver()
    yield "file-withdrawn", walk.page(own)
    yield "done-refused", walk.send(own, action="withdraw")
    review = walk.latest()
    yield "review-reopen", walk.page(review)
    walk.decided(review, decision="reopen", message="Comme vous l’avez demandé.")
    walk.deliver()


def lapsed(walk: "Walk", told: dict[str, Any], event: str) -> None:
    """A clock ended."""
    case = walk.case(told)
    row = step(case.state, event)
    move = StateChange(case, row, walk.clock(), "clock")
    move.owes_letters()
    walk.store.commit(move.writes())
    walk.deliver()


def addresses(walk: "Walk") -> Pages:
    told = walk.declare("gina@example.org", org_legal_name="Groupe Gina")
    own = walk.own("gina@example.org")
    yield "address-errors", walk.send(own, action="correct", address="gina@")
    walk.send(own, action="correct", address="gina.new@example.org")
    walk.deliver()
    confirm = walk.own("gina.new@example.org")
    yield "confirming", walk.page(confirm)
    yield "confirming-errors", walk.send(confirm, action="confirm", confirm="")
    walk.send(confirm, action="confirm")
    walk.deliver()
    row = next(
        r for r in walk.store.kinds("letter")
        if r["pk"] == walk.case(told).key[0] and r["to"] == "applicant"
    )  # fmt: skip
    walk.service.delivery_events.settle(bounced(tag_of(row["pk"], row["sk"])))
    walk.deliver()
    yield "review-undeliverable", walk.page(walk.latest())
    yield "review-letters", walk.page(f"{walk.latest()}?letters=1")


def bounced(tag: str, kind: str = "Permanent") -> dict[str, Any]:
    """What SES says of a mail that came back."""
    bounce = {"bounceType": kind, "bouncedRecipients": [{"diagnosticCode": "550 5.1.1 unknown"}]}
    mail = {"tags": {"mail": [tag]}, "messageId": "m"}
    return {"eventType": "Bounce", "mail": mail, "bounce": bounce}


def orphans(walk: "Walk") -> Pages:
    yield "uninvited", walk.page("/forms/application")
    yield "application-uninvited", walk.page("/forms/application?uninvited=1")
    walk.invited("hana@example.org", org_legal_name="Coopérative Hana")
    given = samples.application(
        applicant_email="hana@example.org", applicant_language=walk.lang,
        fid_legal_name="Coopérative Hana",
    )  # fmt: skip
    (declared,) = (r for r in walk.store.kinds("case") if r["email"] == "hana@example.org")
    walk.sent("application", {**given, "ref": f"DI-{declared['id']}"})
    walk.deliver()
    claim = walk.own("hana@example.org")
    yield "claim", walk.page(claim)
    yield "claim-errors", walk.send(claim, action="confirm", confirm="")
    yield "review-claim", walk.page(walk.latest())
    yield "claim-not-mine", walk.send(claim, action="not_me")
    walk.deliver()
    walk.sent("application", {**given, "fid_city": "Laval"})
    walk.deliver()
    yield "file-orphan", walk.page(walk.own("hana@example.org"))
    review = walk.latest()
    yield "review-orphan", walk.page(review)
    yield "review-orphan-errors", walk.send(review, decision="link", target_ref="DI-2026-00000-0")
    ref = walk.case({"ref": str(_candidate(walk.page(review)))}).ref
    walk.decided(review, decision="link", target=ref)
    walk.deliver()


def _candidate(page: str) -> str:
    return page.split('name="target" value="')[1].split('"')[0]


def quorum(walk: "Walk") -> Pages:
    other = SAM if walk.staff is RITA else RITA
    mine = {
        "lang": walk.lang,
        "sk": "sacha-morin",
        "name": "Sacha Morin",
        "email": "sacha@example.org",
    }
    walk.store.items["STAFF", str(mine["sk"])] = {**other, **mine}
    walk.serve(QUORUM_APPLICATION="2")
    invite = walk.invited("ines@example.org", org_legal_name="Réseau Inès")
    told = walk.apply(invite, "ines@example.org")
    review, code = walk.review(), walk.code()
    yield (
        "review-conditions-errors",
        walk.decided(review, decision="conditions", code=code, condition_0="Trouver un fiduciaire",
                     due_0="hier"),
    )  # fmt: skip
    walk.send(review, decision="ask", message="Quel budget?")
    walk.after_undo()
    walk.send(walk.own("ines@example.org"), action="reply", answer="Il est joint.")
    walk.deliver()
    review, code = walk.review(), walk.code()
    theirs = walk.mailer.to("sacha@example.org")[-1].text
    yield (
        "voted",
        walk.decided(review, decision="conditions", code=code, message="D’accord",
                     condition_0="Trouver un fiduciaire", due_0="2026-12-01"),
    )  # fmt: skip
    walk.deliver()
    second = "/review/" + _token(theirs)
    yield "review-votes", walk.page(second)
    walk.decided(second, decision="approve", code=_code(theirs))
    walk.after_undo()
    own = walk.own("ines@example.org")
    yield "file-conditions", walk.page(own)
    yield "file-copy", walk.page(f"{own}?copy=1")
    walk.answer(second, {"decision": "fresh"})
    walk.deliver()
    third = "/review/" + _token(walk.mailer.to("sacha@example.org")[-1].text)
    yield "review-conditions-met", walk.send(third, decision="conditions_met", code=_code(theirs))
    walk.decided(third, decision="postpone", new_day_0="31 mars 2027", message="Bien sûr.")
    walk.deliver()
    assert walk.case(told).state == "APP_CONDITIONAL"
    walk.serve(STEP_UP="on")
    told = walk.apply(
        walk.invited("jade@example.org", org_legal_name="Projet Jade"), "jade@example.org"
    )
    review, code = walk.review(), walk.code()
    yield "review-step-up", walk.decided(review, decision="approve", code=code)
    walk.deliver()
    walk.decided(review, decision="waitlist")
    walk.deliver()
    assert walk.case(told).state == "APP_WAITLISTED"
    del walk.store.items["STAFF", str(mine["sk"])]
    walk.serve()


def _token(text: str) -> str:
    return token(text, "review")


def _code(text: str) -> str:
    found: list[str] = re.findall(r"(?:décider\u00a0|decide): ([2-9A-Z]{4})", text)
    return found[-1]


def staff(walk: "Walk") -> Pages:
    me = walk.store.items["STAFF", str(walk.staff["sk"])]
    noor = {**RITA, "sk": "noor-ali", "name": "Noor Ali", "email": "noor@example.org"}
    walk.store.items["STAFF", "noor-ali"] = {**noor, "lang": walk.lang}
    walk.declare("kim@example.org", org_legal_name="Comité Kim")
    review = walk.review()
    yield (
        "noted",
        walk.send(review, decision="assign", colleague="noor-ali", message="Tu connais bien."),
    )
    walk.deliver()
    me["away_until"] = "2027-06-01"
    yield "away", walk.page(review)
    me.pop("away_until")
    walk.decided(review, decision="approve")
    walk.after_undo()
    for _ in range(3):
        walk.answer(review, {"decision": "fresh"})
        walk.deliver()
        walk.clock.pass_(minutes=2)
        page = walk.send(walk.latest(), decision="extend")
        walk.deliver()
    yield "refused", page
    walk.store.items["STAFF", "noor-ali"]["active"] = False
    walk.store.commit([Put(alert_letter("dead_letter", walk.clock()))])
    walk.deliver()


def renewed_links(walk: "Walk", coaches: Sequence["Coach"]) -> None:
    """After a key was taken back: to these coaches, to all subscribers and open files."""
    renewal = Renewal(walk.store, f"{walk.clock():%d%H%M%S}", walk.clock())
    for coach in coaches:
        renewal.to_coach(coach)
    for row in walk.store.kinds("subscriber"):
        renewal.to_subscriber(row)
    for row in walk.store.kinds("case"):
        renewal.to_applicant(Case.of(row))


def stored_forms(walk: "Walk") -> None:
    """The letters of a form that opens no file, as if the declaration were one."""
    address = "noe@example.org"
    item = {
        "form": "eoi", "lang": walk.lang, "answers": samples.eoi(contact_email=address),
        "address": address, "sender": person_key(address, walk.keys.people),
    }  # fmt: skip
    letters = ["form_received", "staff_form_received"]
    walk.store.commit(stored_form.rows("DI-2026-4T7KQ-M", item, letters, walk.clock()))
    walk.deliver()


def times(walk: "Walk") -> None:
    """Letters that nobody sends: those of the clocks, over some months."""
    walk.declare("lila@example.org", org_legal_name="Maison Lila")
    walk.decide("ask", message="Qui porte le projet?")
    walk.after_undo()
    walk.invited("mona@example.org", org_legal_name="Centre Mona")
    waitlisted = walk.apply(
        walk.invited("nina@example.org", org_legal_name="Projet Nina"), "nina@example.org"
    )
    walk.decided(walk.review(), decision="waitlist", code=walk.code())
    told = walk.apply(
        walk.invited("olga@example.org", org_legal_name="Comité Olga"), "olga@example.org"
    )
    walk.decided(
        walk.review(), decision="conditions", code=walk.code(),
        condition_0="Trouver un fiduciaire", due_0=str(walk.clock().date() + timedelta(days=40)),
    )  # fmt: skip
    walk.after_undo()
    assert walk.case(waitlisted).state == "APP_WAITLISTED"
    assert walk.case(told).state == "APP_CONDITIONAL"
    walk.declare("paula@example.org", org_legal_name="Groupe Paula")
    renewed_links(walk, [])
    walk.service.cases.digest.ensure_scheduled()
    for _ in range(45):
        walk.clock.pass_(days=1)
        walk.service.mail.outbox.sweep()
        walk.deliver()


def status(walk: "Walk", down: Callable[..., object]) -> Pages:
    """How the service does: well, with letters that wait, and without its store."""
    keeper = StatusKeeper(walk.store, walk.clock)
    for name, oldest in (("status", timedelta(0)), ("status-late", timedelta(hours=1))):
        keeper.keep(oldest)
        yield name, walk.page("/status")
        walk.clock.pass_(minutes=1)
    with walk.patch.context() as patch:
        patch.setattr(walk.store, "get", down)
        yield "status-down", walk.page("/status")
