"""An issue on its way, as the tests need it: written, checked, tested, asked for, approved."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chalicelib.newsletter.issues.compiler import Compiled, Imprint, compiled
from chalicelib.newsletter.issues.findings import Finding
from chalicelib.newsletter.issues.issue import Issue
from chalicelib.newsletter.issues.newsroom import IssueFacts, Newsroom
from chalicelib.newsletter.issues.rendered import fill
from chalicelib.newsletter.issues.source import Source, parse, read_folder
from chalicelib.services import Services

IMPRINT = Imprint(
    "Innoweave",
    "info@example.org",
    "1234, rue Exemple, Montréal (Québec) H2X 1Y4",
    "https://www.example.org",
    "https://relais.example.org/api",
)
VALUES = {
    "unsubscribe_url": "https://relais.example.org/api/newsletter/unsubscribe/U",
    "preferences_url": "https://relais.example.org/api/newsletter/preferences/P",
    "first_name": "Zoé",
}
HEAD = "---\nsubject: Mars\npreheader: Le mois\nslug: 2026-03\ndate: 2026-03-02\n---\n"
SAMPLE = Path(__file__).resolve().parents[2] / "infra" / "local_aws" / "sample" / "issue"
AUTHOR = "max-author"
NOTES = [
    Finding("audience", None, None, {"fr": 1200, "en": 800}),
    Finding("unsure_link", "fr.md", 24, {"text": "https://www.example.org/", "why": "403"}),
]


EVERYTHING = """---
subject: Tout ce que l’on peut écrire, {{first_name|à vous}}, dans une infolettre
preheader: Et rien de plus
slug: everything
date: 2026-03-02
---

## Un titre avec un très-long-mot-composé-qui-ne-tient-pas-sur-un-petit-téléphone-de-poche

Du **gras**, de l’*italique*, du ~~barré~~, du `code { }`, [un lien](https://www.example.org/une/adresse/tres/longue/qui/ne/tient/pas/sur/une/ligne/de/telephone).

### Un sous-titre

1. Un
2. Deux
   - Trois

     Et quatre

> Une citation

| Ville | Quand | Où | Combien |
|---|---|---|---|
| Saint-Louis-du-Ha! Ha! | Jeudi | Bibliothèque intercommunautaire | 12 |

```
un bloc de code avec une ligne très longue qui doit se replier au lieu de défiler de côté
```

![Trois personnes autour d’une table](https://www.example.org/image.png)

---

#### Un titre de niveau quatre

https://www.example.org/une/adresse/nue/qui/n/est/pas/un/lien/mais/qui/est/longue
"""


def mail(name: str, lang: str) -> str:
    """The HTML of an issue as somebody gets it."""
    raw = EVERYTHING if name == "everything" else (SAMPLE / f"{lang}.md").read_text("utf-8")
    made = compiled(parse(raw, lang, f"{lang}.md")[0], IMPRINT).rendered
    return fill(made, {**VALUES, "first_name": "Marie-Antoinette-Évangéline"}).html


def made(body: str, lang: str = "fr", head: str = HEAD, text: str | None = None) -> Compiled:
    return compiled(parse(head + body, lang, f"{lang}.md", text)[0], IMPRINT)


def token_and_code(text: str) -> tuple[str, str]:
    found = re.search(r"/newsletter/review/([\w-]+)", text)
    code = re.search(r"(?:approuver\u00a0|approve): ([2-9A-Z]{4})", text)
    assert found
    assert code
    return found[1], code[1]


def imprint(service: Services) -> Imprint:
    settings = service.settings
    return Imprint(
        settings.organization_name,
        settings.contact_email,
        settings.postal_address,
        settings.website_url,
        settings.public_url,
    )


def newsroom(service: Services) -> Newsroom:
    return Newsroom(service.store, service.now, service.cases.roster)


def facts(sources: dict[str, Source]) -> IssueFacts:
    one = sources["fr"]
    return {"id": one.slug, "topics": one.topics, "date": one.date, "archive": one.archive}


def saved(service: Services, by: str = AUTHOR, *, edit: bool = False, **changed: Any) -> Issue:
    sources, faults = read_folder(SAMPLE)
    assert not faults
    texts = {lang: compiled(s, imprint(service)).kept() for lang, s in sources.items()}
    head: Any = {**dict(facts(sources)), **changed}
    return newsroom(service).save(texts, head, by, edit=edit)


def through_test(service: Services, by: str = AUTHOR) -> Issue:
    issues = newsroom(service)
    return issues.tested(issues.checked(saved(service, by), NOTES, by), by, ["max@example.org"])


def asked(service: Services, by: str = AUTHOR) -> Issue:
    """Owes the letters with the review links."""
    newsroom(service).ask(through_test(service, by), by)
    return newsroom(service).lifecycle.get("2026-03")


def approved(service: Services) -> Issue:
    """As a decision leaves it, for tests of what comes after."""
    issue = through_test(service)
    decided = {
        "by": "rita-roy", "name": "Rita Roy", "at": "2026-03-02T15:00:00.000Z",
        "decision": "approve", "remarks": "", "version": issue.version,
    }  # fmt: skip
    return newsroom(service).lifecycle.move(issue, "approve", "rita-roy", {"approved": decided})


def scheduled(service: Services, at: datetime | None = None) -> Issue:
    at = at or datetime(2026, 3, 2, 15, tzinfo=UTC)
    return newsroom(service).schedule(approved(service), AUTHOR, at)


def sending(service: Services) -> Issue:
    return newsroom(service).lifecycle.start(scheduled(service))
