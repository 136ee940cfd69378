"""Every page and every letter a person can meet, as the app itself makes them, in memory."""

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from chalice.test import Client

import app as application
import samples
import website.site as site
from chalicelib.aws.keys import Keys
from chalicelib.content import load
from chalicelib.described import _described
from chalicelib.directory import sheets, snapshot
from chalicelib.errors import StoreDown
from chalicelib.forms import Lang
from chalicelib.network.upkeep import OWN
from chalicelib.ports import Mail
from chalicelib.records import key_of
from chalicelib.services import Services
from chalicelib.settings import read
from conftest import ENVIRONMENT, RITA, SAM
from fakes import MemoryMailer, MemoryStore, SetClock
from test_app import Visitor, hidden, token

COACHES = Path(__file__).resolve().parent.parent / "infra" / "sample" / "coaches.csv"

LANGS: tuple[Lang, ...] = ("fr", "en")

PAGES = (
    "assessment", "assessment-errors", "eoi", "eoi-errors", "eoi-banner", "eoi-paused",
    "application", "application-errors",
    "file-new", "file-later", "file-complete",
    "result-other_approach", "result-early", "result-preparing", "result-ready",
    "result-advanced",
    "review-eoi", "review-eoi-errors", "review-application", "review-application-errors",
    "decided-undo", "decided-unconfirmed", "decided", "decided-too-late", "decided-already",
    "undone", "expired", "expired-unknown", "fresh", "problem",
    "newsletter", "newsletter-errors", "newsletter-sent", "newsletter-confirm",
    "newsletter-retype", "newsletter-retype-errors", "newsletter-confirmed", "newsletter-gone",
    "newsletter-preferences", "newsletter-preferences-errors", "newsletter-preferences-moving",
    "newsletter-preferences-left", "newsletter-cancel", "newsletter-leave", "newsletter-left",
    "coaches", "coaches-found", "coaches-none", "coaches-refused", "coach", "coach-other-language",
    "coach-message", "coach-message-errors", "coach-message-sent",
    "coach-own", "coach-own-errors", "coach-own-unsure", "coach-own-sent", "coach-own-confirmed",
    "coach-own-withdrawn", "proposal", "proposal-errors", "proposal-published", "proposal-over",
)  # fmt: skip

LETTERS = (
    "eoi_received", "eoi_received-revised", "staff_eoi_received", "staff_eoi_received-revised",
    "staff_decision_recorded-approve", "staff_decision_recorded-decline",
    "staff_decision_recorded-undo",
    "eoi_approved", "eoi_declined",
    "application_received", "staff_application_received",
    "application_approved", "application_declined", "assessment_result",
    "newsletter_confirm", "newsletter_reminder", "newsletter_already", "newsletter_move",
    "newsletter_moving", "newsletter_keep",
    "coach_message", "coach_check", "coach_update_decided", "coach_update_decided-returned",
    "staff_coach_update", "staff_coach_left",
)  # fmt: skip

SITE = (
    "home", "thanks", "thanks-newsletter", "problem", "coaches", "assessment", "eoi", "eoi-paused",
    "application", "newsletter",
)  # fmt: skip

BANDS = {
    "other_approach": "00000",
    "early": "10000",
    "preparing": "10013",
    "ready": "31022",
    "advanced": "33333",
}
"""An assessment's choices, one a question, that lead to each band."""

LONG = {
    "org_legal_name": "Regroupement interprofessionnel des organismes communautaires "
    "d’intervention socioprofessionnelle de la Haute-Gaspésie et de la Côte-Nord",
    "org_website": "https://regroupement-interprofessionnel-des-organismes-communautaires."
    "example.org/programmes/impact-collectif/2026/declaration",
    "contact_first_name": "Marie-Antoinette-Évangéline",
}


@cache
def pages(lang: Lang) -> dict[str, str]:
    return _shown(lang)[0]


@cache
def letters(lang: Lang) -> dict[str, Mail]:
    return _shown(lang)[1]


