"""django-newsletter sends the same issue through a local SMTP sink; run in its own environment.

`python bench/peer.py READERS ISSUE.json` prints JSON; nothing of Relais is imported here.
"""

import json
import resource
import sys
import time
from typing import Any

import django
from aiosmtpd.controller import Controller
from django.conf import settings

PORT = 19725


class Sink:
    def __init__(self) -> None:
        self.seen = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.seen += 1
        return "250 OK"


def main(readers: int, texts: dict[str, Any]) -> None:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[
            "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sites",
            "newsletter",
        ],
        SITE_ID=1, USE_TZ=True, SECRET_KEY="bench", ROOT_URLCONF="newsletter.urls",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        EMAIL_HOST="127.0.0.1", EMAIL_PORT=PORT,
    )  # fmt: skip
    django.setup()
    from django.core.management import call_command
    from django.utils import timezone
    from newsletter.models import Article, Message, Newsletter, Submission, Subscription

    call_command("migrate", verbosity=0, run_syncdb=True)
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=PORT)
    controller.start()
    issues = []
    # It has no language of a person: an issue in two languages is two lists.
    for lang, text in texts.items():
        letter = Newsletter.objects.create(
            title=f"News {lang}", slug=lang, email="news@example.org", sender="Innoweave"
        )
        Subscription.objects.bulk_create(
            Subscription(
                newsletter=letter, name_field=f"Reader {n}", email_field=f"r{n}@example.org",
                subscribed=True, activation_code=f"{n:040d}", ip="192.0.2.1",
            )
            for n in range(readers // 2)
        )  # fmt: skip
        message = Message.objects.create(title=f"March {lang}", slug="march", newsletter=letter)
        Article.objects.create(title=lang, text=text["html"], post=message, sortorder=1)
        submission = Submission.from_message(message)
        submission.publish_date = timezone.now()
        submission.prepared = True
        submission.save()
        issues.append(submission)
    time.sleep(0.01)
    idle, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    for submission in issues:
        submission.submit()
    took = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    controller.stop()
    cpu = used.ru_utime + used.ru_stime - idle.ru_utime - idle.ru_stime
    found = {"seen": sink.seen, "seconds": took, "cpu": cpu, "rss": used.ru_maxrss / 1024}
    print(json.dumps(found))


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as file:
        main(int(sys.argv[1]), json.load(file))
