"""CONTRIBUTING's recipes, each followed in a copy of the tree: a form, a link, a setting, a command.

A state is added in tests/cases/test_add_a_state.py, a letter in tests/mail/test_add_a_letter.py, a
programme in tests/test_add_a_programme.py.
"""

import json
import re
from pathlib import Path
from typing import Any

from infra.package import ROOT
from tree_copy import copy_tree, edit_json, edit_text, run_in

RECIPES = ("form", "letter", "state", "link", "setting", "programme", "operator command")

SERVE = """
import json

from chalice.test import Client

import app
from chalicelib.aws.keys import Keys
from chalicelib.core.settings import read
from chalicelib.services import Services
from environment import ENVIRONMENT
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from infra.content.check import faults
from visitor import Visitor

assert faults() == [], faults()
keys = Keys(links=("a" * 64,), people=b"p" * 32)
store = MemoryStore()
found = Services(read(ENVIRONMENT), store, keys, MemoryMailer(), SetClock(), MemorySuppression())
app.services, app.settings = lambda: found, lambda: found.settings
with Client(app.app) as client:
    visitor = Visitor(client)
"""

FORM = """
    page = visitor.page("/forms/feedback?lang=en").body.decode()
    assert "What should we do better?" in page
    described = visitor.get("/forms/feedback?lang=fr").json_body
    assert described["title"] == "Vos commentaires", described
    assert "/forms/feedback" in visitor.get("/openapi.json").json_body["paths"]
    refused = visitor.send("/forms/feedback", {"lang": "en", "better": ""})
    assert refused.status_code == 422, refused.body
    assert refused.json_body["errors"][0]["field"] == "better"
    answer = visitor.send("/forms/feedback", {"lang": "en", "better": "More dates."})
    assert answer.status_code == 201, answer.body
    assert answer.json_body["ref"].startswith("CO-")
    (row,) = store.kinds("feedback")
    assert row["answers"] == {"better": "More dates."}
    print("received")
"""

FEEDBACK: dict[str, Any] = {
    "form": "feedback",
    "version": "feedback-2026-1",
    "prefix": "CO",
    "received_as": "feedback",
    "title": {"en": "Your feedback", "fr": "Vos commentaires"},
    "intro": {"en": "One question.", "fr": "Une question."},
    "submit": {"en": "Send", "fr": "Envoyer"},
    "sections": [
        {
            "id": "feedback",
            "title": {"en": "Feedback", "fr": "Commentaires"},
            "fields": [
                {
                    "key": "better", "type": "text", "max": 600, "required": True,
                    "label": {"en": "What should we do better?", "fr": "Que devons-nous améliorer?"},
                }
            ],
        }
    ],
}  # fmt: skip

FEEDBACK_PY = '''"""A word of feedback, kept as it is."""

from chalicelib.cases.intake.submission import Receipt, Visit
from chalicelib.core import eastern_time, references
from chalicelib.core.ports import Put, Write


def feedback(visit: Visit) -> tuple[list[Write], Receipt]:
    number = references.new_file_number(eastern_time.local(visit.now).year)
    ref = references.reference("feedback", number)
    row: dict[str, object] = {"pk": f"FEEDBACK#{number}", "sk": "FEEDBACK", "kind": "feedback"}
    row |= {"expires": int(visit.now.timestamp()) + 700 * 86400}
    return [Put({**row, "answers": visit.submission.answers})], visit.receipt(ref, number, "")
'''


def offer(content: dict[str, Any]) -> None:
    content["intake"]["feedback"] = "open"
    content["form_name"]["feedback"] = {"en": "feedback", "fr": "commentaires"}
    content["retention"]["feedback"] = {"en": "12 months", "fr": "12 mois"}


def word(content: dict[str, Any]) -> None:
    content["received"]["feedback"] = {"en": "Thank you.", "fr": "Merci."}
    content["form_plural"]["feedback"] = {"en": "feedback", "fr": "commentaires"}


def keep(content: dict[str, Any]) -> None:
    like = next(row for row in content["rows"] if row["name"] == "assessment")
    content["rows"].append(
        {**like, "name": "feedback", "kind": "feedback", "keys": ["FEEDBACK#*/FEEDBACK"]}
    )


