"""Does what CONTRIBUTING says under "Add a letter", in a copy of the tree, and sends the letter."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tree_copy import changed, copy_tree, edit_json, run_in, run_suite

ROOT = Path(__file__).resolve().parents[2]
NAME = "eoi_welcome"

PLACES = 5
"""Files that are written for one letter more: docs/architecture.md says so."""

TEMPLATES = {
    "subject.txt": '{{ "Bienvenue" if lang == "fr" else "Welcome" }} ({{ case.ref }})',
    "body.txt": '{{ "Bonjour" if lang == "fr" else "Hello" }} {{ case.ref }}\n{{ status_url }}\n'
    '{% include "email/_base/foot.txt" %}\n',
    "body.html": '{% extends "email/_base/letter.html" %}\n'
    '{% from "email/_base/go.html" import go %}\n'
    '{% block body %}<h1>{{ "Bienvenue" if lang == "fr" else "Welcome" }} ({{ case.ref }})</h1>\n'
    '{{ go(lang, status_url, "Suivre" if lang == "fr" else "Follow") }}{% endblock %}\n',
}

SEND = """
import json

from chalice.test import Client

import app
import samples
from chalicelib.aws.keys import Keys
from chalicelib.core.settings import read
from chalicelib.services import Services
from environment import ENVIRONMENT
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from visitor import Visitor

keys = Keys(links=("a" * 64,), people=b"p" * 32)
mailer = MemoryMailer()
found = Services(
    read(ENVIRONMENT), MemoryStore(), keys, mailer, SetClock(), MemorySuppression()
)
app.services, app.settings = lambda: found, lambda: found.settings
with Client(app.app) as client:
    Visitor(client).send("/forms/eoi", samples.eoi())
while found.mail.outbox.sweep().get("sent"):
    pass
print("\\n" + json.dumps([[mail.to, mail.subject, mail.text] for mail in mailer.sent]))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree with one more letter, made by the steps of the recipe."""
    tree = copy_tree(tmp_path_factory.mktemp("tree"))
    folder = tree / "templates" / "email" / NAME
    folder.mkdir()
    for part, text in TEMPLATES.items():
        (folder / part).write_text(text, "utf-8")

    recipe = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## Add a letter")[1]
    example = re.search(r"```python\n(.*?)```", recipe, re.DOTALL)
    assert example
    code = re.sub(r"^ {3}", "", example[1], flags=re.MULTILINE)
    writers = tree / "chalicelib" / "mail" / "writers" / "applicant.py"
    writers.write_text(writers.read_text("utf-8") + f"\n\n{code}", "utf-8")

    edit_json(tree / "chalicelib" / "content" / "states.json", owe_it)
    assert len(changed(tree)) == PLACES, changed(tree)
    assert run_in(tree, "-m", "infra.state_diagram").returncode == 0
    return tree


def owe_it(content: Any) -> None:
    next(r for r in content["transitions"] if r["event"] == "submit")["letters"].append(NAME)


def test_a_letter_that_was_added_by_the_recipe_is_sent(copy: Path) -> None:
    done = run_in(copy, "-c", SEND)
    assert done.returncode == 0, done.stderr
    subjects = {
        subject: (to, text) for to, subject, text in json.loads(done.stdout.splitlines()[-1])
    }
    (welcome,) = (subject for subject in subjects if subject.startswith("Bienvenue ("))
    to, text = subjects[welcome]
    assert to == "ada.tremblay@example.org"
    assert re.search(r"https://\S+/file/\S+", text)


def test_the_tests_of_all_letters_run_on_one_that_was_added(copy: Path) -> None:
    done = run_suite(
        copy, "tests/mail/test_templates.py", "tests/cases/test_states.py",
        "tests/mail/test_unproved_letters.py",
        "-k", f"({NAME} and not as_sent) or picture or strangers_can_set_off",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert done.stdout.startswith("." * 7), done.stdout