@cache
def website(lang: Lang) -> dict[str, str]:
    """The example website, which asks the app in memory instead of over the network."""
    with pytest.MonkeyPatch.context() as patch, _Walk(lang, patch) as walk:
        invite = walk.invited("ada@example.org")
        visitor = walk.visitor

        def fetched(url: str) -> Any:
            parts = urlsplit(url)
            return json.loads(visitor.get(f"{parts.path}?{parts.query}").body)

        patch.setattr(site, "_fetched", fetched)
        handler = object.__new__(site.Site)
        handler.api, handler.origin = "", "https://www.example.org"
        handler.coaches = Path(tempfile.mkdtemp()) / "coaches.json"
        sample = sheets.parse(sheets.grid("coaches.csv", COACHES.read_bytes())).coaches
        kept = snapshot.fallback(snapshot.build(sample))
        handler.coaches.write_text(json.dumps(kept), "utf-8")
        paths = {name: name for name in SITE} | {
            "home": "",
            "thanks": "thanks?ref=DI-2026-4T7KQ-M&form=eoi&status=EOI_PENDING",
            "thanks-newsletter": "thanks?form=newsletter&status=confirm",
            "problem": "nothing",
            "application": f"application?invite={invite}",
        }
        made = {
            name: handler.page(f"/{lang}/{path}").body
            for name, path in paths.items()
            if name != "eoi-paused"
        }
        with paused("eoi"):
            return made | {"eoi-paused": handler.page(f"/{lang}/eoi").body}


@cache
def _shown(lang: Lang) -> tuple[dict[str, str], dict[str, Mail]]:
    with pytest.MonkeyPatch.context() as patch, _Walk(lang, patch) as walk:
        made = dict(walk.pages())
        return made, walk.letters()


