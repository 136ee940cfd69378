"""What the README promises is what is there."""

import ast
import json
import re
from pathlib import Path

import app as application
from chalicelib.core.settings import Settings
from visitor import Visitor

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
NOT_ALLOWED = 405


def test_the_readme_is_read_in_five_minutes() -> None:
    assert len(README.splitlines()) < 150


def test_every_route_is_in_the_readme_and_every_route_of_the_readme_is_there(
    visitor: Visitor,
) -> None:
    cells = re.findall(r"^\| (`(?:GET|POST) /[^|]*) \|", README, re.MULTILINE)
    said = {found for cell in cells for found in re.findall(r"`(\w+) (/[^`]*)`", cell)}
    # A request to an unknown address leaves an empty entry in Chalice's table.
    named = application.app.routes.items()
    paths = [path for path, methods in named if methods and path != "/{proxy+}"]
    there = {
        (method, path)
        for path in paths
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if visitor.request(method, re.sub(r"\{\w+\}", "x", path)).status_code != NOT_ALLOWED
    }
    assert said == there


def test_every_setting_is_in_the_readme_and_in_the_stack() -> None:
    resources = json.loads((ROOT / "infra" / "resources.json").read_text("utf-8"))
    given = resources["Globals"]["Function"]["Environment"]["Variables"]
    names = {name.upper() for name in Settings.model_fields}
    assert set(given) == names
    settings = README.partition("## Settings")[2].partition("## Why")[0]
    assert set(re.findall(r"`([A-Z_]{5,})`", settings)) == names


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    text = README + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for path in (ROOT / "docs").glob("*.md"):
        text += path.read_text("utf-8")
    assert set(
        re.findall(r"make ([a-z]+)\b(?! \()", re.sub(r"and make\b|Make\b", "", text))
    ) <= targets | {"it"}
    assert {"run", "test", "lint", "package", "deploy", "help"} <= targets


def test_every_file_that_the_documents_name_is_there() -> None:
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        text = path.read_text("utf-8")
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            if not link.startswith(("http", "image:")):
                assert (path.parent / link).exists(), f"{path.name}: {link}"
        for name in re.findall(r"`([a-z_]+/[\w./*<>-]*\w/?)`", text):
            pattern = re.sub(r"<\w+>", "*", name.rstrip("/"))
            found = [*ROOT.glob(pattern), *(ROOT / "chalicelib").glob(pattern)]
            assert found, f"{path.name}: {name}"


def test_the_rooms_of_the_tree_are_the_folders() -> None:
    tree = README.partition("## What is where")[2].partition("## Routes")[0]
    block = tree.partition("```")[2].partition("```")[0]
    rooms = {path.name.removesuffix(".py") for path in (ROOT / "chalicelib").iterdir()}
    folders = [path for path in ROOT.iterdir() if path.is_dir() and path.suffix != ".egg-info"]
    tops = {path.name for path in folders if path.name[0] != "."}
    ours = {f"{name}/" for name in tops - {"vendor", "docs", "build", "dist", "__pycache__"}} | {
        "app.py"
    }
    inside = block.partition("chalicelib/")[2].partition("templates/")[0]
    named = {
        word
        for line in inside.splitlines()[1:]
        for word in re.split(r"[, ]+", line.strip().partition("  ")[0])
        if word
    }
    assert named == rooms - {"__init__", "__pycache__"}
    assert {word for word in re.findall(r"[\w.]+/?", block) if word in ours} == ours
    assert len(block.strip().splitlines()) <= 10


def test_the_templates_are_linked_into_the_package() -> None:
    link = ROOT / "vendor" / "templates"
    assert link.is_symlink()
    assert link.resolve() == ROOT / "templates"


def test_every_function_has_a_policy_of_its_own() -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text("utf-8"))["stages"]["stack"]
    policies = [config["iam_policy_file"]]
    policies += [f["iam_policy_file"] for f in config["lambda_functions"].values()]
    assert len(set(policies)) == len(list((ROOT / ".chalice").glob("policy-*.json")))
    for name in policies:
        for statement in json.loads((ROOT / ".chalice" / name).read_text("utf-8"))["Statement"]:
            assert "*" not in statement["Action"]
            if statement["Resource"] == "*":
                assert statement["Sid"] in ("ListStreams", "LiftSuppression", "ReadAllowance"), (
                    "AWS knows these actions on everything alone"
                )


MAX_LINES = {"file": 300, "function": 40}
"""As CONTRIBUTING.md says."""


def test_no_file_and_no_function_is_too_long_to_be_read_at_once() -> None:
    """What grows beyond it is parted where it naturally parts."""
    sources = [
        ROOT / "app.py",
        *(ROOT / "chalicelib").rglob("*.py"),
        *(ROOT / "infra").rglob("*.py"),
    ]
    too_long: list[str] = []
    for source in sources:
        text, name = source.read_text("utf-8"), str(source.relative_to(ROOT))
        if len(text.splitlines()) > MAX_LINES["file"]:
            too_long.append(name)
        too_long += [
            f"{name}: {node.name}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef)
            and node.end_lineno is not None
            and node.end_lineno - node.lineno >= MAX_LINES["function"]
        ]
    assert len(sources) > 300
    assert too_long == []


MOST_ANY = 154
"""Lines of the product that say Any: at the ports, and in JSON that is about to be checked."""


def test_few_lines_say_that_anything_may_come() -> None:
    sources = [ROOT / "app.py", *(ROOT / "chalicelib").rglob("*.py")]
    lines = [line for source in sources for line in source.read_text("utf-8").splitlines()]
    said = [line for line in lines if re.search(r"\bAny\b", line) and "import" not in line]
    assert 0 < len(said) <= MOST_ANY
