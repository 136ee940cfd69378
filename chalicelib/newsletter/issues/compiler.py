"""A source made into what is sent and shown: HTML, text, and the page of the archive."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from urllib.parse import quote

from markupsafe import Markup as Safe

from chalicelib.core.settings import Settings
from chalicelib.newsletter.issues import markdown, placeholders, text_part, theme
from chalicelib.newsletter.issues.findings import Finding
from chalicelib.newsletter.issues.markdown import Link
from chalicelib.newsletter.issues.rendered import LITERALS, Rendered
from chalicelib.newsletter.issues.source import Source
from chalicelib.newsletter.issues.to_html import HtmlWriter
from chalicelib.newsletter.issues.to_text import TextWriter


@dataclass(frozen=True)
class Imprint:
    """Who publishes: what the foot of every issue says, and where its page will be.

    `website_url` is the website's address without a language.
    """

    organization: str
    contact_email: str
    postal_address: str
    website_url: str
    public_url: str

    @classmethod
    def of(cls, settings: Settings) -> "Imprint":
        return cls(
            settings.organization_name,
            settings.contact_email,
            settings.postal_address,
            settings.website_url,
            settings.public_url,
        )


@dataclass(frozen=True)
class Compiled:
    """One language, whole. `page` is markup without styles, fields or anybody's links."""

    source: Source
    rendered: Rendered
    page: str
    links: list[Link]
    images: list[Link]
    findings: list[Finding]

    def size(self) -> int:
        """Return how many bytes the store keeps of it: a row holds 400 kB."""
        return sum(len(part.encode()) for part in self.kept().values() if isinstance(part, str))

    def kept(self) -> dict[str, object]:
        """Return what the store keeps of it beside its key and version: the fields of `Rendered`,
        `title`, `summary` and `page` (markup), `source`, and `written` (the author's own text part,
        or None)."""
        return {
            **asdict(self.rendered),
            "title": placeholders.for_page(self.source.subject, ""),
            "summary": placeholders.for_page(self.source.preheader, ""),
            "page": self.page,
            "source": self.source.raw,
            "written": self.source.text,
        }


def compiled(source: Source, imprint: Imprint) -> Compiled:
    page_url = archive_url(imprint.public_url, source.slug, source.lang)
    # In the order in which they are read: a field has one default in all of a mail.
    subject = _line(source, "subject", {})
    preheader = _line(source, "preheader", subject.defaults)
    read = markdown.read(source.body, source.file, source.start, preheader.defaults, source.images)
    parts = [subject, preheader, read]
    page = HtmlWriter(mail=False, constant=page_url).below(read.tree)
    findings = [finding for part in parts for finding in part.findings]
    if source.text is not None:
        made = text_body(source, imprint.public_url)
        by_hand = markdown.read_text_part(
            source.text, f"{source.lang}.txt", source.text_start, read.defaults, made
        )
        parts.append(by_hand)
        findings += [*by_hand.findings, *text_part.compare(source, made, page)]
    rendered = Rendered(
        lang=source.lang,
        subject=placeholders.for_text(source.subject, page_url),
        preheader=placeholders.for_text(source.preheader, page_url),
        html=_html(source, read.tree, imprint, page_url),
        text=_text(source, read.tree, imprint, page_url),
        defaults=parts[-1].defaults,
    )
    return Compiled(source, rendered, page, read.links, read.images, findings)


def _line(source: Source, key: str, defaults: Mapping[str, str]) -> markdown.ParsedMarkdown:
    text = source.head.get(key, "")
    return markdown.read_fields(text, source.file, source.at(key), defaults)


def archive_url(public_url: str, slug: str, lang: str) -> str:
    return f"{public_url}/newsletter/archive/{quote(slug, safe='')}?lang={lang}"


def text_body(source: Source, public_url: str) -> str:
    """Return the text that is made of the Markdown, for an author who wants to change it."""
    page_url = archive_url(public_url, source.slug, source.lang)
    read = markdown.read(source.body, source.file, source.start, images=source.images)
    written = TextWriter(source.lang, page_url).write(read.tree)
    for name, character in LITERALS.items():
        written = written.replace("{{" + name + "}}", character)
    for name, default in read.defaults.items():
        written = written.replace("{{" + name + "}}", "{{" + f"{name}|{default}" + "}}")
    return written + "\n"


def _html(source: Source, tree: markdown.Node, imprint: Imprint, page_url: str) -> str:
    from chalicelib.core.templates import render

    markup = HtmlWriter(mail=True, constant=page_url)
    literal = _literal(imprint, lambda text: Safe(placeholders.literal_html(text)))
    return render(
        "newsletter/mail.html",
        **_facts(source, imprint, page_url, literal),
        subject=Safe(markup.prose(source.subject)),
        preheader=Safe(markup.prose(source.preheader)),
        body=Safe(markup.below(tree)),
        style=lambda name: Safe(theme.style(name)),
        dark=Safe(theme.dark()),
        outlook_dark=Safe(theme.outlook_dark()),
        unsubscribe=Safe("{{unsubscribe_url_html}}"),
        preferences=Safe("{{preferences_url_html}}"),
    )


def _text(source: Source, tree: markdown.Node, imprint: Imprint, page_url: str) -> str:
    from chalicelib.core.templates import render

    body = TextWriter(source.lang, page_url).write(tree)
    if source.text is not None:
        body = placeholders.for_text(source.text.strip("\n"), page_url)
    title = placeholders.for_text(source.subject, page_url)
    foot = render(
        "newsletter/foot.txt",
        **_facts(source, imprint, page_url, _literal(imprint, placeholders.literal_text)),
        unsubscribe="{{unsubscribe_url}}",
        preferences="{{preferences_url}}",
    )
    return f"{title}\n\n{body}\n\n{foot.strip()}\n"


def _facts(
    source: Source, imprint: Imprint, page_url: str, literal: Mapping[str, str]
) -> dict[str, object]:
    other = "en" if source.lang == "fr" else "fr"
    site = literal["website_url"] and f"{literal['website_url']}/{source.lang}/"
    return {
        "lang": source.lang,
        "office": {**literal, "website_url": site},
        "website": site.partition("://")[2].rstrip("/"),
        "archive_url": page_url if source.archive else None,
        "other_url": archive_url(imprint.public_url, source.slug, other),
    }


def _literal(imprint: Imprint, literal: Callable[[str], str]) -> dict[str, str]:
    return {name: literal(value) for name, value in asdict(imprint).items()}
