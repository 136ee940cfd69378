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
import gallery_cases
import gallery_desk
import gallery_drafts
import hostile_twin
import issue_factory
import letter_facts
import samples
from accounts import SetWorld
from chalicelib import content
from chalicelib.aws.keys import Keys
from chalicelib.cases.case import Case
from chalicelib.coaches.directory import sheets, snapshot
from chalicelib.coaches.proposals import EDITABLE_COLUMNS
from chalicelib.core import references
from chalicelib.core.errors import StoreDown
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import ALL_STAFF, key_of, letter, tag_of
from chalicelib.core.ports import Mail, Put
from chalicelib.core.records import stamp
from chalicelib.core.settings import read
from chalicelib.core.templates import environment
from chalicelib.forms.cells import read_cells
from chalicelib.forms.description import _described
from chalicelib.newsletter.issue_counts import Readership, count
from chalicelib.services import Services
from environment import ENVIRONMENT, RITA, SAM
from fakes import (
    MemoryBulkMailer,
    MemoryDocuments,
    MemoryMailer,
    MemoryObjects,
    MemoryQueue,
    MemoryStore,
    MemorySuppression,
    SetClock,
)
from infra.local_aws import site
from packaged_letters import packaged_letters
from visitor import Visitor, hidden, token

COACHES = Path(__file__).resolve().parents[2] / "infra" / "local_aws" / "sample" / "coaches.csv"

LANGS: tuple[Lang, ...] = ("fr", "en")

PAGES = (
    "desk-print", "assessment-start", "assessment-question", "assessment-question-errors", "assessment-last",
    "assessment", "assessment-errors", "eoi", "eoi-blank", "eoi-errors", "eoi-banner", "eoi-paused",
    "application", "application-errors",
    "file-new", "file-later", "file-complete", "receipt-over",
    "declaration", "declaration-errors", "declaration-replaced", "declaration-answered",
    "result-other_approach", "result-early", "result-preparing", "result-ready",
    "result-advanced",
    "review-eoi", "review-part", "review-eoi-errors", "review-application", "review-application-errors",
    "decided-undo", "decided-unconfirmed", "decided", "decided-too-late", "decided-already",
    "undone", "expired", "expired-unknown", "fresh", "problem", "home", "status", "status-late", "status-down", "nowhere",
    "interface", *(f"interface-{group}" for group in content.interface()["groups"]),
    "newsletter", "newsletter-errors", "newsletter-sent", "newsletter-confirm",
    "newsletter-retype", "newsletter-retype-errors", "newsletter-confirmed", "newsletter-gone",
    "newsletter-preferences", "newsletter-preferences-errors", "newsletter-preferences-moving",
    "newsletter-preferences-left", "newsletter-cancel", "newsletter-leave", "newsletter-left",
    "coaches", "coaches-found", "coaches-none", "coaches-refused", "coach", "coach-other-language",
    "coach-message", "coach-message-errors", "coach-message-sent",
    "coach-own", "coach-own-errors", "coach-own-unsure", "coach-own-sent", "coach-own-confirmed",
    "coach-own-withdrawn", "proposal", "proposal-errors", "proposal-published", "proposal-over",
    "review-ask", "file-question", "file-question-errors", "file-answered", "review-answered",
    "file-invited", "review-extend", "review-reopen", "withdrawing", "withdrawing-errors",
    "lost", "lost-errors", "lost-asked", "lost-broken",
    "file-withdrawn", "done", "done-refused", "address-errors", "confirming",
    "confirming-errors", "application-uninvited", "uninvited", "file-orphan", "review-orphan",
    "claim", "claim-errors", "claim-not-mine", "review-claim",
    "review-orphan-errors", "voted", "review-votes", "review-conditions-errors",
    "review-conditions-met", "file-conditions", "file-copy", "review-step-up", "refused", "away", "noted",
    "review-undeliverable", "review-letters",
    "archive-empty", "archive", "archive-issue",
    "approval", "approval-errors", "approval-late", "approval-done", "approval-unknown",
    "progress", "progress-errors", "progress-paused", "progress-sent",
    "desk-sign-in", "desk-sign-in-errors", "desk-code", "desk-code-errors", "desk-link",
    "desk-link-errors", "desk-over", "desk-lost", "desk-account", "desk-confirm",
    "desk-confirm-errors", "desk-refused", "desk-files", "desk-files-none", "desk-found",
    "desk-file", "desk-criteria", "desk-criteria-errors", "desk-file-preview", "desk-file-errors", "desk-file-changed", "desk-file-undo",
    "desk-held", "desk-away", "desk-coaches", "desk-coach", "desk-coach-changed",
    "desk-coach-errors", "desk-coach-plan", "desk-figures", "desk-jobs",
    "desk-rules", "desk-rule-reasons", "desk-rule-criteria", "desk-rule-errors", "desk-texts", "desk-texts-of", "desk-texts-found",
    "desk-text-errors", "desk-text-preview",
    "draft-start", "draft-link", "draft-section", "draft-section-errors", "draft-section-rows",
    "draft-row", "draft-check-errors", "draft-both", "draft-tasks", "draft-check", "draft-later",
    "draft-colleagues", "draft-delete", "draft-link-kept", "draft-sent", "draft-deleted",
    "draft-documents", "draft-documents-errors", "draft-document", "draft-documents-check",
    "file-documents", "file-added", "file-added-errors",
)  # fmt: skip

