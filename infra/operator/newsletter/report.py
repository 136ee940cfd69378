"""How far an issue is, and whom it did not reach: `issue status` and `issue report`."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from chalicelib import content
from chalicelib.core import formatting
from chalicelib.core.csv_table import csv_table
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.records import moment
from chalicelib.newsletter.issue_counts import (
    Figures,
    LangCounts,
    by_language,
    by_topic,
    counted,
    shown,
)
from chalicelib.newsletter.issue_counts import figures as figures_of
from chalicelib.newsletter.issues.issue import (
    AUTO_PAUSED,
    CANCELLED,
    DRAFT,
    PAUSED,
    SCHEDULED,
    SENDING,
    SENT,
    Issue,
    issue_of,
    status_name,
)
from chalicelib.newsletter.sending.unreached import UNREACHED_COLUMNS, UnreachedReader, row_of
from chalicelib.newsletter.subscribers.consent_text import topic_name
from infra.operator.newsletter.context import IssueContext
from infra.operator.session import bar

REDRAW_SECONDS = 2

_SENDING = {SENDING, PAUSED, AUTO_PAUSED, SENT, CANCELLED}


def link(context: IssueContext, issue_id: str) -> str:
    """Return the page that follows an issue, for this member of the staff."""
    return context.links.progress(issue_id, context.staff.id)


def status(context: IssueContext, issue_id: str) -> str:
    issue = context.issue(issue_id)
    lines = [_line(context, issue)]
    decided = issue.approved
    if decided and decided["decision"] == "send_back" and issue.status == DRAFT:
        lines.append(context.text("remarks", name=decided["name"], remarks=decided["remarks"]))
    if issue.send_at and issue.status == SCHEDULED:
        lines.append(context.text("leaves", when=context.when(moment(issue.send_at))))
    if issue.status in _SENDING:
        lines += _figures(context, issue.id)
    lines.append(context.text("follow", link=link(context, issue.id)))
    return "\n".join(lines)


def newest_first(context: IssueContext, ids: Sequence[str]) -> list[Issue]:
    """Return the issues that are there, the one changed last first."""
    found = [issue for name in ids if (issue := issue_of(context.store, name))]
    return sorted(found, key=lambda issue: issue.updated_at, reverse=True)


def every(context: IssueContext, ids: Sequence[str]) -> str:
    """Return a line for each issue."""
    lines = [_line(context, issue) for issue in newest_first(context, ids)]
    return "\n".join(lines) or context.text("none")


def follow(
    context: IssueContext,
    issue_id: str,
    say: Callable[[str], None],
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Show a bar until the issue is no longer being sent; lines where nobody watches."""
    with bar(issue_id) as shown:
        while True:
            issue = context.issue(issue_id)
            done, queued = done_of(counted(context.store, issue.id))
            state = status_name(issue.status, context.lang)
            shown.show(done, queued, state)
            if not shown.visible:
                say(f"{share(done, queued)}  {state}")
            if issue.status not in (SCHEDULED, SENDING):
                return
            wait(REDRAW_SECONDS)


def report(
    context: IssueContext, issue: Issue, missed: Sequence[UnreachedReader], path: Path | None
) -> str:
    """Return the figures, and everybody who was not reached and why; as CSV when given a path."""
    lines = [_line(context, issue), *_figures(context, issue.id)]
    if domains := context.outside.bounces(issue.id):
        named = ", ".join(f"{domain} {n}" for domain, n in sorted(domains.items()))
        lines.append(context.text("by_domain", domains=named))
    if not missed:
        return "\n".join([*lines, context.text("reached_all")])
    lines.append(context.text("missed", number=len(missed)))
    if path is None:
        lines += [
            f"  {one.email or one.person}  {one.lang}  {one.reason(context.lang)}" for one in missed
        ]
        return "\n".join(lines)
    rows = [tuple(row.values()) for row in unreached_rows(context, missed)]
    path.write_bytes(csv_table(UNREACHED_COLUMNS, rows))
    return "\n".join([*lines, context.text("written", file=path)])


def unreached_rows(
    context: IssueContext, missed: Sequence[UnreachedReader]
) -> list[dict[str, object]]:
    """Return a row for each reader who was not reached; `why` and `told`: see UnreachedReader."""
    rows = (row_of(one, context.lang) for one in missed)
    return [dict(zip(UNREACHED_COLUMNS, row, strict=True)) for row in rows]


def _figures(context: IssueContext, issue_id: str) -> list[str]:
    return list(figures(figures_of(context.store, issue_id), context.lang))


def _line(context: IssueContext, issue: Issue) -> str:
    return context.text(
        "status",
        issue=issue.id,
        state=status_name(issue.status, context.lang),
        version=issue.version,
        when=context.when(moment(issue.updated_at)),
    )


def figures(found: Figures, lang: Lang) -> Iterator[str]:
    """Yield the lines of how far an issue is: by language, and for each topic where there are
    several."""
    counts, topics = by_language(found), by_topic(found)
    yield share(*done_of(counts))
    yield from _table(counts, lang)
    if len(topics) > 1:
        yield content.commands()["by_topic"][lang]
        for topic, of_topic in topics.items():
            yield topic_name(topic, lang)
            yield from _table(of_topic, lang)


def _table(counts: LangCounts, lang: Lang) -> Iterator[str]:
    labels = content.newsroom()["counts"]
    wide = max(len(row[lang]) for row in labels.values())
    numbers_of = {of: shown(counts[of]) for of in LANGS}
    yield f"{'':{wide}}  {'FR':>9}  {'EN':>9}"
    for name, row in labels.items():
        numbers = "  ".join(f"{formatting.number(numbers_of[of][name], lang):>9}" for of in LANGS)
        yield f"{row[lang]:{wide}}  {numbers}"


def done_of(counts: LangCounts) -> tuple[int, int]:
    """Return how many are dealt with, of how many."""
    done = sum(counts[lang][name] for lang in LANGS for name in ("sent", "skipped", "failed"))
    return done, sum(counts[lang]["queued"] for lang in LANGS)


def share(done: int, queued: int) -> str:
    part = min(1.0, done / queued) if queued else 0.0
    return f"{int(part * 100):3d} %  {done}/{queued}"
