"""The files of an issue that is begun."""

from datetime import date
from pathlib import Path

_NEW = {
    "fr": """---
subject: {title}
preheader: {preheader}
slug: {slug}
date: {date}
---

Bonjour {{{{first_name|à vous}}}},

""",
    "en": """---
subject: {title}
preheader: {preheader}
slug: {slug}
date: {date}
---

Hello {{{{first_name|there}}}},

""",
}
_TITLES = {
    "fr": ("L’objet du courriel", "La phrase que l’on lit à côté de l’objet"),
    "en": ("The subject of the mail", "The sentence that stands beside the subject"),
}


def begin(folder: Path, slug: str, today: date) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for lang, template in _NEW.items():
        title, preheader = _TITLES[lang]
        text = template.format(title=title, preheader=preheader, slug=slug, date=today)
        (folder / f"{lang}.md").write_text(text, "utf-8")