VARIANTS = (
    "declaration_beside-reminder", "eoi_received-revised", "file_links-renewed",
    "staff_eoi_received-revised", "coach_update_decided-returned",
    "staff_decision_recorded-approve", "staff_decision_recorded-decline",
    "staff_decision_recorded-undo", "staff_decision_recorded-vote", "staff_decision_recorded-ask",
    "staff_decision_recorded-conditions", "reminder-apply", "reminder-conditions",
)  # fmt: skip
"""Letters that are met in more than one form."""

LETTERS = (*sorted(set(letter_facts.LETTERS) - {"staff_decision_recorded"}), *VARIANTS)

ISSUES = ("sample", "everything")
"""Mails of the newsletter: the sample, and one with all that Markdown can make."""

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
def readers(lang: Lang) -> dict[str, set[str]]:
    """Who each letter went to, as its key says: a reader outside, or the id of a member of staff."""
    return _shown(lang)[2]


@cache
def twins(lang: Lang) -> hostile_twin.Twins:
    """Each letter to somebody outside as hostile words would have it: see `hostile_twin`."""
    return _shown(lang)[3]


@cache
def issue_mails(lang: Lang) -> dict[str, str]:
    return {name: issue_factory.mail(name, lang) for name in ISSUES}


@cache
def website(lang: Lang) -> dict[str, str]:
    """The example website, which asks the app in memory instead of over the network."""
    with pytest.MonkeyPatch.context() as patch, Walk(lang, patch) as walk:
        invite = walk.invited("ada@example.org")
        visitor = walk.visitor

        def fetched(url: str) -> str:
            parts = urlsplit(url)
            return str(visitor.get(f"{parts.path}?{parts.query}").body.decode())

        patch.setattr(site, "_fetch", fetched)
        handler = object.__new__(site.Site)
        handler.api, handler.origin = "", "https://www.example.org"
        handler.coaches = Path(tempfile.mkdtemp()) / "coaches.json"
        sample = sheets.parse(read_cells("coaches.csv", COACHES.read_bytes())).coaches
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


FILLED: set[str] = set()
"""The templates that the gallery has filled in: Jinja's own cache forgets the oldest."""


@cache
def _shown(
    lang: Lang,
) -> tuple[dict[str, str], dict[str, Mail], dict[str, set[str]], hostile_twin.Twins]:
    with packaged_letters(), pytest.MonkeyPatch.context() as patch, Walk(lang, patch) as walk:
        twins = hostile_twin.record(patch)
        made = dict(walk.pages())
        FILLED.update(str(name) for _, name in environment().cache or ())
        return made, walk.letters(), walk.readers(), twins


