"""A second programme: its own declaration, states, signature, figures and contacts, by data alone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import samples
from tree_copy import copy_tree, run_in

NAME = "youth"


def text(en: str, fr: str) -> dict[str, str]:
    return {"en": en, "fr": fr}


def field(key: str, kind: str, en: str, fr: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": text(en, fr), "required": True, **more}


DECLARATION: dict[str, Any] = {
    "version": "youth-eoi-2026-1",
    "prefix": "JE",
    "title": text("A project of young people", "Un projet de jeunes"),
    "sections": [
        {
            "id": "you",
            "title": text("You", "Vous"),
            "fields": [
                field("contact_first_name", "name", "First name", "Prénom", max=80),
                field("contact_last_name", "name", "Last name", "Nom de famille", max=80),
                field("contact_email", "email", "E-mail", "Courriel", max=254),
                field("contact_language", "choice", "Language", "Langue", list="languages",
                      default="lang"),
                field("org_legal_name", "line", "Group", "Groupe", max=200),
            ],
        },
        {
            "id": "idea",
            "title": text("Your idea", "Votre idée"),
            "fields": [
                field("idea", "text", "What would you change?", "Que changeriez-vous?", max=500),
                field("team_size", "int", "How many are you?", "Combien êtes-vous?",
                      min="{team_min}", max="{team_max}"),
                field("consent_privacy", "consent", "I have read the notice.", "J’ai lu l’avis."),
            ],
        },
    ],
}  # fmt: skip

FILES: dict[str, Any] = {
    "eoi": DECLARATION,
    "states": {"states": {"EOI_PENDING": text("With our jury", "Devant notre jury")}},
    "programme": {
        "team_max": 9,
        "reply_target_business_days": 20,
        "signature": text("The youth jury", "Le jury jeunesse"),
    },
    "theme": {
        "logo": "https://jeunes.example.org/logo.svg",
        "light": {"link": "#5b2a86"},
        "dark": {"link": "#d3b5f0"},
    },
}
STAGE = {
    "Programme": NAME,
    "ContactEmail": "jeunes@example.org",
    "OrganizationName": "Innoweave jeunes",
}

SERVE = """
import json

from chalice.test import Client

import app
from chalicelib.aws.keys import Keys
from chalicelib.core.settings import read
from chalicelib.services import Services
from environment import ENVIRONMENT, RITA
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from infra.content.check import faults
from visitor import Visitor

assert not OWN or faults() == [], faults()
template = json.load(open("infra/resources.json"))
variables = template["Globals"]["Function"]["Environment"]["Variables"]
names = {value["Ref"]: name for name, value in variables.items() if "Ref" in value}
stage = json.load(open("infra/stages/STAGE.json"))
given = {names[key]: value or "" for key, value in stage.items() if key in names}
settings = read({**ENVIRONMENT, **{k: v for k, v in given.items() if k in OWN}})
keys = Keys(links=("a" * 64,), people=b"p" * 32)
store, mailer = MemoryStore(), MemoryMailer()
store.items["STAFF", "rita-roy"] = RITA
found = Services(settings, store, keys, mailer, SetClock(), MemorySuppression())
app.services, app.settings = lambda: found, lambda: found.settings
with Client(app.app) as client:
    visitor = Visitor(client)
    answer = visitor.send("/forms/eoi", ANSWERS)
    while {"sent", "spread"} & set(found.mail.outbox.sweep()):
        pass
    page = visitor.page("/forms/eoi?lang=fr&blank=1").body.decode()
    told = {
        "status": answer.status_code,
        "answer": answer.json_body,
        "letters": {mail.to: [mail.subject, mail.text] for mail in mailer.sent},
        "page": page,
        "policy": visitor.page("/forms/eoi?lang=fr").headers["Content-Security-Policy"],
        "html": [mail.html for mail in mailer.sent],
        "kit": visitor.page("/kit/relais.css").body.decode(),
    }
    mine = mailer.sent[0].text if mailer.sent else ""
    links = [word for word in mine.split() if "/file/" in word]
    if links:
        told["file"] = visitor.page("/file/" + links[0].split("/file/")[1]).body.decode()
    print(json.dumps(told))
