"""CONTRIBUTING's recipes, each followed in a copy of the tree: a form, a link, a setting, a command.

A state is added in tests/cases/test_add_a_state.py, a letter in tests/mail/test_add_a_letter.py, a
programme in tests/test_add_a_programme.py.
"""

import copy
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.content import receivers
from infra.content.check import of_programmes
from infra.package import ROOT
from tree_copy import copy_tree, edit_json, edit_text, run_in, run_suite

RECIPES = ("form", "letter", "state", "link", "setting", "programme", "operator command")

SERVE = """
from chalice.test import Client

import app
from chalicelib.aws.keys import Keys
from chalicelib.core.settings import read
from chalicelib.people.erasure import ErasureDecision
from chalicelib.services import Services
from environment import ENVIRONMENT, RITA
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from infra.content.check import faults
from traces import traces
from visitor import Visitor

assert faults() == [], faults()
keys = Keys(links=("a" * 64,), people=b"p" * 32)
store, mailer, clock = MemoryStore(), MemoryMailer(), SetClock()
store.items["STAFF", "rita-roy"] = RITA
found = Services(read(ENVIRONMENT), store, keys, mailer, clock, MemorySuppression())
app.services, app.settings = lambda: found, lambda: found.settings


def deliver():
    while {"sent", "spread"} & set(found.mail.outbox.sweep()):
        pass


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

    mine = {"lang": "en", "better": "More dates.", "from_email": "ada@example.org",
            "friend_email": "zoe@example.org", "consent_privacy": True}
    answer = visitor.send("/forms/feedback", mine)
    assert answer.status_code == 201, answer.body
    ref = answer.json_body["ref"]
    assert ref.startswith("CO-")
    assert answer.json_body["message"] == "Thank you. We read every word."
    again = visitor.send("/forms/feedback", mine)
    assert again.json_body["ref"] == ref and again.headers["Idempotent-Replayed"] == "true"
    pairs = [("lang", "fr"), ("better", "Plus de dates."), ("from_email", "zoe@example.org")]
    shown = visitor.submit("/forms/feedback", [*pairs, ("better", "")])
    assert shown.status_code == 422 and "Plus de dates." in shown.body.decode()
    sent = visitor.submit("/forms/feedback", [*pairs, ("consent_privacy", "on")])
    assert sent.status_code == 303, sent.body
    receipt = visitor.page("/file/" + sent.headers["Location"].split("/file/")[1])
    assert "Merci. Nous lisons chaque mot." in receipt.body.decode(), receipt.body.decode()
    anonymous = visitor.send("/forms/feedback", {"lang": "fr", "better": "Rien.", "consent_privacy": True})
    assert anonymous.status_code == 201

    rows = {row["ref"]: row for row in store.kinds("stored_form")}
    assert len(rows) == 3
    assert rows[ref]["answers"]["better"] == "More dates."
    assert rows[ref]["consent"]["text_lang"] == "en"
    days = (rows[ref]["expires"] - clock().timestamp()) / 86400
    assert 364 <= days <= 367, days

    deliver()
    (to_ada,) = mailer.to("ada@example.org")
    assert "Thank you. We read every word." in to_ada.text and ref in to_ada.text
    assert "More dates." not in to_ada.text
    (to_zoe,) = mailer.to("zoe@example.org")
    assert "Merci. Nous lisons chaque mot." in to_zoe.text
    to_staff = mailer.to("rita.roy@example.org")
    assert len(to_staff) == 3
    assert any("More dates." in mail.text and mail.reply_to == "ada@example.org" for mail in to_staff)

    people = found.people(store)
    exported = people.export.of(people.finder.find("zoe@example.org"), clock())
    own, other = sorted(exported["forms"], key=lambda form: len(form))[::-1]
    assert own["answers"]["better"] == "Plus de dates." and len(own["letters"]) == 1
    assert "better" not in other["answers"], other
    assert "ada@" not in str(exported["forms"])
    people.erasure.erase(people.finder.find("zoe@example.org"), ErasureDecision())
    kept = traces((r for r in store.everything() if r.get("kind") != "erasure"), ["zoe@example.org"])
    assert not kept, kept
    assert {row["answers"]["better"] for row in store.kinds("stored_form")} == {"More dates.", "Rien."}
    people.erasure.erase(people.finder.find("ada@example.org"), ErasureDecision())
    assert [row["answers"]["better"] for row in store.kinds("stored_form")] == ["Rien."]
    assert len({row["pk"] for row in store.kinds("letter") if row["pk"].startswith("FORM#")}) == 1
    print("received")
"""


def both(en: str, fr: str) -> dict[str, str]:
    return {"en": en, "fr": fr}


