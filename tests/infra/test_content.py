"""The content that staff may change: whole, in both languages, and refused where it is not."""

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.content import HERE, load
from chalicelib.forms import field_types, parsing
from infra.content.check import faults

ROOT = HERE.parent.parent


def every_field(form: str) -> Iterator[tuple[str, Any]]:
    for section in load(form)["sections"]:
        for f in section["fields"]:
            yield f["key"], f
            for row in f.get("fields", []):
                yield f"{f['key']}.{row['key']}", row


def test_the_content_is_sound() -> None:
    assert faults() == []


def test_the_check_is_a_command() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "infra.content"], cwd=ROOT, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (0, "")


Change = Callable[[Any], object]


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("messages", lambda c: c["too_long"].update(fr="Trop long : {longueur}"), "too_long"),
        ("messages", lambda c: c["email"].pop("fr"), "one language only"),
        ("messages", lambda c: c["email"].update(en=" "), "a language is empty"),
        ("eoi", lambda c: c["sections"].append(c["sections"][0]), "stands twice"),
        ("eoi", lambda c: c["sections"][0]["fields"][0].update(type="nom"), "type"),
        ("eoi", lambda c: c["sections"][0]["fields"][0].pop("max"), "says no max"),
        ("eoi", lambda c: c["sections"][1]["fields"][2].update(list="colours"), "no such list"),
        ("eoi", lambda c: c["sections"][1]["fields"][4]["when"].update(field="x"), "condition"),
        ("eoi", lambda c: c["sections"][2]["fields"][1].update(min=16), "min over max"),
        ("assessment", lambda c: c["bands"].pop(), "results: not one for each band"),
        ("assessment", lambda c: c["hints"].pop("q1_fit"), "hints"),
        ("assessment", lambda c: c["bands"][0]["when"].update(q9={"max": 0}), "no question"),
        ("programme", lambda c: c["intake"].update(eoi="closed"), "intake.eoi"),
        ("lists", lambda c: c["sector"][0].update(colour="red"), "colour"),
    ],
)
def test_a_slip_is_found_and_placed(tmp_path: Path, name: str, change: Change, said: str) -> None:
    folder = tmp_path / "content"
    shutil.copytree(HERE, folder)
    content = json.loads((folder / f"{name}.json").read_text("utf-8"))
    change(content)
    (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")
    found = faults(folder)
    assert any(fault.startswith(f"{name}.json") and said in fault for fault in found), found


def test_a_file_that_is_gone_or_no_json_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "content"
    shutil.copytree(HERE, folder)
    (folder / "lists.json").unlink()
    (folder / "eoi.json").write_text("{", "utf-8")
    found = faults(folder)
    assert "lists.json: missing" in found
    assert any(fault.startswith("eoi.json: Expecting") for fault in found)


@pytest.mark.parametrize(
    ("form", "count", "required"), [("assessment", 8, 5), ("eoi", 50, 32), ("application", 108, 78)]
)
def test_every_field_of_the_forms_is_there(form: str, count: int, required: int) -> None:
    found = dict(every_field(form))
    assert len(found) == count
    assert sum(f["required"] and "when" not in f for f in found.values()) == required


@pytest.mark.parametrize(
    ("form", "key", "least", "most"),
    [
        ("eoi", "partners", 1, 15),
        ("eoi", "team_size_planned", 2, 5),
        ("eoi", "issue_areas", 1, 3),
        ("eoi", "provinces_served", 1, 13),
        ("eoi", "issue_summary", None, 1500),
        ("eoi", "population", None, 600),
        ("application", "problem", None, 3000),
        ("application", "partners", 2, 25),
        ("application", "team", 2, 5),
        ("application", "team.hours_month", 1, 80),
        ("application", "objectives", 1, 5),
        ("application", "milestones", 2, 8),
        ("application", "coach_hours", 1, 500),
        ("application", "budget", 1, 15),
        ("application", "budget.quantity", 0.25, 5000),
        ("application", "budget.amount", 1, None),
        ("application", "income", 0, 10),
        ("application", "fid_other_number", None, 40),
    ],
)
def test_limits(form: str, key: str, least: float | None, most: float | None) -> None:
    f = dict(every_field(form))[key]
    assert (f.get("min"), f.get("max")) == (least, most)


def test_lists_are_complete() -> None:
    counts = {name: len(options) for name, options in load("lists").items()}
    assert (counts["donee_status"], counts["org_type"], counts["sector"]) == (6, 9, 9)
    assert (counts["issue_areas"], counts["scope"], counts["stage"]) == (18, 6, 5)
    assert (counts["budget_category"], counts["heard_from"], counts["decline_reason"]) == (11, 7, 8)
    assert (len(load("provinces")), len(load("streams"))) == (13, 12)


def test_only_collective_impact_has_intake() -> None:
    stream = dict(every_field("eoi"))["stream"]
    assert [option["id"] for option in field_types.options(stream)] == ["collective_impact"]
    assert (stream["default"], stream["hidden"]) == ("collective_impact", True)


def test_what_the_programme_has_not_published_is_not_enforced() -> None:
    programme = load("programme")
    for name in ("max_request_cad", "min_contribution_percent", "admin_fee_max_percent"):
        assert programme[name] is None


def codes_in(source: str) -> Iterator[str]:
    """What `wrong(code)` and `Problem(field, code)` are given in so many words."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = {"wrong": 0, "Problem": 1}.get(node.func.id)
            if place is not None and len(node.args) > place:
                code = node.args[place]
                if isinstance(code, ast.Constant):
                    yield str(code.value)


def test_every_code_that_is_raised_has_a_message_and_every_message_a_use() -> None:
    source = [path.read_text("utf-8") for path in (ROOT / "chalicelib" / "forms").glob("*.py")]
    raised = {code for text in source for code in codes_in(text)}
    assert {"budget_gap", "one_line", "few_partners", "too_much"} <= raised
    assert raised <= set(load("messages"))
    coach = ROOT / "chalicelib" / "coaches" / "coach.py"
    everything = "".join([*source, coach.read_text("utf-8")])
    assert [code for code in load("messages") if f'"{code}"' not in everything] == []


def test_a_message_says_how_to_put_it_right() -> None:
    """Errors start with what to do; warnings state a fact."""
    facts = {"few_partners", "postal_mismatch", "bn_check", "under_way", "not_a_donee",
             "one_organization", "other_coach", "not_fiduciary_lead", "fees_under_half",
             "conflict"}  # fmt: skip
    for code, text in load("messages").items():
        if code not in facts:
            assert not text["en"].startswith(("Invalid", "Error", "Wrong")), code
        assert text["en"].endswith("."), code
        assert text["fr"].endswith("."), code


@pytest.mark.parametrize("form", parsing.FORMS)
def test_every_field_that_people_fill_with_their_own_details_can_be_completed(form: str) -> None:
    found = dict(every_field(form))
    for key, purpose in [
        ("contact_first_name", "given-name"), ("contact_last_name", "family-name"),
        ("contact_email", "email"), ("contact_title", "organization-title"),
        ("applicant_first_name", "given-name"), ("applicant_email", "email"),
        ("fid_postal_code", "postal-code"), ("send_to_email", "email"),
    ]:  # fmt: skip
        if key in found:
            assert found[key]["autocomplete"] == purpose
