"""The sample issue of the local stage: an archive with something in it."""

from datetime import timedelta
from pathlib import Path

from chalicelib.core.records import stamp
from chalicelib.newsletter.issues.compiler import Imprint, compiled
from chalicelib.newsletter.issues.issue import issue_of
from chalicelib.newsletter.issues.newsroom import IssueFacts
from chalicelib.newsletter.issues.source import read_folder
from chalicelib.services import Services

FOLDER = Path(__file__).resolve().parents[2] / "local_aws" / "sample" / "issue"
AUTHOR, APPROVER = "rita-roy", "sam-lee"


def publish(services: Services) -> bool:
    """Take it all its way, to no reader; return False when it is there already."""
    settings, now = services.settings, services.now
    sources, faults = read_folder(FOLDER)
    assert not faults, faults
    one = sources["fr"]
    if issue_of(services.store, one.slug) is not None:
        return False
    room = services.issues.newsroom
    imprint = Imprint.of(settings)
    texts = {lang: compiled(source, imprint).kept() for lang, source in sources.items()}
    facts: IssueFacts = {
        "id": one.slug,
        "topics": one.topics,
        "date": one.date,
        "archive": one.archive,
    }
    issue = room.tested(
        room.checked(room.save(texts, facts, AUTHOR), [], AUTHOR), AUTHOR, ["sample@example.org"]
    )
    decided = {
        "by": APPROVER,
        "name": "Sam Lee",
        "at": stamp(now()),
        "decision": "approve",
        "remarks": "",
        "version": issue.version,
    }
    issue = room.lifecycle.move(issue, "approve", APPROVER, {"approved": decided})
    # Later than now: the sweep must not start it between these two steps.
    issue = room.schedule(issue, AUTHOR, now() + timedelta(hours=1))
    room.lifecycle.finished(room.lifecycle.start(issue), {})
    return True
