"""An issue from its first line to a checked draft: `issue new`, `text` and `check`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from chalicelib import content
from chalicelib.core import eastern_time
from chalicelib.core.languages import LANGS
from chalicelib.newsletter.issues import text_part
from chalicelib.newsletter.issues.compiler import Compiled, text_body
from chalicelib.newsletter.issues.drafting import facts_of
from chalicelib.newsletter.issues.findings import Finding, blocking, message
from chalicelib.newsletter.issues.issue import status_name
from chalicelib.newsletter.issues.newsroom import IssueFacts
from chalicelib.newsletter.issues.preflight import is_too_big
from chalicelib.newsletter.issues.source import SLUG, read_folder
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
    drafting, by = context.drafting, context.staff.id
    made, found = drafting.check(sources, faults, offline=offline, over_days=over_days)
    issue, kept = None, ""
    if not faults and len(made) == len(LANGS) and not is_too_big(made.values()):
        facts = facts_of(sources["fr"])
        kept = _refused(context, folder, facts, made, edit=edit, confirm=confirm)
        if not kept:
            issue = context.attempt(lambda: drafting.save(facts, made, by, edit=edit), facts["id"])
    lines = list(_lines(context, found))
    blocks = blocking(found)
    if blocks or issue is None:
        saved = context.text("saved", version=issue.version) if issue else context.text("not_saved")
        lines += [context.text("blocked", number=len(blocks), saved=saved)] if blocks else []
        return "\n".join([*lines, *([kept] if kept else [])]), False
    saved_issue = issue
    issue = context.attempt(lambda: drafting.note(saved_issue, found, by), issue.id)
    lines.append(context.text("checked", issue=issue.id, version=issue.version, by=by))
    return "\n".join(lines), True


def _refused(  # noqa: PLR0913
    context: IssueContext,
    folder: Path,
    facts: IssueFacts,
    made: Mapping[str, Compiled],
    *,
    edit: bool,
    confirm: Callable[[str], None],
) -> str:
    """Return why an issue stays as it is; empty when it may be saved."""
    standing = context.drafting.standing(facts, made)
    if standing == "open":
        return ""
    issue = context.issue(facts["id"])
    state = status_name(issue.status, context.lang)
    if standing == "begun":
        return context.text("begun_already", issue=issue.id, state=state)
    if not edit:
        by = context.staff.id
        return context.text("kept_as_is", issue=issue.id, state=state, folder=folder, by=by)
    confirm(context.text("edit_question", issue=issue.id, state=state))
    return ""


def _lines(context: IssueContext, found: Sequence[Finding]) -> Iterator[str]:
    levels = content.preflight()["levels"]
    level = ""
    for finding in found:
        if finding.level != level:
            level = finding.level
            yield f"{levels[level][context.lang]}"
        yield f"  {message(finding, context.lang)}"
