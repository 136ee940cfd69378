"""An issue from its first line to a checked draft: `issue new`, `text` and `check`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chalicelib import content
from chalicelib.core import eastern_time
from chalicelib.core.languages import LANGS
from chalicelib.newsletter.issues import preflight, text_part
from chalicelib.newsletter.issues.compiler import Compiled, Imprint, text_body
from chalicelib.newsletter.issues.findings import Finding, blocking, message
from chalicelib.newsletter.issues.issue import (
    APPROVED,
    CHECKED,
    DRAFT,
    SCHEDULED,
    TESTED,
    Issue,
    SentBy,
    issue_of,
    status_name,
)
from chalicelib.newsletter.issues.newsroom import IssueFacts
from chalicelib.newsletter.issues.preflight import PreflightContext
from chalicelib.newsletter.issues.source import SLUG, Source, read_folder
from infra.operator.errors import OperatorError
from infra.operator.newsletter import draft_files
from infra.operator.newsletter.context import IssueContext


def new(context: IssueContext, folder: Path, slug: str) -> str:
    """Begin two files to fill in."""
    if any((folder / f"{lang}.md").exists() for lang in LANGS):
        raise OperatorError(context.text("exists", folder=folder))
    if not SLUG.fullmatch(slug):
        raise OperatorError(message(Finding("slug", None, None, {"text": slug}), context.lang))
    draft_files.begin(folder, slug, eastern_time.today(context.now()))
    return context.text("new", folder=folder, by=context.staff.id)


def text(context: IssueContext, folder: Path) -> str:
    """Write the text parts as they are made, to be edited."""
    sources, faults = read_folder(folder)
    if faults:
        raise OperatorError("\n".join(message(fault, context.lang) for fault in faults))
    paths = [folder / f"{lang}.txt" for lang in sources]
    for path in paths:
        if path.exists():
            raise OperatorError(context.text("text_exists", file=path))
    for path, source in zip(paths, sources.values(), strict=True):
        made = text_body(source, context.settings.public_url)
        path.write_text(f"md: {text_part.stamp_of(source)}\n\n{made}", "utf-8")
    return context.text("text", files=", ".join(str(path) for path in paths))


def check(  # noqa: PLR0913
    context: IssueContext,
    folder: Path,
    *,
    offline: bool,
    over_days: bool,
    edit: bool = False,
    confirm: Callable[[str], None] = lambda question: None,
) -> tuple[str, bool]:
    """Save what can be saved; return what was found, and whether nothing blocks it.

    A draft is saved as it is. What is approved stays as it is, unless this is an `edit`, which
    `confirm` may stop.
    """
    sources, faults = read_folder(folder)
    flight = _preflight_context(context, offline=offline, over_days=over_days)
    made, found = preflight.check(sources, faults, flight)
    issue, kept = None, ""
    # What is too big to be sent is too big for a row of the store.
    too_big = any(finding.code == "too_big" for finding in found)
    if not faults and len(made) == len(LANGS) and not too_big:
        saving = _Saving(context, folder, _facts(sources["fr"]), made)
        kept = saving.refused(edit=edit, confirm=confirm)
        issue = None if kept else context.attempt(lambda: saving.save(edit=edit), saving.id)
    lines = list(_lines(context, found))
    blocks = blocking(found)
    if blocks or issue is None:
        saved = context.text("saved", version=issue.version) if issue else context.text("not_saved")
        lines += [context.text("blocked", number=len(blocks), saved=saved)] if blocks else []
        return "\n".join([*lines, *([kept] if kept else [])]), False
    if issue.status in (DRAFT, CHECKED):
        issue = _checked(context, issue, found)
    lines.append(
        context.text("checked", issue=issue.id, version=issue.version, by=context.staff.id)
    )
    return "\n".join(lines), True


def _checked(context: IssueContext, issue: Issue, found: Sequence[Finding]) -> Issue:
    sender = SentBy.of(context.settings)
    return context.attempt(
        lambda: context.newsroom.checked(issue, found, context.staff.id, sender), issue.id
    )


@dataclass(frozen=True)
class _Saving:
    """The texts of a folder, and the issue that they would be saved as."""

    context: IssueContext
    folder: Path
    facts: IssueFacts
    made: Mapping[str, Compiled]

    @property
    def id(self) -> str:
        return self.facts["id"]

    @property
    def texts(self) -> dict[str, dict[str, object]]:
        return {lang: compiled.kept() for lang, compiled in self.made.items()}

    def refused(self, *, edit: bool, confirm: Callable[[str], None]) -> str:
        """Return why the issue stays as it is; empty when it may be saved."""
        context = self.context
        issue = issue_of(context.store, self.id)
        if issue is None or not context.newsroom.differs(issue, self.texts, self.facts):
            return ""
        state = status_name(issue.status, context.lang)
        if issue.status in (DRAFT, CHECKED, TESTED):
            return ""
        if issue.status not in (APPROVED, SCHEDULED):
            return context.text("begun_already", issue=issue.id, state=state)
        if not edit:
            by = context.staff.id
            return context.text(
                "kept_as_is", issue=issue.id, state=state, folder=self.folder, by=by
            )
        confirm(context.text("edit_question", issue=issue.id, state=state))
        return ""

    def save(self, *, edit: bool) -> Issue:
        newsroom, by = self.context.newsroom, self.context.staff.id
        return newsroom.save(self.texts, self.facts, by, edit=edit)


def _preflight_context(
    context: IssueContext, *, offline: bool, over_days: bool
) -> PreflightContext:
    settings = context.settings
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
        account=context.outside.account,
        audience=context.outside.audience,
        now=context.now(),
        at_most=settings.issue_rate,
        tries=None if offline else context.outside.tries,
        over_days=over_days,
        local=settings.stage == "local",
    )


def _facts(source: Source) -> IssueFacts:
    return {
        "id": source.slug,
        "topics": source.topics,
        "date": source.date,
        "archive": source.archive,
    }


def _lines(context: IssueContext, found: Sequence[Finding]) -> Iterator[str]:
    levels = content.preflight()["levels"]
    level = ""
    for finding in found:
        if finding.level != level:
            level = finding.level
            yield f"{levels[level][context.lang]}"
        yield f"  {message(finding, context.lang)}"
