"""Every threat that docs/security.md names has a test that attacks it, and that test is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "security.md").read_text("utf-8")
STRIDE = ("Spoofing", "Tampering", "Repudiation", "Information disclosure", "Denial of service",
          "Elevation of privilege")  # fmt: skip
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def threats() -> list[str]:
    rows = [line for line in TEXT.splitlines() if line.startswith("| ")]
    return [row for row in rows if not row.startswith("| threat |")]


def test_each_kind_of_threat_has_its_part() -> None:
    headings = re.findall(r"^## ([^:\n]+)", TEXT, re.MULTILINE)
    assert [one for one in headings if one in STRIDE] == list(STRIDE)
    assert {"Report a fault", "What is not covered"} <= set(headings)


def test_each_threat_names_a_test_that_exists() -> None:
    assert len(threats()) > 20
    for row in threats():
        named = NAMED.findall(row)
        assert named, row
        for path, name in named:
            tree = ast.parse((ROOT / path).read_text("utf-8"))
            there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
            assert name in there, f"{path} has no {name}"


def test_the_readme_leads_there() -> None:
    assert "(docs/security.md)" in (ROOT / "README.md").read_text("utf-8")
