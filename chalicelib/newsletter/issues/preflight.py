"""Whether an issue may leave: what blocks it, what its author should look at, what to know."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, Protocol

from chalicelib.core import eastern_time, formatting, typography
from chalicelib.core.languages import LANGS
from chalicelib.newsletter.issues import draft_template, theme
from chalicelib.newsletter.issues.compiler import Compiled, Imprint, compiled
from chalicelib.newsletter.issues.findings import Finding
from chalicelib.newsletter.issues.source import Source
from chalicelib.newsletter.pace import DAY_SHARE, Allowance, daily_left, rate
from chalicelib.newsletter.subscribers import consent_text

MAX_BYTES: Final = 100_000
"""Bytes of HTML: Gmail cuts what is over 102 kB."""

MAX_SUBJECT_LENGTH: Final = 70
MOST_DAYS_AWAY: Final = 300
"""Days between today and the date of an issue: the same day of last year is another one's."""

DAYS_BACK: Final = 31
"""Days after which an issue that has not left says an old date."""

MIN_MAILS_PER_SECOND: Final = 0.1
"""The mails a second that a finish is computed with where SES allows none, which blocks anyway."""

NO_LIMIT: Final = 10**9
"""What is shown as left of a day without a limit."""


class SendingAccount(Protocol):
    """The account of SES that sends."""

    def allowance(self) -> Allowance: ...

    def signs(self, domain: str) -> bool:
        """Return whether mail from this domain leaves with its own DKIM signature."""


@dataclass(frozen=True)
class LinkAnswer:
    """How a link answered a program, and why it is not `well`."""

    kind: Literal["well", "dead", "unsure"]
    why: str = ""


Try = Callable[[Sequence[str]], Mapping[str, LinkAnswer]]
Audience = Callable[[Sequence[str]], Mapping[str, int]]
"""Takes topics, and returns how many would get the issue, by language."""


@dataclass(frozen=True)
class PreflightContext:
    """All that a check must know beside the issue. `at_most` is the setting ISSUE_RATE, in mails
    a second; `tries` is None off line."""

    imprint: Imprint
    sender: str
    images_from: tuple[str, ...]
    account: SendingAccount
    audience: Audience
    now: datetime
    at_most: int
    tries: Try | None = None
    over_days: bool = False
    local: bool = False


def check(
    sources: Mapping[str, Source], faults: Sequence[Finding], context: PreflightContext
) -> tuple[dict[str, Compiled], list[Finding]]:
    """Return the compiled texts by language, and everything that was found, what blocks first."""
    made = {lang: compiled(source, context.imprint) for lang, source in sources.items()}
    found = list(faults)
    for one in made.values():
        found += [*one.findings, *_of_one(one, context)]
    if len(made) == len(LANGS):
        found += _pair(made["fr"], made["en"])
    found += [*_imprint(context), *_links(made, context)]
    for source in sources.values():
        found += [*_day(source, context.now), *draft_template.untouched(source)]
    topics = next(iter(sources.values())).topics if sources else []
    found += [*_topics(sources), *_sending(topics, context)]
    order = ("blocks", "warns", "notes")
    return made, sorted(found, key=lambda finding: order.index(finding.level))