def test_a_form_is_added(tmp_path: Path) -> None:
    tree = copy_tree(tmp_path)
    content = tree / "chalicelib" / "content"
    (content / "feedback.json").write_text(json.dumps(FEEDBACK, ensure_ascii=False), "utf-8")
    edit_json(content / "programme.json", offer)
    edit_json(content / "review.json", word)
    edit_json(content / "retention.json", keep)
    intake = tree / "chalicelib" / "cases" / "intake"
    (intake / "feedback.py").write_text(FEEDBACK_PY, "utf-8")
    receive = intake / "receive.py"
    edit_text(receive, '    "assessment": assessment,\n',
              '    "assessment": assessment,\n    "feedback": feedback,\n')  # fmt: skip
    edit_text(receive, "from chalicelib.cases.intake.declaration import",
              "from chalicelib.cases.intake.feedback import feedback\n"
              "from chalicelib.cases.intake.declaration import")  # fmt: skip
    done = run_in(tree, "-c", SERVE + FORM)
    assert done.stdout.endswith("received\n"), done.stderr[-3000:]


def test_a_form_that_nothing_receives_is_found_by_the_check(tmp_path: Path) -> None:
    tree = copy_tree(tmp_path)
    content = tree / "chalicelib" / "content"
    (content / "feedback.json").write_text(json.dumps(FEEDBACK, ensure_ascii=False), "utf-8")
    edit_json(content / "programme.json", offer)
    done = run_in(tree, "-m", "infra.content")
    assert done.returncode == 1
    assert re.search(r"feedback\.json:\d+: received_as", done.stderr), done.stderr
    assert re.search(r"review\.json:\d+: received: without feedback", done.stderr)


LINK = """
from chalicelib.core.errors import BadLink
from chalicelib.core.links import Links

links = Links(("a" * 64,), "https://relais.example.org/api", "")
url = links.guest("1")
token = url.rpartition("/")[2]
assert links.open_guest(token) == "1"
assert token not in Links.redact(f"Venez : {url}")
try:
    links.open_guest(links.preferences("1").rpartition("/")[2])
except BadLink:
    print("one right")
"""

GUEST_METHODS = """    def guest(self, name: str) -> str:
        return self._url("guest", self._tokens.sign("guest", name))

    def open_guest(self, token: str) -> str:
        return str(self._tokens.open("guest", token)[0])

    def invite("""


def test_a_link_is_added_and_redacted(tmp_path: Path) -> None:
    tree = copy_tree(tmp_path)
    core = tree / "chalicelib" / "core"
    purpose = '    "guest": Purpose("guest", salt="guest", lifetime_seconds=DAY_SECONDS),\n'
    edit_text(core / "link_purposes.py", '    "coach": Purpose(', f'{purpose}    "coach": Purpose(')
    edit_text(core / "links.py", "    def invite(", GUEST_METHODS)
    done = run_in(tree, "-c", LINK)
    assert done.stdout == "one right\n", done.stderr


def test_a_setting_is_added(tmp_path: Path) -> None:
    tree = copy_tree(tmp_path)
    settings = tree / "chalicelib" / "core" / "settings.py"
    edit_text(settings, "    undo_seconds:", "    greeting: Text\n    undo_seconds:")
    resources = tree / "infra" / "resources.json"

    def parameter(content: dict[str, Any]) -> None:
        content["Parameters"]["Greeting"] = {"Type": "String", "Default": "Bonjour"}
        variables = content["Globals"]["Function"]["Environment"]["Variables"]
        variables["GREETING"] = {"Ref": "Greeting"}

    edit_json(resources, parameter)
    environment = tree / "tests" / "support" / "environment.py"
    edit_text(environment, '    "UNDO_SECONDS":', '    "GREETING": "Bonjour",\n    "UNDO_SECONDS":')
    readme = tree / "README.md"
    edit_text(readme, "| `UNDO_SECONDS` |", "| `GREETING` | a word |\n| `UNDO_SECONDS` |")
    done = run_in(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist",
                  "tests/test_docs.py", "tests/core/test_settings.py", "-k", "setting and not bench")  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    code = "from environment import ENVIRONMENT; from chalicelib.core.settings import read; "
    assert run_in(tree, "-c", code + "print(read(ENVIRONMENT).greeting)").stdout == "Bonjour\n"


def test_an_operator_command_is_added(tmp_path: Path) -> None:
    tree = copy_tree(tmp_path)
    module = tree / "infra" / "operator" / "spam.py"
    command = '''

@commands.add()
def count(context: typer.Context) -> None:
    """Count the declarations that are held this year."""
    session = session_of(context)
    year = session.operator.now().year
    held = list(session.operator.store.listed(f"HELD_AS_SPAM#{year}"))
    session.say(f"{len(held)} held")
'''
    module.write_text(module.read_text("utf-8") + command, "utf-8")
    done = run_in(tree, "-m", "infra.operate", "spam", "count", "--help")
    assert done.returncode == 0, done.stderr
    assert "Count the declarations that are held this year." in done.stdout


def test_each_recipe_is_named_and_followed() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert re.findall(r"^## Add an? (.+)$", text, re.MULTILINE) == list(RECIPES)
