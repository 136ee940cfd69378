"""An issue on the deployed stack: commands, letters, pages."""

import json
import re
import shutil
from pathlib import Path

import pytest

from deployed import Stack
from infra.operator.errors import OperatorError
from infra.operator.newsletter.sample import FOLDER
from infra.operator.stage import Operator
from operator_cli import relais


@pytest.fixture
def operator(stack: Stack) -> Operator:
    return Operator("local", stack.emulator.url, stack.ses.url)


def run(operator: Operator, *words: str) -> str:
    return relais(operator, "issue", *words, "--by", "rita-roy")


def test_the_sample_is_in_the_archive_and_the_feeds(stack: Stack) -> None:
    page = stack.page(f"{stack.api}/newsletter/archive?lang=fr")
    assert "Le printemps de l’impact collectif" in page.text
    page = stack.page(f"{stack.api}/newsletter/archive/2026-03?lang=en")
    assert page.status == 200
    assert "A spring of collective impact" in page.text
    feed = stack.page(f"{stack.api}/newsletter/feed.fr.xml")
    assert feed.text.startswith("<?xml")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    told = json.loads(stack.page(f"{stack.api}/newsletter/feed.en.json").text)
    assert [item["title"] for item in told["items"]] == ["A spring of collective impact"]


def test_an_issue_is_checked_tested_and_approved(
    stack: Stack, operator: Operator, tmp_path: Path
) -> None:
    folder = tmp_path / "2026-05"
    shutil.copytree(FOLDER, folder)
    for path in folder.iterdir():
        text = path.read_text("utf-8").replace("slug: 2026-03", "slug: 2026-05")
        path.write_text(text, "utf-8")
    with pytest.raises(OperatorError, match="brouillon, version 1"):
        run(operator, "check", str(folder), "--offline")
    table = stack.client("dynamodb")
    table.put_item(TableName="relais-local-subscribers", Item=_reader())
    try:
        told = run(operator, "check", str(folder), "--offline")
    finally:
        key = {name: _reader()[name] for name in ("pk", "sk")}
        table.delete_item(TableName="relais-local-subscribers", Key=key)
    assert "Vérifié" in told
    run(operator, "test", "2026-05", "--to", "seed@example.org")
    mail = stack.wait_for_mail("seed@example.org", "[Essai]")
    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stack.wait_for_mail("seed@example.org", "[Test] A spring")
    assert "Sam Lee" in run(operator, "ask", "2026-05")
    letter = stack.wait_for_mail("sam.lee@example.org", "[2026-05]")["text"]
    link = re.search(r"http\S+/newsletter/review/[\w-]+", letter)
    code = re.search(r"to approve: ([2-9A-Z]{4})", letter)
    assert link
    assert code
    page = stack.page(link[0])
    assert "I, Sam Lee, decide" in page.text
    assert "sandbox" in stack.page(f"{link[0]}/fr").headers["content-security-policy"]
    nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
    assert nonce
    pairs = [("decision", "approve"), ("code", code[1]), ("nonce", nonce[1]), ("confirm", "on")]
    assert "Issue approved" in stack.submit(link[0], [("lang", "en"), *pairs]).text
    assert "Approuvé" in run(operator, "status", "2026-05")
    assert "2026-03" in run(operator, "status")
    assert "Annulé" in run(operator, "cancel", "2026-05")


def _reader() -> dict[str, dict[str, str]]:
    person = "f" * 32
    return {
        "pk": {"S": f"PERSON#{person}"},
        "sk": {"S": "PROFILE"},
        "kind": {"S": "subscriber"},
        "status": {"S": "ACTIVE"},
        "audience": {"S": "fr#00"},
        "lang": {"S": "fr"},
        "email": {"S": "reader@example.org"},
    }