class Walk:
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
        self.keys = keys
        self.serve()
        patch.setattr(application, "services", lambda: self.service)
        patch.setattr(application, "settings", lambda: self.service.settings)
        self.client = Client(application.app)
        self.visitor = Visitor(self.client)

    def serve(self, **changed: str) -> None:
        """The same store behind other settings."""
        settings = read({**ENVIRONMENT, **changed})
        bulk = MemoryBulkMailer(), MemoryQueue()
        self.documents = MemoryDocuments(self.clock)
        self.service = Services(
            settings, self.store, self.keys, self.mailer, self.clock, MemorySuppression(), bulk,
            objects=MemoryObjects(), documents=self.documents, outside=SetWorld(),
        )  # fmt: skip

    def __enter__(self) -> "Walk":
        self.client.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self.client.__exit__(*raised)

    def pages(self) -> Iterator[tuple[str, str]]:
        yield from self._forms()
        yield from gallery_drafts.drafts(self)
        yield from self._results()
        yield from self._declaration()
        yield from self._decisions()
        yield from self._application()
        yield from self._refusals()
        yield from self._newsletter()
        yield from self._coaches()
        yield from gallery_cases.questions(self)
        yield from gallery_cases.ends(self)
        yield from gallery_cases.addresses(self)
        yield from gallery_cases.orphans(self)
        yield from gallery_cases.quorum(self)
        yield from gallery_cases.staff(self)
        yield from self._issue()
        gallery_cases.crowded(self)
        gallery_cases.times(self)
        gallery_cases.stored_forms(self)
        yield from gallery_drafts.documents(self)
        yield from gallery_desk.sign_in(self)
        yield "problem", self.page("/forms/nothing")
        yield "home", self.page("/")
        yield from gallery_cases.status(self, _down)
        yield "nowhere", self.page("/nothing")
        yield "interface", self.page("/openapi")
        for group in content.interface()["groups"]:
            yield f"interface-{group}", self.page(f"/openapi/{group}")

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
            elif name == "reminder":
                name += {"C": "-apply", "D": "-conditions"}.get(facts["clock"], "")
            elif name == "declaration_beside" and "clock" in facts:
                name += "-reminder"
            elif facts.get("revised"):
                name += "-revised"
            elif facts.get("renewed"):
                name += "-renewed"
            found[name] = mail
        return found

    def readers(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for mail in self.mailer.sent:
            key = key_of(mail.tag)
            assert key
            name, reader = key[1].split("#")[2:4]
            found.setdefault(name, set()).add(reader)
        return found

    def invited(self, address: str, **answers: Any) -> str:
        """An approved declaration; returns the invitation of its applicant."""
        self.declare(address, **answers)
        self.decide("approve", message="Votre projet nous intéresse.\nÀ bientôt!")
        self.after_undo()
        return token(self.mailer.to(address)[-1].text, "invite")

    def _forms(self) -> Iterator[tuple[str, str]]:
        yield "assessment-start", self.page("/forms/assessment")
        first = "/forms/assessment?question"
        yield "assessment-question", self.page(f"{first}=2&q1_fit=q1_2")
        yield "assessment-question-errors", self.page(f"{first}=3&q1_fit=q1_2")
        chosen = "&".join(f"{key}={value}" for key, value in samples.ASSESSMENT.items())
        yield "assessment-last", self.page(f"{first}=6&{chosen}")
        yield "assessment", self.page("/forms/assessment?whole=1")
        yield "eoi", self.page("/forms/eoi")
        yield "eoi-blank", self.page("/forms/eoi?blank=1")
        some = samples.assessment(q3_approach=None, send_to_email="eve@")
        yield "assessment-errors", self.posted("assessment", some)
        wrong = samples.eoi(
            **LONG, org_city=None, contact_email="ada@", org_bn="123", stream=None,
            consent_privacy=None, issue_areas=None, team_size_planned="dix",
            partners=[{"name": "École du Parc"}, {"sector": "public", "name": ""}],
        )  # fmt: skip
        yield "eoi-errors", self.posted("eoi", wrong)
        with self.patch.context() as patch:
            patch.setattr(self.store, "before", _down)
            yield "eoi-banner", self.posted("eoi", samples.eoi())
        with paused("eoi"):
            yield "eoi-paused", self.page("/forms/eoi")

    def _results(self) -> Iterator[tuple[str, str]]:
        for band, chosen in BANDS.items():
            given = {
                question: f"{question[:2]}_{choice}"
                for question, choice in zip(samples.ASSESSMENT, chosen, strict=True)
            }
            answer = self.sent("assessment", {**given, "send_to_email": "eve@example.org"})
            assert answer["result"]["band"] == band
            yield f"result-{band}", self.page(self.file(answer))
        self.deliver()

    def _declaration(self) -> Iterator[tuple[str, str]]:
        told = self.declare("ada@example.org", **LONG)
        link = self.file(told)
        yield "file-new", self.page(f"{link}?new=1")
        yield "file-later", self.page(link)
        self.declare("ada@example.org", **LONG, org_city="Laval")
        yield from gallery_cases.declarations(self)
        review = self.review()
        yield "review-eoi", self.page(f"{review}?decision=approve")
        yield "review-part", self.page(f"{review}?part=eoi-collective")
        yield "review-eoi-errors", self.decided(review, decision="decline", confirm="")
        self.clock.pass_(days=2)
        yield "receipt-over", self.page(link)

    def _decisions(self) -> Iterator[tuple[str, str]]:
        old = self.review()
        yield "decided-undo", self.decided(old, decision="approve", message="Bravo!")
        self.deliver()
        yield "decided-already", self._decided_again(old, "decline")
        undo = {"nonce": hidden(self.page(old), "nonce"), "decision": "undo", "confirm": "on"}
        yield "decided-unconfirmed", self.answer(old, {**undo, "confirm": ""})
        yield "undone", self.answer(old, undo)
        self.deliver()
        yield "expired", self.page(old)
        yield "expired-unknown", self.page("/review/unknown")
        yield "fresh", self.answer(old, {"decision": "fresh"})
        self.deliver()
        review = self.review()
        self.decided(review, decision="approve")
        self.after_undo()
        yield "decided", self.page(review)
        yield (
            "decided-too-late",
            self.answer(review, {**undo, "decision": "undo", "confirm": "on"}),
        )

    def _application(self) -> Iterator[tuple[str, str]]:
        invite = token(self.mailer.to("ada@example.org")[-1].text, "invite")
        yield "application", self.page(f"/forms/application?invite={invite}")
        wrong = samples.application(
            fid_city=None, fid_annual_budget="beaucoup", start_date="hier", objectives=None,
            declare_use=None, budget=[{"category": "coach_fees", "amount": "x"}],
        )  # fmt: skip
        yield "application-errors", self.posted("application", {**wrong, "invite": invite})
        told = self.apply(invite, "ada@example.org")
        review = self.review()
        yield "review-application", self.page(review)
        yield "review-application-errors", self.decided(review, decision="approve", code="2222")
        self.decided(review, decision="approve", message="Bravo!", code=self.code())
        self.after_undo()
        yield "file-complete", self.page(self.file(told))

    def _refusals(self) -> Iterator[tuple[str, str]]:
        """Their letters alone are new."""
        self.declare("bea@example.org", org_legal_name="Table des aînés", org_bn="987654329RR0001")
        self.decide("decline", reason="too_early", message="Écrivez-nous à l’automne.")
        self.after_undo()
        invite = self.invited("cleo@example.org", org_legal_name="Centre Cléo", org_bn=None,
                              org_status="nonprofit")  # fmt: skip
        self.apply(invite, "cleo@example.org")
        self.decided(self.review(), decision="decline", reason="other", message="Voilà pourquoi.",
                      code=self.code())  # fmt: skip
        self.after_undo()
        return iter(())

    def _coaches(self) -> Iterator[tuple[str, str]]:
        # The one whose official language is the walk's comes first, to read letters in it.
        sample = sheets.parse(read_cells("coaches.csv", COACHES.read_bytes())).coaches
        first = next(coach for coach in sample if coach.languages[0] == self.lang)
        one_language = next(coach for coach in sample if not coach.bio_fr or not coach.bio_en)
        today = self.clock().date()
        checked = today - timedelta(days=365)
        catalogue = [c.model_copy(update={"last_verified_at": checked if c is first else today})
                for c in sample]  # fmt: skip
        self.service.coaches.editions.publish(catalogue, by="test", why="sample", after=None)
        yield "coaches", self.page("/coaches")
        yield "coaches-found", self.page("/coaches?q=loegment&province=QC&delivery=remote")
        yield "coaches-none", self.page("/coaches?q=logement&language=iu&province=PE")
        yield "coaches-refused", self.page("/coaches?province=ZZ")
        yield "coach", self.page(f"/coaches/{first.slug}")
        yield "coach-other-language", self.page(f"/coaches/{one_language.slug}")
        yield from self._coach_message(f"/coaches/{first.slug}/contact")
        self._privacy_request()
        for _ in range(3):
            self.page("/coaches?q=aquaponie")
        self.clock.pass_(hours=2)
        self.service.coaches.upkeep.check()
        self.deliver()
        own = self._linked("coach", first.email)
        yield "coach-own", self.page(own)
        wrong = {"action": "change", "first_name": "", "bio_fr": "x" * 2000, "languages": "es"}
        yield "coach-own-errors", self._own(own, wrong)
        yield "coach-own-unsure", self._own(own, {"action": "withdraw"})
        for decision in ("return", "publish"):
            yield from self._proposal(first, own, decision)
        gallery_cases.renewed_links(self, [first])
        self.deliver()
        self._silence(first, next(c for c in catalogue if c is not first and c.slug != first.slug))
        yield "coach-own-confirmed", self._own(own, {"action": "confirm"})
        yield "coach-own-withdrawn", self._own(own, {"action": "withdraw", "sure": "on"})
        self.deliver()

    def _silence(self, first: Any, silent: Any) -> None:
        """Mail to one coach comes back; another one does not answer."""
        sent = next(
            row
            for row in self.store.kinds("letter")
            if row["pk"] == f"COACH#{first.slug}" and row["to"] == "coach"
        )
        self.service.delivery_events.settle(gallery_cases.bounced(tag_of(sent["pk"], sent["sk"])))
        owed = letter(f"COACH#{silent.slug}", f"{silent.last_verified_at:%y%m%d}",
                      "staff_coach_silent", to=ALL_STAFF, due=stamp(self.clock()))  # fmt: skip
        self.store.commit([Put(owed)])
        self.deliver()

    def _privacy_request(self) -> None:
        asked = self.clock().date() - timedelta(days=28)
        register = self.service.people(self.store).register
        register.add("access", "ada@example.org", asked)
        self.deliver()

    def _coach_message(self, path: str) -> Iterator[tuple[str, str]]:
        given = {"name": "Zoé Roy", "email": "zoe@example.org", "message": "Allô!\nÀ bientôt?"}
        yield "coach-message", self.page(path)
        yield "coach-message-errors", self.answer(path, {**given, "email": "zoe@"})
        self.answer(path, given)
        yield "coach-message-sent", self.page(f"{path}?sent=1")

    def _proposal(self, coach: Any, own: str, decision: str) -> Iterator[tuple[str, str]]:
        stands = coach.model_dump(mode="json", exclude_none=True)
        given = {
            key: stands[key] for key in EDITABLE_COLUMNS if stands.get(key) not in (None, False)
        }
        pairs = {
            **given,
            "action": "change",
            "city": f"Laval ({decision})",
            "phone": "514-555-0199",
        }
        yield "coach-own-sent", self._own(own, pairs)
        self.deliver()
        link = self._linked("proposal", str(self.staff["email"]))
        yield "proposal", self.page(link)
        yield "proposal-errors", self._own(link, {"decision": "return"})
        said = {"decision": decision, "remarks": "Laquelle?", "confirm": "on"}
        done = self._own(link, said)
        if decision == "publish":
            yield "proposal-published", done
            yield "proposal-over", self.page(link)
        self.deliver()

    def _own(self, path: str, fields: dict[str, Any]) -> str:
        nonce = hidden(self.page(path), "nonce")
        pairs = [*samples.as_html(fields), ("lang", self.lang), ("nonce", nonce)]
        return self.visitor.submit(path, pairs).body.decode()

    def _linked(self, page: str, address: str) -> str:
        texts = [mail.text for mail in self.mailer.to(address) if f"/{page}/" in mail.text]
        return f"/{page}/{token(texts[-1], page)}"

    def _newsletter(self) -> Iterator[tuple[str, str]]:
        yield "newsletter", self.page("/newsletter")
        yield "newsletter-errors", self.answer("/newsletter", {"email": "zoe@"})
        yield "newsletter-sent", self.page("/newsletter?sent=1")
        confirm = self._signed_up("zoe@example.org")
        yield "newsletter-confirm", self.page(confirm)
        cancel = self._news_link("zoe@example.org", "unsubscribe")
        yield "newsletter-cancel", self.page(cancel)
        yield "newsletter-confirmed", self.answer(confirm, {})
        self.clock.pass_(hours=2)
        self._sign_up("zoe@example.org")
        preferences = self._news_link("zoe@example.org", "preferences")
        yield "newsletter-preferences", self.page(preferences)
        yield (
            "newsletter-preferences-errors",
            self.answer(preferences, {"action": "move", "email": "zoe@"}),
        )
        moving = {"action": "move", "email": "zoe.roy@example.org"}
        yield "newsletter-preferences-moving", self.answer(preferences, moving)
        gallery_cases.renewed_links(self, [])
        self.deliver()
        yield "newsletter-leave", self.page(cancel)
        yield "newsletter-left", self.answer(cancel, {"page": "1", "reason": "too_often"})
        yield "newsletter-preferences-left", self.page(preferences)
        yield "newsletter-gone", self.page(confirm)
        yield from self._newsletter_later()

    def _newsletter_later(self) -> Iterator[tuple[str, str]]:
        late = self._signed_up("eve@example.org")
        self.clock.pass_(days=2)
        self.deliver()
        self.clock.pass_(days=5)
        self.deliver()
        yield "newsletter-retype", self.page(late)
        yield "newsletter-retype-errors", self.answer(late, {"email": "ada@example.org"})
        since = self.clock().date() - timedelta(days=700)
        line = f"max@example.org,{self.lang},member,{since},Register of members 2024"
        content = f"email,lang,basis,since,evidence\n{line}".encode()
        assert [
            i.outcome for i in self.service.subscribers.imports.run(content, by="x", write=True)
        ] == ["imported"]
        self.deliver()

    def _issue(self) -> Iterator[tuple[str, str]]:
        yield "archive-empty", self.page("/newsletter/archive")
        issue = issue_factory.asked(self.service)
        self.deliver()
        text = self.mailer.to(str(self.staff["email"]))[-1].text
        link = "/newsletter/review/" + token(text, "review")
        yield "approval", self.page(f"{link}?decision=approve")
        yield "approval-errors", self.decided(link, decision="send_back", confirm="")
        code = re.findall(r"(?:approuver\u00a0|approve): ([2-9A-Z]{4})", text)[-1]
        yield "approval-done", self.decided(link, decision="approve", code=code)
        yield "approval-late", self._decided_again(link, "send_back")
        yield "approval-unknown", self.page("/newsletter/review/unknown")
        newsroom = issue_factory.newsroom(self.service)
        issue = newsroom.schedule(
            newsroom.lifecycle.get(issue.id), issue_factory.AUTHOR, self.clock()
        )
        issue = newsroom.lifecycle.start(issue)
        for lang in LANGS:
            numbers = {"queued": 1200, "sent": 800, "skipped": 3, "failed": 1, "bounced": 7}
            self.store.commit([count(issue.id, Readership(lang, ("news",)), "0", numbers)])
        yield from self._progress(issue.id)
        yield "archive", self.page("/newsletter/archive")
        yield "archive-issue", self.page(f"/newsletter/archive/{issue.id}")

    def _progress(self, issue: str) -> Iterator[tuple[str, str]]:
        lifecycle = issue_factory.newsroom(self.service).lifecycle
        address = self.service.links.progress(issue, str(self.staff["sk"]))
        path = urlsplit(address).path.removeprefix("/api")
        yield "progress", self.page(path)
        yield "progress-errors", self.decided(path, act="pause", confirm="")
        assert self.service.issues.auto_pause.hold(issue, "bounces", {"sent": 1600, "bounced": 90})
        self.deliver()
        yield "progress-paused", self.page(path)
        lifecycle.finished(lifecycle.resume(lifecycle.get(issue), "rita-roy"), {})
        yield "progress-sent", self.page(path)

    def _signed_up(self, address: str) -> str:
        """The confirmation link that somebody gets."""
        self._sign_up(address)
        return self._news_link(address, "confirm")

    def _sign_up(self, address: str) -> None:
        pairs = [("email", address), ("language", self.lang), ("consent", "on")]
        assert self.visitor.submit("/newsletter", pairs).status_code == 303
        self.deliver()

    def _news_link(self, address: str, page: str) -> str:
        text = self.mailer.to(address)[-1].text
        found = re.findall(rf"/newsletter/{page}/[\w.~-]+", text)
        return str(found[-1])

    def declare(self, address: str, **answers: Any) -> dict[str, Any]:
        told = self.sent(
            "eoi", samples.eoi(contact_email=address, contact_language=self.lang, **answers)
        )
        self.deliver()
        return told

    def apply(self, invite: str, address: str) -> dict[str, Any]:
        given = samples.application(applicant_email=address, applicant_language=self.lang)
        told = self.sent("application", {**given, "invite": invite})
        self.deliver()
        return told

    def decide(self, decision: str, **fields: str) -> str:
        return self.decided(self.review(), decision=decision, **fields)

    def decided(self, review: str, **fields: str) -> str:
        nonce = hidden(self.page(review), "nonce")
        return self.answer(review, {"nonce": nonce, "confirm": "on", **fields})

    def _decided_again(self, review: str, decision: str) -> str:
        return self.answer(review, {"nonce": "", "decision": decision, "confirm": "on"})

    def answer(self, path: str, fields: dict[str, str]) -> str:
        pairs = [("lang", self.lang), *fields.items()]
        return self.visitor.submit(path, pairs).body.decode()

    def review(self) -> str:
        mails = self.mailer.to(str(self.staff["email"]))
        return "/review/" + next(
            token(m.text, "review") for m in reversed(mails) if "decision=approve" in m.text
        )

    def latest(self) -> str:
        """The link in the last letter to the staff, whatever it is about."""
        return "/review/" + token(self.mailer.to(str(self.staff["email"]))[-1].text, "review")

    def case(self, told: dict[str, Any]) -> Case:
        """The case of a receipt, as it stands."""
        found = self.service.lookup.case(references.file_number_of(told["ref"]))
        assert found is not None
        return found

    def own(self, address: str) -> str:
        """The last link to a file in the letters to somebody."""
        mails = [m for m in self.mailer.to(address) if "/file/" in m.text]
        return "/file/" + token(mails[-1].text, "file")

    def send(self, path: str, page: str = "", **fields: str) -> str:
        """Sends a form of a page, with the nonce that it hides."""
        nonce = hidden(self.page(page or path), "nonce")
        return self.answer(path, {"nonce": nonce, "confirm": "on", **fields})

    def code(self) -> str:
        found = re.findall(r"(?:décider\u00a0|decide): ([2-9A-Z]{4})",
                           self.mailer.to(str(self.staff["email"]))[-1].text)  # fmt: skip
        return str(found[-1])

    def file(self, told: dict[str, Any]) -> str:
        return urlsplit(str(told["links"]["status"])).path.removeprefix("/api")

    def page(self, path: str) -> str:
        mark = "&" if "?" in path else "?"
        return self.visitor.page(f"{path}{mark}lang={self.lang}").body.decode()

    def posted(self, form: str, fields: dict[str, Any]) -> str:
        pairs = [*samples.as_html(fields), ("lang", self.lang)]
        return self.visitor.submit(f"/forms/{form}", pairs).body.decode()

    def sent(self, form: str, fields: dict[str, Any]) -> dict[str, Any]:
        answer = self.visitor.send(f"/forms/{form}", {**fields, "lang": self.lang})
        assert answer.status_code == 201, answer.body
        told: dict[str, Any] = answer.json_body
        return told

    def after_undo(self) -> None:
        self.deliver()
        self.clock.pass_(seconds=600)
        self.deliver()

    def scan(self, result: str) -> None:
        """Do what the scan does with what it has not seen yet."""
        for key in self.documents.bodies:
            self.documents.results.setdefault(key, result)
            self.service.drafts.minder.heard(key)

    def deliver(self) -> None:
        while self.service.mail.outbox.sweep():
            pass


@contextmanager
def paused(form: str) -> Iterator[None]:
    """The programme takes no such form; descriptions made before are forgotten, and after."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(content.programme()["intake"], form, "paused")
        _described.cache_clear()
        yield
    _described.cache_clear()


def _down(*_: object) -> None:
    raise StoreDown("away")