class _Walk:
    """One applicant's and one reviewer's way through everything, in one language."""

    def __init__(self, lang: Lang, patch: pytest.MonkeyPatch) -> None:
        self.lang = lang
        self.patch = patch
        self.store = MemoryStore()
        self.mailer = MemoryMailer()
        self.clock = SetClock()
        self.staff = RITA if lang == "fr" else SAM
        self.store.items[self.staff["pk"], self.staff["sk"]] = dict(self.staff)  # type: ignore[index]
        keys = Keys(links=("a" * 64,), people=b"p" * 32)
        self.service = Services(read(ENVIRONMENT), self.store, keys, self.mailer, self.clock)
        patch.setattr(application, "services", lambda: self.service)
        patch.setattr(application, "settings", lambda: self.service.settings)
        self.client = Client(application.app)
        self.visitor = Visitor(self.client)

    def __enter__(self) -> "_Walk":
        self.client.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self.client.__exit__(*raised)

    def pages(self) -> Iterator[tuple[str, str]]:
        yield from self._forms()
        yield from self._results()
        yield from self._declaration()
        yield from self._decisions()
        yield from self._application()
        yield from self._refusals()
        yield from self._newsletter()
        yield from self._coaches()
        yield "problem", self._page("/forms/nothing")

    def letters(self) -> dict[str, Mail]:
        found: dict[str, Mail] = {}
        for mail in self.mailer.sent:
            key = key_of(mail.tag)
            assert key
            # A sign-up that was never confirmed takes its letters along.
            facts = self.store.items.get(key, {}).get("facts", {})
            name = key[1].split("#")[2]
            if name == "staff_decision_recorded":
                name += f"-{facts['decision']}"
            elif facts.get("published") is False:
                name += "-returned"
            elif facts.get("revised"):
                name += "-revised"
            found[name] = mail
        return found

    def invited(self, address: str, **answers: Any) -> str:
        """An approved declaration; returns the invitation of its applicant."""
        self._declare(address, **answers)
        self._decide("approve", message="Votre projet nous intéresse.\nÀ bientôt!")
        self._after_undo()
        return token(self.mailer.to(address)[-1].text, "invite")

    def _forms(self) -> Iterator[tuple[str, str]]:
        yield "assessment", self._page("/forms/assessment")
        yield "eoi", self._page("/forms/eoi")
        some = samples.assessment(q3_approach=None, send_to_email="eve@")
        yield "assessment-errors", self._posted("assessment", some)
        wrong = samples.eoi(
            **LONG, org_city=None, contact_email="ada@", org_bn="123", stream=None,
            consent_privacy=None, issue_areas=None, team_size_planned="dix",
            partners=[{"name": "École du Parc"}, {"sector": "public", "name": ""}],
        )  # fmt: skip
        yield "eoi-errors", self._posted("eoi", wrong)
        with self.patch.context() as patch:
            patch.setattr(self.store, "before", _down)
            yield "eoi-banner", self._posted("eoi", samples.eoi())
        with paused("eoi"):
            yield "eoi-paused", self._page("/forms/eoi")

    def _results(self) -> Iterator[tuple[str, str]]:
        for band, chosen in BANDS.items():
            given = {
                question: f"{question[:2]}_{choice}"
                for question, choice in zip(samples.ASSESSMENT, chosen, strict=True)
            }
            answer = self._sent("assessment", {**given, "send_to_email": "eve@example.org"})
            assert answer["result"]["band"] == band
            yield f"result-{band}", self._page(self._file(answer))
        self._deliver()

    def _declaration(self) -> Iterator[tuple[str, str]]:
        told = self._declare("ada@example.org", **LONG)
        link = self._file(told)
        yield "file-new", self._page(f"{link}?new=1")
        yield "file-later", self._page(link)
        self._declare("ada@example.org", **LONG, org_city="Laval")
        review = self._review()
        yield "review-eoi", self._page(f"{review}?decision=approve")
        yield "review-eoi-errors", self._decided(review, decision="decline", confirm="")

    def _decisions(self) -> Iterator[tuple[str, str]]:
        old = self._review()
        yield "decided-undo", self._decided(old, decision="approve", message="Bravo!")
        self._deliver()
        yield "decided-already", self._decided_again(old, "decline")
        undo = {"nonce": hidden(self._page(old), "nonce"), "decision": "undo", "confirm": "on"}
        yield "decided-unconfirmed", self._answer(old, {**undo, "confirm": ""})
        yield "undone", self._answer(old, undo)
        self._deliver()
        yield "expired", self._page(old)
        yield "expired-unknown", self._page("/review/unknown")
        yield "fresh", self._answer(old, {"decision": "fresh"})
        self._deliver()
        review = self._review()
        self._decided(review, decision="approve")
        self._after_undo()
        yield "decided", self._page(review)
        yield (
            "decided-too-late",
            self._answer(review, {**undo, "decision": "undo", "confirm": "on"}),
        )

    def _application(self) -> Iterator[tuple[str, str]]:
        invite = token(self.mailer.to("ada@example.org")[-1].text, "invite")
        yield "application", self._page(f"/forms/application?invite={invite}")
        wrong = samples.application(
            fid_city=None, fid_annual_budget="beaucoup", start_date="hier", objectives=None,
            declare_use=None, budget=[{"category": "coach_fees", "amount": "x"}],
        )  # fmt: skip
        yield "application-errors", self._posted("application", {**wrong, "invite": invite})
        told = self._apply(invite, "ada@example.org")
        review = self._review()
        yield "review-application", self._page(review)
        yield "review-application-errors", self._decided(review, decision="approve", code="2222")
        self._decided(review, decision="approve", message="Bravo!", code=self._code())
        self._after_undo()
        yield "file-complete", self._page(self._file(told))

    def _refusals(self) -> Iterator[tuple[str, str]]:
        """Their letters alone are new."""
        self._declare("bea@example.org", org_legal_name="Table des aînés", org_bn="987654329RR0001")
        self._decide("decline", reason="too_early", message="Écrivez-nous à l’automne.")
        self._after_undo()
        invite = self.invited("cleo@example.org", org_legal_name="Centre Cléo", org_bn=None,
                              org_status="nonprofit")  # fmt: skip
        self._apply(invite, "cleo@example.org")
        self._decided(self._review(), decision="decline", reason="other", message="Voilà pourquoi.",
                      code=self._code())  # fmt: skip
        self._after_undo()
        return iter(())

    def _coaches(self) -> Iterator[tuple[str, str]]:
        # The one whose official language is the walk's comes first, to read letters in it.
        sample = sheets.parse(sheets.grid("coaches.csv", COACHES.read_bytes())).coaches
        first = next(coach for coach in sample if coach.languages[0] == self.lang)
        one_language = next(coach for coach in sample if not coach.bio_fr or not coach.bio_en)
        today = self.clock().date()
        checked = today - timedelta(days=365)
        book = [c.model_copy(update={"last_verified_at": checked if c is first else today})
                for c in sample]  # fmt: skip
        self.service.shelf.publish(book, by="test", why="sample", after=None)
        yield "coaches", self._page("/coaches")
        yield "coaches-found", self._page("/coaches?q=loegment&province=QC&delivery=remote")
        yield "coaches-none", self._page("/coaches?q=logement&language=iu&province=PE")
        yield "coaches-refused", self._page("/coaches?province=ZZ")
        yield "coach", self._page(f"/coaches/{first.slug}")
        yield "coach-other-language", self._page(f"/coaches/{one_language.slug}")
        yield from self._coach_message(f"/coaches/{first.slug}/contact")
        self.clock.pass_(hours=2)
        self.service.upkeep.check()
        self._deliver()
        own = self._linked("coach", first.email)
        yield "coach-own", self._page(own)
        wrong = {"action": "change", "first_name": "", "bio_fr": "x" * 2000, "languages": "es"}
        yield "coach-own-errors", self._own(own, wrong)
        yield "coach-own-unsure", self._own(own, {"action": "withdraw"})
        for decision in ("return", "publish"):
            yield from self._proposal(first, own, decision)
        yield "coach-own-confirmed", self._own(own, {"action": "confirm"})
        yield "coach-own-withdrawn", self._own(own, {"action": "withdraw", "sure": "on"})
        self._deliver()

    def _coach_message(self, path: str) -> Iterator[tuple[str, str]]:
        given = {"name": "Zoé Roy", "email": "zoe@example.org", "message": "Allô!\nÀ bientôt?"}
        yield "coach-message", self._page(path)
        yield "coach-message-errors", self._answer(path, {**given, "email": "zoe@"})
        self._answer(path, given)
        yield "coach-message-sent", self._page(f"{path}?sent=1")

    def _proposal(self, coach: Any, own: str, decision: str) -> Iterator[tuple[str, str]]:
        stands = coach.model_dump(mode="json", exclude_none=True)
        given = {key: stands[key] for key in OWN if stands.get(key) not in (None, False)}
        pairs = {
            **given,
            "action": "change",
            "city": f"Laval ({decision})",
            "phone": "514-555-0199",
        }
        yield "coach-own-sent", self._own(own, pairs)
        self._deliver()
        link = self._linked("proposal", str(self.staff["email"]))
        yield "proposal", self._page(link)
        yield "proposal-errors", self._own(link, {"decision": "return"})
        said = {"decision": decision, "remarks": "Laquelle?", "confirm": "on"}
        done = self._own(link, said)
        if decision == "publish":
            yield "proposal-published", done
            yield "proposal-over", self._page(link)
        self._deliver()

    def _own(self, path: str, fields: dict[str, Any]) -> str:
        nonce = hidden(self._page(path), "nonce")
        pairs = [*samples.as_html(fields), ("lang", self.lang), ("nonce", nonce)]
        return self.visitor.submit(path, pairs).body.decode()

    def _linked(self, page: str, address: str) -> str:
        texts = [mail.text for mail in self.mailer.to(address) if f"/{page}/" in mail.text]
        return f"/{page}/{token(texts[-1], page)}"

    def _newsletter(self) -> Iterator[tuple[str, str]]:
        yield "newsletter", self._page("/newsletter")
        yield "newsletter-errors", self._answer("/newsletter", {"email": "zoe@"})
        yield "newsletter-sent", self._page("/newsletter?sent=1")
        confirm = self._signed_up("zoe@example.org")
        yield "newsletter-confirm", self._page(confirm)
        cancel = self._news_link("zoe@example.org", "unsubscribe")
        yield "newsletter-cancel", self._page(cancel)
        yield "newsletter-confirmed", self._answer(confirm, {})
        self.clock.pass_(hours=2)
        self._sign_up("zoe@example.org")
        preferences = self._news_link("zoe@example.org", "preferences")
        yield "newsletter-preferences", self._page(preferences)
        yield (
            "newsletter-preferences-errors",
            self._answer(preferences, {"action": "move", "email": "zoe@"}),
        )
        moving = {"action": "move", "email": "zoe.roy@example.org"}
        yield "newsletter-preferences-moving", self._answer(preferences, moving)
        self._deliver()
        yield "newsletter-leave", self._page(cancel)
        yield "newsletter-left", self._answer(cancel, {"page": "1", "reason": "too_often"})
        yield "newsletter-preferences-left", self._page(preferences)
        yield "newsletter-gone", self._page(confirm)
        yield from self._newsletter_later()

    def _newsletter_later(self) -> Iterator[tuple[str, str]]:
        late = self._signed_up("eve@example.org")
        self.clock.pass_(days=2)
        self._deliver()
        self.clock.pass_(days=5)
        self._deliver()
        yield "newsletter-retype", self._page(late)
        yield "newsletter-retype-errors", self._answer(late, {"email": "ada@example.org"})
        since = self.clock().date() - timedelta(days=700)
        line = f"max@example.org,{self.lang},member,{since},Register of members 2024"
        content = f"email,lang,basis,since,evidence\n{line}".encode()
        assert [i.outcome for i in self.service.imports.run(content, by="x", write=True)] == [
            "imported"
        ]
        self._deliver()

    def _signed_up(self, address: str) -> str:
        """The confirmation link that somebody gets."""
        self._sign_up(address)
        return self._news_link(address, "confirm")

    def _sign_up(self, address: str) -> None:
        pairs = [("email", address), ("language", self.lang), ("consent", "on")]
        assert self.visitor.submit("/newsletter", pairs).status_code == 303
        self._deliver()

    def _news_link(self, address: str, page: str) -> str:
        text = self.mailer.to(address)[-1].text
        found = re.findall(rf"/newsletter/{page}/[\w.~-]+", text)
        return str(found[-1])

    def _declare(self, address: str, **answers: Any) -> dict[str, Any]:
        told = self._sent(
            "eoi", samples.eoi(contact_email=address, contact_language=self.lang, **answers)
        )
        self._deliver()
        return told

    def _apply(self, invite: str, address: str) -> dict[str, Any]:
        given = samples.application(applicant_email=address, applicant_language=self.lang)
        told = self._sent("application", {**given, "invite": invite})
        self._deliver()
        return told

    def _decide(self, decision: str, **fields: str) -> str:
        return self._decided(self._review(), decision=decision, **fields)

    def _decided(self, review: str, **fields: str) -> str:
        nonce = hidden(self._page(review), "nonce")
        return self._answer(review, {"nonce": nonce, "confirm": "on", **fields})

    def _decided_again(self, review: str, decision: str) -> str:
        return self._answer(review, {"nonce": "", "decision": decision, "confirm": "on"})

    def _answer(self, path: str, fields: dict[str, str]) -> str:
        pairs = [("lang", self.lang), *fields.items()]
        return self.visitor.submit(path, pairs).body.decode()

    def _review(self) -> str:
        mails = self.mailer.to(str(self.staff["email"]))
        return "/review/" + next(
            token(m.text, "review") for m in reversed(mails) if "decision=approve" in m.text
        )

    def _code(self) -> str:
        found = re.findall(r"(?:décider\u00a0|decide): ([2-9A-Z]{4})",
                           self.mailer.to(str(self.staff["email"]))[-1].text)  # fmt: skip
        return str(found[-1])

    def _file(self, told: dict[str, Any]) -> str:
        return urlsplit(str(told["links"]["status"])).path.removeprefix("/api")

    def _page(self, path: str) -> str:
        mark = "&" if "?" in path else "?"
        return self.visitor.page(f"{path}{mark}lang={self.lang}").body.decode()

    def _posted(self, form: str, fields: dict[str, Any]) -> str:
        pairs = [*samples.as_html(fields), ("lang", self.lang)]
        return self.visitor.submit(f"/forms/{form}", pairs).body.decode()

    def _sent(self, form: str, fields: dict[str, Any]) -> dict[str, Any]:
        answer = self.visitor.send(f"/forms/{form}", {**fields, "lang": self.lang})
        assert answer.status_code == 201, answer.body
        told: dict[str, Any] = answer.json_body
        return told

    def _after_undo(self) -> None:
        self._deliver()
        self.clock.pass_(seconds=600)
        self._deliver()

    def _deliver(self) -> None:
        while self.service.post.sweep():
            pass


@contextmanager
def paused(form: str) -> Iterator[None]:
    """The programme takes no such form; descriptions made before are forgotten, and after."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(load("programme")["intake"], form, "paused")
        _described.cache_clear()
        yield
    _described.cache_clear()


def _down(_: object) -> None:
    raise StoreDown("away")
