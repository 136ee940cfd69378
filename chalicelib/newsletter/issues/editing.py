"""Writes an issue at the desk: whoever writes at the same time loses nothing, and neither do they."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from chalicelib.core import eastern_time
from chalicelib.core.errors import Conflict, Refused, TooLarge
from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Store
from chalicelib.forms.drafts.merging import merge
from chalicelib.newsletter.issues import both_texts, draft_template
from chalicelib.newsletter.issues.both_texts import Values
from chalicelib.newsletter.issues.compiler import Compiled, Imprint, compiled
from chalicelib.newsletter.issues.drafting import Drafting, facts_of, standing_of, texts_of
from chalicelib.newsletter.issues.findings import Finding
from chalicelib.newsletter.issues.image import with_images
from chalicelib.newsletter.issues.issue import Issue, issue_of
from chalicelib.newsletter.issues.newsroom import IssueFacts
from chalicelib.newsletter.issues.preflight import is_too_big
from chalicelib.newsletter.issues.source import Source, is_first_slug, parse

MAX_SLUG_LENGTH: Final = 60
MERGE_TRIES: Final = 3
"""How often a save is tried that somebody else's came before."""

NotBegun = Literal["slug", "taken"]
NotSaved = Literal["", "disputed", "too_big", "approved", "begun", "moved"]


@dataclass(frozen=True)
class Written:
    """What became of a save: `why` says why nothing was kept. `disputed` are the fields that both
    wrote otherwise, as `theirs` has them; `joined` says that something of theirs came in."""

    issue: Issue
    values: Values
    why: NotSaved = ""
    disputed: tuple[str, ...] = ()
    theirs: Values = field(default_factory=dict)
    joined: bool = False
    sources: dict[str, Source] = field(default_factory=dict)
    found: Sequence[Finding] = ()


class CannotBegin(Exception):
    """An issue is not begun: its address is none, or another one has it."""

    def __init__(self, why: NotBegun) -> None:
        super().__init__(why)
        self.why: NotBegun = why


@dataclass(frozen=True)
class Editing:
    store: Store
    drafting: Drafting

    def begin(self, slug: str, by: str) -> Issue:
        """Begin an issue of two texts to fill in. Raises CannotBegin."""
        if len(slug) > MAX_SLUG_LENGTH or not is_first_slug(slug):
            raise CannotBegin("slug")
        if issue_of(self.store, slug) is not None:
            raise CannotBegin("taken")
        newsroom = self.drafting.newsroom
        today = eastern_time.today(newsroom.now())
        sources: dict[str, Source] = {
            lang: parse(draft_template.text(lang, slug, today), lang, f"{lang}.md")[0]
            for lang in LANGS
        }
        made = self.compiled(sources)
        try:
            return newsroom.save(texts_of(made), facts_of(sources["fr"]), by)
        except Conflict:
            raise CannotBegin("taken") from None

    def read(self, issue: Issue) -> Values:
        return both_texts.values_of(both_texts.kept_sources(self.store, issue))

    def compiled(self, sources: dict[str, Source]) -> dict[str, Compiled]:
        settings = self.drafting.settings
        given = with_images(self.store, settings.public_url, sources)
        return {lang: compiled(one, Imprint.of(settings)) for lang, one in given.items()}

    def made_of(self, issue: Issue, values: Values) -> dict[str, Compiled]:
        """Return what a page says, as it would be sent; nothing is kept. Raises TooLarge."""
        kept = both_texts.kept_sources(self.store, issue)
        sources, faults = both_texts.sources_of(issue.id, both_texts.tidied(values), kept)
        if _too_long(faults):
            raise TooLarge
        return self.compiled(sources)

    def save(
        self, issue_id: str, typed: Values, seen: str, by: str, *, edit: bool = False
    ) -> Written:
        """Keep what somebody typed, joined with what others saved since they saw the page, of which
        `seen` are the digests. Raises NotFound."""
        given = both_texts.tidied(typed)
        for _ in range(MERGE_TRIES):
            issue = self.drafting.newsroom.lifecycle.get(issue_id)
            try:
                return self._saved(issue, given, seen, by, edit=edit)
            except (Conflict, Refused):
                continue
        return Written(self.drafting.newsroom.lifecycle.get(issue_id), given, "moved")

    def check(self, written: Written, by: str, *, over_days: bool = False) -> Written:
        """Check what was saved, links too, and note it where nothing blocks."""
        issue = written.issue
        sources, faults = both_texts.sources_of(
            issue.id, written.values, both_texts.kept_sources(self.store, issue)
        )
        _, found = self.drafting.check(sources, faults, over_days=over_days)
        try:
            issue = self.drafting.note(issue, found, by)
        except (Conflict, Refused):
            return Written(issue, written.values, "moved", sources=sources, found=found)
        return Written(issue, written.values, joined=written.joined, sources=sources, found=found)

    def _saved(self, issue: Issue, given: Values, seen: str, by: str, *, edit: bool) -> Written:
        kept = both_texts.kept_sources(self.store, issue)
        theirs = both_texts.values_of(kept)
        merged, disputed = merge(dict(given), dict(theirs), seen)
        values = both_texts.tidied({name: str(text) for name, text in merged.items()})
        if disputed:
            return Written(issue, values, "disputed", disputed, theirs)
        standing, same = standing_of(issue), values == theirs
        if same and standing == "begun":
            return Written(issue, values, joined=values != given)
        sources, faults = both_texts.sources_of(issue.id, values, kept)
        # What is too long is not even read: reading takes its time.
        made = {} if _too_long(faults) else self.compiled(sources)
        # The same words make another text once an image is described otherwise.
        if same and not (made and self._differs(issue, sources, made)):
            return Written(issue, values, joined=values != given)
        if standing == "begun" or (standing == "approved" and not edit):
            return Written(issue, values, standing, theirs=theirs)
        if not made or is_too_big(made.values()):
            return Written(issue, values, "too_big")
        saved = self.drafting.save(_facts(issue, sources), made, by, edit=edit)
        return Written(saved, values, joined=values != given)

    def _differs(self, issue: Issue, sources: dict[str, Source], made: dict[str, Compiled]) -> bool:
        facts = _facts(issue, sources)
        return self.drafting.newsroom.differs(issue, texts_of(made), facts)


def _too_long(faults: Sequence[Finding]) -> bool:
    return any(fault.code == "too_long" for fault in faults)


def _facts(issue: Issue, sources: dict[str, Source]) -> IssueFacts:
    """Return what the head says; a day that is none yet leaves that of the issue."""
    facts = facts_of(sources["fr"])
    return {**facts, "id": issue.id, "date": facts["date"] or issue.date}
