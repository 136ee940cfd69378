"""The declaration as a form page of Wagtail: `python -m bench.cms` prints a table.

The same fields, required where ours are, posted with the same answers by a browser; Wagtail stores
them as one row of SQLite in memory and shows a page. It has no list of rows within a form, so the
partners are one text; no rule between fields, no limit and no letter, which ours have.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent

KINDS: Final[Mapping[str, str]] = {
    "email": "email", "url": "url", "int": "number", "text": "multiline", "rows": "multiline",
    "choice": "dropdown", "choices": "checkboxes", "consent": "checkbox",
}  # fmt: skip
"""Our kinds of fields → Wagtail's; all others are a single line there."""

TEMPLATES: Final = {
    "form.html": "<form method='post'>{% csrf_token %}{{ form.as_p }}<button>Envoyer</button></form>",
    "landing.html": "<p>Merci</p>",
}

TURNS: Final = 7
POSTS: Final = 50


def set_up() -> None:
    """Start Django with what a form page needs, in memory."""
    import django
    from django.conf import settings

    ours = ["wagtail.contrib.forms", "wagtail.sites", "wagtail.users", "wagtail.documents",
            "wagtail.images", "wagtail.search", "wagtail.admin", "wagtail",
            "bench.support.wagtail_form"]  # fmt: skip
    django_s = [f"django.contrib.{n}" for n in ("auth", "contenttypes", "sessions", "messages")]
    names = [*ours, "modelcluster", "taggit", *django_s]
    labels = [name.rpartition(".")[2] for name in names]
    labels += ["wagtailcore", *(f"wagtail{name}" for name in ("docs", *labels))]
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=names,
        # Tables are made at once: Wagtail's hundred migrations are no part of a form.
        MIGRATION_MODULES=dict.fromkeys(labels),
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                    "django.middleware.csrf.CsrfViewMiddleware",
                    "django.contrib.auth.middleware.AuthenticationMiddleware",
                    "django.contrib.messages.middleware.MessageMiddleware"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates",
                    "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", TEMPLATES)],
                                "context_processors": ["django.template.context_processors.request"]}}],
        ROOT_URLCONF="wagtail.urls", SECRET_KEY="bench", ALLOWED_HOSTS=["*"], USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField", WAGTAIL_SITE_NAME="bench",
        WAGTAILADMIN_BASE_URL="http://bench", STATIC_URL="/static/", LANGUAGE_CODE="fr",
    )  # fmt: skip
    django.setup()


def publish(form: Mapping[str, Any]) -> None:
    """Make the tables and the page, as an editor would."""
    from django.core.management import call_command
    from wagtail.models import Locale, Page, Site

    from bench.support.wagtail_form.models import FormField, FormPage

    call_command("migrate", verbosity=0, run_syncdb=True)
    Locale.objects.create(language_code="fr")
    root = Page.add_root(title="Root", slug="root")
    page = FormPage(title="eoi", slug="eoi")
    page.form_fields = [
        FormField(
            sort_order=place,
            clean_name=field["key"],
            label=field["label"],
            required=field["required"],
            field_type=KINDS.get(field["type"], "singleline"),
            choices="\n".join(one["id"] for one in field.get("options", ())),
        )
        for place, field in enumerate(f for section in form["sections"] for f in section["fields"])
    ]
    root.add_child(instance=page)
    Site.objects.create(hostname="bench", root_page=page, is_default_site=True)


def answers() -> dict[str, Any]:
    """Return a whole declaration as a browser posts it."""
    sys.path.append(str(ROOT / "tests" / "support"))
    import samples

    given = samples.eoi()
    return {
        key: json.dumps(value, ensure_ascii=False) if key == "partners" else value
        for key, value in given.items()
        if value is not False
    }


def least(do: Callable[[], Any]) -> float:
    """Return the CPU milliseconds of one call, the least of the turns."""
    took = []
    for _ in range(TURNS):
        began = time.process_time()
        for _ in range(POSTS):
            do()
        took.append((time.process_time() - began) * 1000 / POSTS)
    return min(took)


def main() -> None:
    from chalicelib.forms.description import describe

    form = describe("eoi", "fr")
    given = answers()
    began = time.process_time()
    set_up()
    started = time.process_time() - began
    publish(form)
    from django.test import Client
    from wagtail.contrib.forms.models import FormSubmission

    client = Client(SERVER_NAME="bench")
    began = time.process_time()
    answer = client.post("/", given)
    cold = started + time.process_time() - began
    assert b"Merci" in answer.content, answer.content.decode()
    post = least(lambda: client.post("/", given))
    page = least(lambda: client.get("/"))
    assert FormSubmission.objects.count() == TURNS * POSTS + 1
    print("| a Wagtail form page | CPU, ms |\n|---|---|")
    print(f"| one POST of the declaration | {post:.1f} |\n| the page with the form | {page:.1f} |")
    print(f"| cold: imports and the first POST | {cold * 1000:.0f} |")


if __name__ == "__main__":
    main()
