"""An issue from its first line to a checked draft: `issue new`, `text` and `check`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from chalicelib import content
from chalicelib.core import eastern_time
from chalicelib.core.languages import LANGS
from chalicelib.newsletter.issues import preflight, text_part
from chalicelib.newsletter.issues.compiler import Compiled, Imprint, text_body
from chalicelib.newsletter.issues.findings import Finding, blocking, message
from chalicelib.newsletter.issues.issue import CHECKED, DRAFT, Issue
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


def check(
    context: IssueContext, folder: Path, *, offline: bool, over_days: bool
) -> tuple[str, bool]:
    """Save what can be saved; return what was found, and whether nothing blocks it."""
    sources, faults = read_folder(folder)
    flight = _preflight_context(context, offline=offline, over_days=over_days)
    made, found = preflight.check(sources, faults, flight)
    issue = None
    # What is too big to be sent is too big for a row of the store.
    too_big = any(finding.code == "too_big" for finding in found)
    if not faults and len(made) == len(LANGS) and not too_big:
        issue = context.attempt(lambda: _save(context, sources, made), sources["fr"].slug)
    lines = list(_told(context, found))
    blocks = blocking(found)
    if blocks or issue is None:
        saved = context.text("saved", version=issue.version) if issue else context.text("not_saved")
        lines.append(context.text("blocked", number=len(blocks), saved=saved))
        return "\n".join(lines), False
    if issue.status in (DRAFT, CHECKED):
        kept: Issue = issue
        issue = context.attempt(
            lambda: context.newsroom.checked(
                kept, found, context.staff.id, context.settings.postal_address
            ),
            issue.id,
        )
    lines.append(
        context.text("checked", issue=issue.id, version=issue.version, by=context.staff.id)
    )
    return "\n".join(lines), True


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


def _save(context: IssueContext, sources: dict[str, Source], made: dict[str, Compiled]) -> Issue:
    one = sources["fr"]
    facts: IssueFacts = {
        "id": one.slug,
        "topics": one.topics,
        "date": one.date,
        "archive": one.archive,
    }
    texts = {lang: compiled.kept() for lang, compiled in made.items()}
    return context.newsroom.save(texts, facts, context.staff.id)


def _told(context: IssueContext, found: Sequence[Finding]) -> Iterator[str]:
    levels = content.preflight()["levels"]
    level = ""
    for finding in found:
        if finding.level != level:
            level = finding.level
            yield f"{levels[level][context.lang]}"
        yield f"  {message(finding, context.lang)}"
