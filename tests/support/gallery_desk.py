"""The pages of the desk, for the tests that look at every page."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalice.test import HTTPResponse

from chalicelib.cases.case import Case
from chalicelib.cases.review.model import Decision
from chalicelib.cases.staff import Staff
from chalicelib.coaches.keeping import packed_columns, shown_columns
from chalicelib.coaches.proposals import EDITABLE_COLUMNS
from chalicelib.core.templates import passages_of
from chalicelib.desk.appraisals import answered
from chalicelib.desk.criteria import asked_criteria
from chalicelib.desk.filters import Filters
from chalicelib.desk.many import Chosen
from staff_browser import StaffBrowser, link_of, nonce_of

if TYPE_CHECKING:
    from gallery import Walk

Pages = Iterator[tuple[str, str]]


def sign_in(walk: "Walk") -> Pages:
    browser = StaffBrowser(walk.visitor, walk.lang)
    email, at = str(walk.staff["email"]), f"?lang={walk.lang}"

    def letter() -> str:
        walk.deliver()
        return str(walk.mailer.to(email)[-1].text)

    yield "desk-sign-in", browser.get(f"/desk{at}").body.decode()
    wrong = browser.post("/desk", ("email", "eve@"), ("lang", walk.lang))
    yield "desk-sign-in-errors", browser.post(f"/desk{at}", ("email", "eve@")).body.decode()
    assert wrong.status_code == 422
    browser.ask(email)
    path = link_of(letter())
    yield "desk-code", browser.get(f"/desk{at}&asked=1").body.decode()
    yield "desk-code-errors", browser.post(f"/desk{at}", ("code", "1")).body.decode()
    yield "desk-link", browser.get(path).body.decode()
    stranger = StaffBrowser(walk.visitor, walk.lang)
    page = stranger.get(path).body.decode()
    yield "desk-link-errors", stranger.post(path, ("nonce", nonce_of(page))).body.decode()
    browser.post(path, ("nonce", nonce_of(browser.get(path).body.decode())))
    yield "desk-over", browser.get(f"{path}{at}").body.decode()
    page = browser.get("/desk/account").body.decode()
    yield "desk-account", page
    yield from files(walk, browser)
    yield from coaches(walk, browser)
    yield from edits(walk, browser)
    yield "desk-confirm", browser.get("/desk/account?next=/desk").body.decode()
    form = ("nonce", nonce_of(page))
    browser.post("/desk/account", form, ("act", "send_code"))
    wrong = browser.post("/desk/account", form, ("act", "confirm"), ("code", "1"))
    yield "desk-confirm-errors", wrong.body.decode()
    letter()
    yield "desk-refused", browser.post(f"/desk/account{at}").body.decode()
    walk.clock.pass_(hours=13)
    lost = browser.post(f"/desk/account{at}", ("message", "Je réfléchis encore."))
    yield "desk-lost", lost.body.decode()


def files(walk: "Walk", browser: StaffBrowser) -> Pages:
    at = f"lang={walk.lang}"
    case = walk.case(walk.declare("desk@example.org", org_legal_name="Maison du Bureau"))
    yield "desk-files", browser.get(f"/desk/files?tab=to_decide&{at}").body.decode()
    asked = "form=eoi&stream=x&age=3&late=1&order=name"
    yield "desk-files-none", browser.get(f"/desk/files?{asked}&{at}").body.decode()
    yield "desk-found", browser.get(f"/desk/files?q=maison+bureau&{at}").body.decode()
    path = f"/desk/files/{case.ref}"
    page = browser.get(f"{path}?{at}")
    yield "desk-file", page.body.decode()
    form, where = (
        ("nonce", nonce_of(page.body.decode())),
        f"{path}?v={case.version}&e={case.events}",
    )
    browser.post(where, form, ("note", "Deux personnes à rappeler."))
    yield "desk-criteria", browser.get(f"{path}?appraise=1&{at}").body.decode()
    yield "desk-criteria-errors", _appraised(walk, browser, case, f"{where}&{at}", form)
    reader = walk.service.cases.roster.get(str(walk.staff["sk"]))
    assert reader is not None
    walk.service.desk.notes.add(case, reader, "Deux personnes à rappeler.", [reader])
    seen = browser.post(f"{where}&{at}", form, ("decision", "approve"), ("preview", "1"))
    yield "desk-file-preview", seen.body.decode()
    wrong = browser.post(f"{where}&{at}", form, ("decision", "decline"))
    yield "desk-file-errors", wrong.body.decode()
    browser.post(where, form, ("decision", "approve"), ("confirm", "on"))
    late = browser.post(f"{where}&{at}", form, ("decision", "approve"), ("confirm", "on"))
    yield "desk-file-changed", late.body.decode()
    yield "desk-file-undo", browser.get(f"{path}?done=approve&{at}").body.decode()
    yield "desk-print", browser.get(f"{path}/print?{at}").body.decode()
    yield "desk-held", _held(walk, browser)
    yield "desk-figures", browser.get(f"/desk/figures?{at}").body.decode()
    me = walk.store.items["STAFF", str(walk.staff["sk"])]
    yield "desk-jobs", _jobs(walk, browser, case, reader)
    me["away_until"] = "2027-06-01"
    yield "desk-away", browser.get(f"/desk/files?{at}").body.decode()
    me.pop("away_until")


def _jobs(walk: "Walk", browser: StaffBrowser, case: Case, me: Staff) -> str:
    """The jobs of somebody: one that waits, one that is done, one that failed."""
    desk, seen = walk.service.desk, [Chosen(case.id, case.version, case.events)]
    begun = [
        desk.exporting.begin(desk.jobs, me, Filters.of({}), ["file.ref"], "csv", walk.lang),
        *(desk.many.begin(desk.jobs, me, seen, Decision("approve"), {}) for _ in range(2)),
    ]
    desk.jobs.run(begun[1], 9)
    walk.store.items[begun[2].key]["status"] = "failed"
    return browser.get(f"/desk/jobs?lang={walk.lang}").body.decode()


def coaches(walk: "Walk", browser: StaffBrowser) -> Pages:
    """The directory, a coach who proposes something, and two who change the same at once."""
    at, upkeep = f"lang={walk.lang}", walk.service.coaches.upkeep
    editions, proposals = walk.service.coaches.editions, walk.service.coaches.proposals
    # One of whom nothing was proposed or asked before.
    coach = [one for one in editions.catalogue(editions.current()) if one.phone and one.public][-1]
    shown = {name: shown_columns(coach)[name] for name in EDITABLE_COLUMNS}
    given = {name: value for name, value in shown.items() if value is not None}
    proposals.propose(coach, {**given, "city": "Matane"}, walk.lang)
    yield "desk-coaches", browser.get(f"/desk/coaches?{at}").body.decode()
    path = f"/desk/coach/{coach.slug}"
    page = browser.get(f"{path}?{at}").body.decode()
    yield "desk-coach", page
    form = ("nonce", nonce_of(page)), ("act", "save"), ("lang", walk.lang)
    seen = packed_columns({**shown_columns(coach), "city": "Gaspé"})
    typed = [(name, str(one)) for name, value in shown_columns(coach).items()
             if name not in ("city", "slug") and value not in (None, False)
             for one in (value if isinstance(value, list) else ["on" if value is True else value])]  # fmt: skip
    told = browser.post(path, *form, ("seen", seen), ("city", "Laval"), *typed)
    yield "desk-coach-changed", told.body.decode()
    wrong = [pair for pair in typed if pair[0] not in ("email", "province")]
    told = browser.post(path, *form, ("email", "x"), *wrong)
    yield "desk-coach-errors", told.body.decode()
    upkeep.edit(coach.slug, {"city": "Matane"}, by=coach.slug, why="own changes")
    (row,) = (one for one in walk.store.kinds("session") if "ended_at" not in one)
    walk.store.items[row["pk"], row["sk"]]["confirmed_until"] = "2027"
    me = walk.store.items["STAFF", str(walk.staff["sk"])]
    me["roles"] = ["manager", "officer"]
    first = editions.restorable()[-1]
    fewer = [one.model_copy(update={"city": "Laval"}) for one in editions.catalogue(first)[3:9]]
    after = editions.current()
    editions.publish([*fewer, coach], by="test", why="few.csv", after=after)
    told = browser.get(f"/desk/coaches/editions?edition={first.id}&{at}")
    yield "desk-coach-plan", told.body.decode()


def edits(walk: "Walk", browser: StaffBrowser) -> Pages:
    """The pages on which texts and rules are edited, as somebody with every role sees them."""
    at = f"lang={walk.lang}"
    me = walk.store.items["STAFF", str(walk.staff["sk"])]
    before, me["roles"] = me["roles"], ["officer", "administrator"]
    place = "sections.organization.fields.org_legal_name.label"

    def sent(path: str, *pairs: tuple[str, str]) -> HTTPResponse:
        return browser.post(f"{path}?{at}", ("nonce", browser.token(path)), *pairs)

    yield "desk-rules", browser.get(f"/desk/rules?{at}").body.decode()
    yield "desk-rule-reasons", browser.get(f"/desk/rules/reasons?{at}").body.decode()
    yield "desk-rule-criteria", browser.get(f"/desk/rules/criteria-eoi?{at}").body.decode()
    wrong = sent("/desk/rules/dates", ("cycle_ends", "soon"))
    yield "desk-rule-errors", wrong.body.decode()
    yield "desk-texts", browser.get(f"/desk/texts?{at}").body.decode()
    yield "desk-texts-of", browser.get(f"/desk/texts/form-eoi?{at}").body.decode()
    yield "desk-texts-found", browser.get(f"/desk/texts?q=vous&{at}").body.decode()
    given = [("text", place), ("text.fr", "Nom {x}"), ("text.en", ""), ("why", "x")]
    page = sent("/desk/texts/form-eoi", *given)
    yield "desk-text-errors", page.body.decode()
    passage = passages_of("email/eoi_received")[3]
    words = [("text.fr", passage.fr), ("text.en", passage.en), ("act", "preview")]
    page = sent("/desk/texts/letter-eoi-received", ("text", passage.id), *words)
    yield "desk-text-preview", page.body.decode()
    me["roles"] = before


def _appraised(
    walk: "Walk", browser: StaffBrowser, case: Case, path: str, form: tuple[str, str]
) -> str:
    """The criteria as a colleague has answered them and one of the answers is wrong; then right."""
    colleague = Staff.of({**walk.staff, "sk": "noor-ali", "name": "Noor Ali"})
    lines = answered(asked_criteria("eoi"), {"in_canada": ("no", "Une partie seulement.")}, None)
    walk.service.desk.appraisals.save(case, colleague, lines, 0)
    given = [("appraise", "1"), ("seen", "0"), ("comment_in_canada", "Oui, au Québec.")]
    page = browser.post(path, form, *given, ("criterion_in_canada", "?")).body.decode()
    browser.post(path, form, *given, ("criterion_in_canada", "yes"))
    return page


def _held(walk: "Walk", browser: StaffBrowser) -> str:
    """The page of a form as it is while it is held, here without the ten before it."""
    case = walk.case(walk.declare("held@example.org", org_legal_name="Maison Retenue"))
    row = walk.store.items[case.key]
    state, row["state"] = row["state"], "HELD_AS_SPAM"
    path = f"/desk/files/{case.ref}?lang={walk.lang}"
    form = ("nonce", nonce_of(browser.get(path).body.decode()))
    page = browser.post(path, form, ("decision", "release")).body.decode()
    row["state"] = state
    return page