def _of_one(one: Compiled, context: PreflightContext) -> Iterator[Finding]:
    source = one.source
    if len(source.subject) > MAX_SUBJECT_LENGTH:
        yield Finding(
            "long_subject", source.file, source.at("subject"), {"size": len(source.subject)}
        )
    size = _size(one)
    if size >= MAX_BYTES:
        yield Finding(
            "too_big", source.file, None, {"size": size // 1000, "limit": MAX_BYTES // 1000}
        )
    for image in one.images:
        if not image.url.startswith(tuple(f"{origin}/" for origin in context.images_from)):
            facts = {"text": image.url[:80], "known": ", ".join(context.images_from)}
            yield Finding("foreign_image", source.file, image.line, facts)
    yield from _text_part(one)
    if source.lang == "fr":
        for key in ("subject", "preheader"):
            yield from _typeset(source.head.get(key, ""), source.file, source.at(key))
        yield from _typeset(source.body, source.file, source.start)


def is_too_big(made: Iterable[Compiled]) -> bool:
    """Tell whether a text is too big to be sent, and so for a row of the store."""
    return any(_size(one) >= MAX_BYTES for one in made)


def _size(one: Compiled) -> int:
    rendered = one.rendered
    return max(len(rendered.html.encode()), len(rendered.text.encode()), one.size() // 4)


def _typeset(text: str, file: str, start: int) -> Iterator[Finding]:
    for line, rule, shown in typography.lint(text, start):
        yield Finding(rule, file, line, {"text": shown})


def _text_part(one: Compiled) -> Iterator[Finding]:
    written = one.source.text
    if written is None:
        return
    file = f"{one.source.lang}.txt"
    if not written.strip():
        yield Finding("no_text", file)
    for url in dict.fromkeys(link.url for link in one.links):
        if url.removeprefix("mailto:").removeprefix("tel:") not in written:
            yield Finding("text_without_link", file, None, {"text": url[:80]})


def _pair(fr: Compiled, en: Compiled) -> Iterator[Finding]:
    """Compare the links of both languages, one for one; declared pairs count as equal."""
    if len(fr.links) != len(en.links):
        yield Finding("link_count", None, None, {"fr": len(fr.links), "en": len(en.links)})
    pairs = dict((*fr.source.counterparts, *en.source.counterparts))
    in_english = Counter(pairs.get(link.url, link.url) for link in fr.links)
    english = Counter(link.url for link in en.links)
    for link in fr.links:
        if pairs.get(link.url, link.url) not in english:
            facts = {"text": link.url[:80], "other": en.source.file}
            yield Finding("link_differs", fr.source.file, link.line, facts)
    for link in en.links:
        if link.url not in in_english:
            facts = {"text": link.url[:80], "other": fr.source.file}
            yield Finding("link_differs", en.source.file, link.line, facts)


def _imprint(context: PreflightContext) -> Iterator[Finding]:
    imprint = context.imprint
    if not imprint.postal_address:
        yield Finding("no_postal_address")
    if not (imprint.contact_email and imprint.organization):
        yield Finding("no_contact")
    if not imprint.public_url.startswith("https://"):
        code = "local_one_click" if context.local else "no_one_click"
        yield Finding(code, None, None, {"text": imprint.public_url})
    for weak in theme.too_weak():
        yield Finding("contrast", None, None, weak)


def _day(source: Source, now: datetime) -> Iterator[Finding]:
    """Check the date that the archive and the feeds show: last year's is that of another issue."""
    try:
        away = (date.fromisoformat(source.date) - eastern_time.today(now)).days
    except ValueError:
        return  # The header's own check says so.
    if abs(away) > MOST_DAYS_AWAY:
        yield Finding("date_far", source.file, source.at("date"), {"text": source.date[:60]})
    elif away < -DAYS_BACK:
        yield Finding("date_past", source.file, source.at("date"), {"text": source.date[:60]})


def _links(made: Mapping[str, Compiled], context: PreflightContext) -> Iterator[Finding]:
    web = [
        (one.source.file, link)
        for one in made.values()
        for link in (*one.links, *one.images)
        if link.url.startswith(("https://", "http://"))
    ]
    if context.tries is None:
        if web:
            yield Finding("links_not_tried")
        return
    answers = context.tries(list(dict.fromkeys(link.url for _, link in web)))
    for file, link in web:
        answered = answers[link.url]
        if answered.kind != "well":
            code = "dead_link" if answered.kind == "dead" else "unsure_link"
            yield Finding(code, file, link.line, {"text": link.url[:80], "why": answered.why})


def _topics(sources: Mapping[str, Source]) -> Iterator[Finding]:
    known = consent_text.topics()
    for source in sources.values():
        for topic in source.topics:
            if topic not in known:
                facts = {"text": topic[:60], "known": ", ".join(known)}
                yield Finding("topic", source.file, source.at("topics"), facts)


def _sending(topics: Sequence[str], context: PreflightContext) -> Iterator[Finding]:
    """Check the sender, the account, the audience, and how long the sending takes."""
    domain = context.sender.rpartition("@")[2].strip("> ")
    if not (context.local or context.account.signs(domain)):
        yield Finding("from_not_aligned", None, None, {"text": domain})
    allowance = context.account.allowance()
    if allowance.stopped:
        yield Finding("sending_off")
    if allowance.sandbox and not context.local:
        yield Finding("sandbox")
    counts = context.audience(topics)
    total = sum(counts.values())
    yield Finding("audience", None, None, {lang: counts.get(lang, 0) for lang in LANGS})
    if not total:
        yield Finding("nobody")
        return
    done = finish(total, allowance, context.at_most, context.now)
    left = left_today(allowance)
    facts = {
        "size": total,
        "left": left,
        "when": {
            "fr": formatting.date_and_time(done, "fr"),
            "en": formatting.date_and_time(done, "en"),
        },
    }
    if total <= left:
        yield Finding("finish", None, None, facts)
    else:
        yield Finding("over_days" if context.over_days else "over_quota", None, None, facts)


def left_today(allowance: Allowance) -> int:
    """Return how many mails of today's quota an issue may use, at least 0."""
    return int(min(NO_LIMIT, max(0, daily_left(allowance))))


def finish(total: int, allowance: Allowance, at_most: int, now: datetime) -> datetime:
    """Return when the last of `total` mails is handed over, if the first one is now."""
    a_second = max(MIN_MAILS_PER_SECOND, rate(allowance, at_most))
    left = left_today(allowance)
    if total <= left or allowance.daily is None:
        return now + timedelta(seconds=total / a_second)
    a_day = max(1, int(DAY_SHARE * allowance.daily))
    days = math.ceil((total - left) / a_day)
    last = total - left - (days - 1) * a_day
    return now + timedelta(days=days, seconds=last / a_second)