FEEDBACK: dict[str, Any] = {
    "form": "feedback",
    "version": "feedback-2026-1",
    "prefix": "CO",
    "received_as": "stored_form",
    "stored": {"email": "from_email", "letters": ["form_received", "staff_form_received"]},
    "title": both("Your feedback", "Vos commentaires"),
    "intro": both("One question.", "Une question."),
    "submit": both("Send", "Envoyer"),
    "sections": [
        {
            "id": "feedback",
            "title": both("Feedback", "Commentaires"),
            "fields": [
                {
                    "key": "better", "type": "text", "max": 600, "required": True,
                    "label": both("What should we do better?", "Que devons-nous améliorer?"),
                },
                {
                    "key": "from_email", "type": "email", "max": 254, "required": False,
                    "label": both("Your e-mail address", "Votre adresse courriel"),
                },
                {
                    "key": "friend_email", "type": "email", "max": 254, "required": False,
                    "label": both("Somebody who thinks so too", "Une personne du même avis"),
                },
                {
                    "key": "consent_privacy", "type": "consent", "required": True,
                    "label": both("I have read the notice.", "J’ai lu l’avis."),
                },
            ],
        }
    ],
}  # fmt: skip


def offer(content: dict[str, Any]) -> None:
    content["intake"]["feedback"] = "open"
    content["form_name"]["feedback"] = both("feedback", "commentaires")
    content["retention"]["feedback"] = both("12 months", "12 mois")


def word(content: dict[str, Any]) -> None:
    content["received"]["feedback"] = both(
        "Thank you. We read every word.", "Merci. Nous lisons chaque mot."
    )
    content["form_plural"]["feedback"] = both("feedback", "commentaires")


def keep(content: dict[str, Any]) -> None:
    content["form_months"]["feedback"] = 12


@pytest.fixture(scope="module")
def with_form(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree with one form more, by data alone."""
    tree = copy_tree(tmp_path_factory.mktemp("tree"))
    content = tree / "chalicelib" / "content"
    (content / "feedback.json").write_text(json.dumps(FEEDBACK, ensure_ascii=False), "utf-8")
    edit_json(content / "programme.json", offer)
    edit_json(content / "review.json", word)
    edit_json(content / "retention.json", keep)
    return tree


def test_a_form_added_by_data_alone_is_kept_acknowledged_read_exported_and_erased(
    with_form: Path,
) -> None:
    done = run_in(with_form, "-c", SERVE + FORM)
    assert done.stdout.endswith("received\n"), done.stderr[-3000:]


SAMPLE = """

def feedback(**changes: Any) -> dict[str, Any]:
    return _changed({"better": "Plus de dates.", "consent_privacy": True}, changes)
"""


def test_the_tests_of_all_forms_run_on_one_that_was_added(with_form: Path) -> None:
    samples = with_form / "tests" / "support" / "samples.py"
    samples.write_text(samples.read_text("utf-8") + SAMPLE, "utf-8")
    assert run_in(with_form, "-m", "infra.privacy").returncode == 0
    files = ("forms/test_forms.py", "forms/test_description.py", "infra/test_content.py",
             "people/test_retention.py")  # fmt: skip
    suite = run_suite(with_form, *(f"tests/{name}" for name in files),
                      "-k", "feedback or every_file_has or shows_the_table")  # fmt: skip
    assert suite.returncode == 0, suite.stdout[-3000:]


def without_email(form: dict[str, Any]) -> None:
    del form["stored"]["email"]


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        (lambda form: form.update(received_as="assessment"), "reads the fields of assessment alone"),
        (lambda form: form.update(received_as="declaration"), "reads the fields of eoi alone"),
        (lambda form: form.update(received_as="application"), "reads the fields of application"),
        (lambda form: form.pop("stored"), "stored: goes with received_as stored_form"),
        (lambda form: form["stored"].update(email="better"), "no such field of an address: better"),
        (lambda form: form["stored"].update(letters=["eoi_received"]), "no such letter about a stored"),
        (without_email, "goes to an address that no field has"),
    ],
)  # fmt: skip
def test_a_form_whose_receiver_could_not_read_it_is_found_by_the_check(
    slip: Callable[[dict[str, Any]], object], told: str
) -> None:
    form = copy.deepcopy(FEEDBACK)
    slip(form)
    contents = {"retention": {"form_months": {"others": 24}}}
    found = [one.what for one in receivers.slips(contents, {"feedback": form}, ["feedback"])
             if one.file == "feedback"]  # fmt: skip
    assert any(told in what for what in found), found


def test_a_form_that_nothing_receives_is_found_by_the_check(
    with_form: Path, tmp_path: Path
) -> None:
    content = tmp_path / "content"
    shutil.copytree(with_form / "chalicelib" / "content", content)
    edit_json(content / "feedback.json", lambda form: form.update(received_as="feedback"))
    edit_json(content / "review.json", lambda review: review["received"].pop("feedback"))
    found = "\n".join(of_programmes(content))
    assert re.search(r"feedback\.json:\d+: received_as", found), found
    assert re.search(r"review\.json:\d+: received: without feedback", found)


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
    suite = run_suite(tree, "tests/core/test_links.py", "-k", "guest or every_method or survives")
    assert suite.returncode == 0, suite.stdout[-3000:]


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
    done = run_suite(tree, "tests/test_docs.py", "tests/core/test_settings.py",
                     "-k", "setting and not bench")  # fmt: skip
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
