"""An issue of the newsletter from its first line to its report, as staff command it."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from chalicelib.cases.staff import Roster, Staff
from chalicelib.content import load
from chalicelib.core import eastern_time, formatting
from chalicelib.core.csv_table import csv_table
from chalicelib.core.email_address import email_or_none
from chalicelib.core.errors import Conflict, DeliveryFailed, OutcomeUnknown, Refused
from chalicelib.core.languages import LANGS, Lang, lang_or
from chalicelib.core.links import Links
from chalicelib.core.ports import Now, Store
from chalicelib.core.records import moment
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issue_counts import counted
from chalicelib.newsletter.issues import issue as issues
from chalicelib.newsletter.issues import preflight
from chalicelib.newsletter.issues.compiler import Compiled, Imprint, text_body
from chalicelib.newsletter.issues.findings import Finding, blocking, message
from chalicelib.newsletter.issues.issue import Issue
from chalicelib.newsletter.issues.newsroom import Newsroom
from chalicelib.newsletter.issues.preflight import Account, Audience, PreflightContext, Try
from chalicelib.newsletter.issues.rendered import Rendered
from chalicelib.newsletter.issues.source import SLUG, Source, read_folder
from chalicelib.newsletter.sending.unreached import UnreachedReader
from infra.operator.newsletter import draft_files as files
from infra.operator.newsletter.terminal import bar, done_of, figures
from infra.operator.staff import OperateError

PREFIX = {"fr": "[Essai] ", "en": "[Test] "}
FOLLOW_SECONDS = 2

_SENDING = {issues.SENDING, issues.PAUSED, issues.AUTO_PAUSED, issues.SENT, issues.CANCELLED}

T = TypeVar("T")

Deliver = Callable[[Rendered, str, str], None]
"""(text, address, issue): one mail as a subscriber gets it. Raises DeliveryFailed."""


@dataclass(frozen=True)
class Outside:
    """What a check, a test and a report ask of the world."""

    account: Account
    audience: Audience
    tries: Try
    deliver: Deliver
    missed: Callable[[Issue], Iterable[UnreachedReader]]
    bounces: Callable[[str], Mapping[str, int]]


class IssueCommands:
    """One member of the staff at the keyboard; everything is said in their language."""

    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        settings: Settings,
        links: Links,
        clock: Now,
        outside: Outside,
        by: str,
    ) -> None:
        """Raises OperateError when nobody of that id is on the roster."""
        roster = Roster(store)
        staff = roster.get(by)
        if staff is None:
            raise OperateError(f"{by} is not on the roster (staff list)")
        self._store = store
        self._settings = settings
        self._links = links
        self._clock = clock
        self._outside = outside
        self._roster = roster
        self._staff: Staff = staff
        self._room = Newsroom(store, clock, roster)

    @property
    def lang(self) -> Lang:
        return lang_or(self._staff.lang, "fr")

    def new(self, folder: Path, slug: str) -> str:
        """Two files to fill in."""
        if any((folder / f"{lang}.md").exists() for lang in LANGS):
            raise OperateError(self._say("exists", folder=folder))
        if not SLUG.fullmatch(slug):
            raise OperateError(message(Finding("slug", None, None, {"text": slug}), self.lang))
        files.begin(folder, slug, eastern_time.today(self._clock()))
        return self._say("new", folder=folder, by=self._staff.id)

    def text(self, folder: Path) -> str:
        """The text parts as they are made, to be edited."""
        sources, faults = read_folder(folder)
        if faults:
            raise OperateError("\n".join(message(fault, self.lang) for fault in faults))
        paths = [folder / f"{lang}.txt" for lang in sources]
        for path in paths:
            if path.exists():
                raise OperateError(self._say("text_exists", file=path))
        for path, source in zip(paths, sources.values(), strict=True):
            path.write_text(text_body(source, self._settings.public_url), "utf-8")
        return self._say("text", files=", ".join(str(path) for path in paths))

    def check(self, folder: Path, *, offline: bool, over_days: bool) -> tuple[str, bool]:
        """What was found; saves what can be saved. Second: whether nothing blocks it."""
        sources, faults = read_folder(folder)
        context = self._context(offline=offline, over_days=over_days)
        made, found = preflight.check(sources, faults, context)
        issue = None
        # What is too big to be sent is too big for a row of the store.
        too_big = any(finding.code == "too_big" for finding in found)
        if not faults and len(made) == len(LANGS) and not too_big:
            issue = self._stepped(lambda: self._save(sources, made), sources["fr"].slug)
        lines = list(self._told(found))
        blocks = blocking(found)
        if blocks or issue is None:
            saved = self._say("saved", version=issue.version) if issue else self._say("not_saved")
            lines.append(self._say("blocked", number=len(blocks), saved=saved))
            return "\n".join(lines), False
        if issue.status in (issues.DRAFT, issues.CHECKED):
            kept: Issue = issue
            issue = self._stepped(
                lambda: self._room.checked(
                    kept, found, self._staff.id, self._settings.postal_address
                ),
                issue.id,
            )
        lines.append(self._say("checked", issue=issue.id, version=issue.version, by=self._staff.id))
        return "\n".join(lines), True

    def test(self, issue_id: str, to: Sequence[str]) -> str:
        """The mail in both languages, to addresses that are looked at."""
        issue = self._issue(issue_id)
        to = [self._address(text) for text in to]
        if not self._settings.postal_address:
            raise OperateError(self._say("no_postal_address"))
        # Asked before anything is sent: a draft must be checked first.
        self._stepped(lambda: issues.step(issue.status, "test"), issue_id)
        for lang in LANGS:
            text = issues.rendered_of(self._store, issue, lang)
            assert text is not None
            marked = replace(text, subject=PREFIX[lang] + text.subject)
            for address in to:
                self._deliver(marked, address, issue.id)
        self._stepped(lambda: self._room.tested(issue, self._staff.id, to), issue_id)
        return self._say("tested", to=", ".join(to), issue=issue.id, by=self._staff.id)

    def _address(self, text: str) -> str:
        address = email_or_none(text)
        if address is None:
            raise OperateError(self._say("address", text=text))
        return address

    def ask(self, issue_id: str) -> str:
        issue = self._issue(issue_id)
        asked = self._stepped(lambda: self._room.ask(issue, self._staff.id), issue_id)
        names = ", ".join(staff.name for staff in asked)
        return self._say("asked", names=names, issue=issue.id, by=self._staff.id)

    def schedule(self, issue_id: str, at: str | None) -> str:
        issue = self._issue(issue_id)
        if not self._settings.postal_address:
            raise OperateError(self._say("no_postal_address"))
        when = self._clock() if at is None else self._moment(at)
        self._stepped(lambda: self._room.schedule(issue, self._staff.id, when), issue_id)
        return self._say("scheduled", when=self._when(when), link=self.link(issue_id))

    def pause(self, issue_id: str) -> str:
        issue = self._issue(issue_id)
        self._stepped(lambda: self._room.lifecycle.pause(issue, self._staff.id), issue_id)
        return self._say("paused")

    def resume(self, issue_id: str) -> str:
        issue = self._issue(issue_id)
        self._stepped(lambda: self._room.lifecycle.resume(issue, self._staff.id), issue_id)
        return self._say("resumed")

    def cancel(self, issue_id: str) -> str:
        issue = self._issue(issue_id)
        self._stepped(lambda: self._room.lifecycle.cancel(issue, self._staff.id), issue_id)
        return self._say("cancelled")

    def link(self, issue_id: str) -> str:
        """The page that follows an issue, for this member of the staff."""
        return self._links.progress(issue_id, self._staff.id)

    def status(self, issue_id: str) -> str:
        issue = self._issue(issue_id)
        lines = [self._line(issue)]
        decided = issue.approved
        if decided and decided["decision"] == "send_back" and issue.status == issues.DRAFT:
            lines.append(self._say("remarks", name=decided["name"], remarks=decided["remarks"]))
        if issue.send_at and issue.status == issues.SCHEDULED:
            lines.append(self._say("leaves", when=self._when(moment(issue.send_at))))
        if issue.status in _SENDING:
            lines += self._figures(issue.id)
        lines.append(self._say("follow", link=self.link(issue.id)))
        return "\n".join(lines)

    def all(self, ids: Sequence[str]) -> str:
        """A line for each issue, the one changed last first."""
        found = [issue for name in ids if (issue := issues.issue_of(self._store, name))]
        found.sort(key=lambda issue: issue.updated_at, reverse=True)
        return "\n".join(self._line(issue) for issue in found) or self._say("none")

    def follow(self, issue_id: str, out: Any = sys.stdout) -> None:
        """A bar that moves until the issue is no longer being sent."""
        while True:
            issue = self._issue(issue_id)
            counts = counted(self._store, issue.id)
            line = f"{bar(*done_of(counts))}  {issues.status_name(issue.status, self.lang)}"
            out.write(f"\r\x1b[K{line}" if out.isatty() else f"{line}\n")
            out.flush()
            if issue.status not in (issues.SCHEDULED, issues.SENDING):
                out.write("\n" if out.isatty() else "")
                return
            time.sleep(FOLLOW_SECONDS)

    def report(self, issue_id: str, path: Path | None) -> str:
        """The figures, and everybody who was not reached and why; as CSV when a path is given."""
        issue = self._issue(issue_id)
        missed = list(self._outside.missed(issue))
        lines = [self._line(issue), *self._figures(issue.id)]
        if domains := self._outside.bounces(issue.id):
            told = ", ".join(f"{domain} {n}" for domain, n in sorted(domains.items()))
            lines.append(self._say("by_domain", domains=told))
        if not missed:
            return "\n".join([*lines, self._say("reached_all")])
        lines.append(self._say("missed", number=len(missed)))
        if path is None:
            lines += [
                f"  {one.email or one.person}  {one.lang}  {one.reason(self.lang)}"
                for one in missed
            ]
            return "\n".join(lines)
        columns = ("person", "email", "lang", "why", "told", "reason")
        rows = (
            (one.person, one.email, one.lang, one.why, one.told, one.reason(self.lang))
            for one in missed
        )
        path.write_bytes(csv_table(columns, rows))
        return "\n".join([*lines, self._say("written", file=path)])

    def send_to_missing(self, issue_id: str) -> str:
        """Another issue with the same texts, for those whom this one can still reach."""
        issue = self._issue(issue_id)
        number = sum(one.again for one in self._outside.missed(issue))
        if not number:
            raise OperateError(self._say("nobody_missed"))
        again = self._stepped(lambda: self._room.follow_up(issue, self._staff.id), issue_id)
        return self._say("followed", issue=again.id, number=number, by=self._staff.id)

    def _context(self, *, offline: bool, over_days: bool) -> PreflightContext:
        settings = self._settings
        return PreflightContext(
            imprint=Imprint(
                settings.organization_name,
                settings.contact_email,
                settings.postal_address,
                settings.website_url,
                settings.public_url,
            ),
            sender=settings.sender,
            images_from=settings.image_origins,
            account=self._outside.account,
            audience=self._outside.audience,
            now=self._clock(),
            at_most=settings.issue_rate,
            tries=None if offline else self._outside.tries,
            over_days=over_days,
            local=settings.stage == "local",
        )

    def _save(self, sources: dict[str, Source], made: dict[str, Compiled]) -> Issue:
        one = sources["fr"]
        facts = {"id": one.slug, "topics": one.topics, "date": one.date, "archive": one.archive}
        texts = {lang: compiled.kept() for lang, compiled in made.items()}
        return self._room.save(texts, facts, self._staff.id)

    def _told(self, found: Sequence[Finding]) -> Iterator[str]:
        levels = load("preflight")["levels"]
        level = ""
        for finding in found:
            if finding.level != level:
                level = finding.level
                yield f"{levels[level][self.lang]}"
            yield f"  {message(finding, self.lang)}"

    def _deliver(self, text: Rendered, address: str, issue_id: str) -> None:
        try:
            self._outside.deliver(text, address, issue_id)
        except (DeliveryFailed, OutcomeUnknown) as error:
            raise OperateError(self._say("test_failed", to=address, why=error)) from error

    def _figures(self, issue_id: str) -> list[str]:
        return list(figures(counted(self._store, issue_id), self.lang))

    def _line(self, issue: Issue) -> str:
        return self._say(
            "status",
            issue=issue.id,
            state=issues.status_name(issue.status, self.lang),
            version=issue.version,
            when=self._when(moment(issue.updated_at)),
        )

    def _issue(self, issue_id: str) -> Issue:
        found = issues.issue_of(self._store, issue_id)
        if found is None:
            raise OperateError(self._say("unknown", issue=issue_id))
        return found

    def _stepped(self, take: Callable[[], T], issue_id: str) -> T:
        """What refuses a step, in words."""
        try:
            return take()
        except Refused as error:
            if error.why == "nobody_else":
                raise OperateError(self._say("nobody_else")) from error
            if error.why == "followed":
                told = self._say("followed_already", issue=error.facts["issue"])
                raise OperateError(told) from error
            state = issues.status_name(str(error.facts["state"]), self.lang)
            raise OperateError(self._say("not_now", state=state)) from error
        except Conflict as error:
            told = self._say("moved", issue=issue_id, by=self._staff.id)
            raise OperateError(told) from error

    def _moment(self, text: str) -> datetime:
        try:
            given = datetime.fromisoformat(text)
        except ValueError:
            raise OperateError(self._say("when", text=text)) from None
        return (given if given.tzinfo else given.replace(tzinfo=eastern_time.zone())).astimezone(
            UTC
        )

    def _when(self, at: datetime) -> str:
        return formatting.moment(at, self.lang)

    def _say(self, key: str, **facts: Any) -> str:
        return str(load("commands")[key][self.lang]).format(**facts)
