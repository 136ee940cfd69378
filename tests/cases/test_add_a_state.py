"""CONTRIBUTING's "Add a state", followed in a copy of the tree: data alone, and a case walks it."""

from pathlib import Path
from typing import Any

from tree_copy import copy_tree, edit_json, run_in, run_suite

WALK = """
from chalicelib.cases.states import staff_letter
from clock_steps import Programme
from infra.content.check import faults

assert faults() == [], faults()
programme = Programme("2026-03-02T15:00:00+00:00")
case = programme.declare("ada@example.org")
aside = programme.act(case, "set_aside")
assert aside.state == "EOI_SET_ASIDE", aside.state
assert programme.service.lookup.known_state(aside) == "EOI_PENDING"
assert staff_letter(aside.state) == "staff_eoi_received"
programme.pass_(days=6)
assert programme.sent("staff_waiting"), "its clock runs"
back = programme.act(case, "take_up")
assert back.state == "EOI_PENDING", back.state
assert programme.sent("staff_decision_recorded", "rita-roy")
print("walked")
"""


def add_states(content: dict[str, Any]) -> None:
    content["states"]["EOI_SET_ASIDE"] = {
        "en": "Set aside", "fr": "Mise de côté", "kind": "active", "clock": "A", "form": "eoi",
        "staff_letter": "staff_eoi_received", "shown_as": "EOI_PENDING",
    }  # fmt: skip
    for event, source, to in (
        ("set_aside", "EOI_PENDING", "EOI_SET_ASIDE"),
        ("take_up", "EOI_SET_ASIDE", "EOI_PENDING"),
    ):
        content["transitions"].append(
            {
                "n": None, "event": event, "from": [source], "to": to, "actor": "staff",
                "choice": True, "guards": ["not_recused", "short"],
                "letters": ["staff_decision_recorded"], "clocks": ["restart A"],
            }
        )  # fmt: skip
    for row in content["transitions"]:
        if row["event"] in ("withdraw", "bounce", "assign", "recuse") or (
            row["event"] == "end_undecided" and "EOI_PENDING" in row["from"]
        ):
            row["from"].append("EOI_SET_ASIDE")


def add_words(content: dict[str, Any]) -> None:
    for event, en, fr in (
        ("set_aside", "Set aside", "Mettre de côté"),
        ("take_up", "Take up again", "Reprendre"),
    ):
        content["decisions"][event] = {"en": en, "fr": fr}
        content["events"][event] = {"en": en, "fr": fr}
    content["next_steps"]["EOI_SET_ASIDE"] = content["next_steps"]["EOI_PENDING"]


def test_a_state_is_added_in_data_alone(tmp_path: Path) -> None:
    tree = copy_tree(tmp_path)
    edit_json(tree / "chalicelib/content/states.json", add_states)
    edit_json(tree / "chalicelib/content/review.json", add_words)
    walked = run_in(tree, "-c", WALK)
    assert walked.stdout.endswith("\nwalked\n"), walked.stderr
    assert run_in(tree, "-m", "infra.state_diagram").returncode == 0
    suite = run_suite(tree, "tests/cases/test_states.py", "tests/cases/test_state_names.py")
    assert suite.returncode == 0, suite.stdout[-3000:]