"""

ANSWERS: dict[str, Any] = {
    "lang": "fr", "contact_first_name": "Ada", "contact_last_name": "Roy",
    "contact_email": "ada@example.org", "contact_language": "fr",
    "org_legal_name": "Les Éclaireuses", "idea": "Un jardin sur le toit de l’école.",
    "team_size": 8, "consent_privacy": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = copy_tree(tmp_path_factory.mktemp("second"))
    own = found / "chalicelib" / "content" / "programmes" / NAME
    own.mkdir(parents=True)
    for name, content in FILES.items():
        (own / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    (found / "infra" / "stages" / f"{NAME}.json").write_text(json.dumps(STAGE), "utf-8")
    return found


def lived(tree: Path, stage: str, answers: dict[str, Any], own: list[str]) -> dict[str, Any]:
    """What a stage says to somebody who sends its declaration."""
    script = SERVE.replace("STAGE", stage).replace("ANSWERS", repr(answers))
    programme = json.loads((tree / f"infra/stages/{stage}.json").read_text())["Programme"]
    ran = run_in(tree, "-c", script.replace("OWN", repr(own)), PROGRAMME=programme)
    assert ran.returncode == 0, ran.stderr[-3000:]
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def test_a_second_programme_is_added_by_data_alone(tree: Path) -> None:
    found = lived(tree, NAME, ANSWERS, ["PROGRAMME", "CONTACT_EMAIL", "ORGANIZATION_NAME"])
    assert found["status"] == 201, found
    assert found["answer"]["ref"].startswith("JE-")
    assert "Un projet de jeunes" in found["page"]
    assert "Que changeriez-vous?" in found["page"]
    _, letter = found["letters"]["ada@example.org"]
    assert "20 jours ouvrables" in letter
    assert "Le jury jeunesse" in letter
    assert "Des questions? Écrivez à jeunes@example.org." in letter
    assert "L’équipe d’Innoweave" not in letter
    assert "Devant notre jury" in found["file"]
    assert "Innoweave jeunes" in found["page"]
    logo = "https://jeunes.example.org/logo.svg"
    assert f'<img src="{logo}" alt="">' in found["page"]
    assert re.search(f"img-src [^;]*{logo}", found["policy"])
    for shown in (found["page"], found["kit"], *found["html"]):
        assert "#5b2a86" in shown
        assert "#d3b5f0" in shown
        assert "#0b5c4a" not in shown, "the green of the first programme"
    _, to_staff = found["letters"]["rita.roy@example.org"]
    assert "Un jardin sur le toit de l’école." in to_staff


def test_the_first_programme_stays_as_it_was(tree: Path) -> None:
    (tree / "infra/stages/first.json").write_text(json.dumps({"Programme": ""}), "utf-8")
    found = lived(tree, "first", samples.eoi(contact_email="ada@example.org", lang="fr"), [])
    assert found["answer"]["ref"].startswith("DI-")
    assert "L’équipe d’Innoweave" in found["letters"]["ada@example.org"][1]
    assert "Reçue – à l’étude" in found["file"]


def test_a_programme_that_is_no_folder_is_refused_by_name(tree: Path) -> None:
    ran = run_in(
        tree, "-c", "from chalicelib import content; content.programme()", PROGRAMME="yuoth"
    )
    assert "no programme yuoth" in ran.stderr


def test_a_slip_in_a_second_programme_is_found_in_its_own_file(tree: Path) -> None:
    path = tree / "chalicelib/content/programmes" / NAME / "states.json"
    before = path.read_text("utf-8")
    path.write_text(
        '{"states": {\n "EOI_PENDING": {"en": "With our jury", "clock": "Q"}\n}}', "utf-8"
    )
    ran = run_in(tree, "-m", "infra.content")
    path.write_text(before, "utf-8")
    assert ran.returncode == 1
    assert (
        "programmes/youth/states.json:2: states.EOI_PENDING.clock: no such clock: Q" in ran.stderr
    )
