"""The content that staff may change: whole, in both languages, and refused where it is not."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import samples
from chalicelib import content
from chalicelib.content import HERE
from chalicelib.content.shapes.by_file import SHAPES
from chalicelib.forms import choices, parsing
from chalicelib.forms.problems import InvalidForm
from infra.content import codes
from infra.content.check import faults, of_programmes

ROOT = HERE.parent.parent
TODAY = date(2026, 11, 23)


def every_field(form: str) -> Iterator[tuple[str, Any]]:
    for section in content.form(form)["sections"]:
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


def row(content: Any, event: str) -> Any:
    return next(row for row in content["transitions"] if row["event"] == event)


SLIPS: list[tuple[str, Change, str]] = [
    # One language
    ("messages", lambda c: c["too_long"].update(fr="Trop long : {longueur}"), "too_long"),
    ("messages", lambda c: c["email"].pop("fr"), "one language only"),
    ("messages", lambda c: c["email"].update(en=" "), "a language is empty"),
    ("desk", lambda c: c["tabs"][0]["name"].pop("fr"), "tabs"),
    ("letters", lambda c: c["conditions"][0]["words"].pop("en"), "conditions"),
    ("criteria", lambda c: c["eoi"][0].update(kind="stars"), "kind"),
    # Forms
    ("eoi", lambda c: c["sections"].append(c["sections"][0]), "stands twice"),
    ("eoi", lambda c: c["sections"][0]["fields"][0].update(type="nom"), "type"),
    ("eoi", lambda c: c["sections"][0]["fields"][0].pop("max"), "says no max"),
    ("eoi", lambda c: c["sections"][1]["fields"][2].update(list="colours"), "no such list"),
    ("eoi", lambda c: c["sections"][1]["fields"][4]["when"].update(field="x"), "condition"),
    ("eoi", lambda c: c["sections"][2]["fields"][1].update(min=16), "min over max"),
    ("eoi", lambda c: c.update(form="eoy"), "is called eoy"),
    ("eoi", lambda c: c.update(prefix="AE"), "another form has AE too"),
    ("eoi", lambda c: c.pop("prefix"), "prefix"),
    ("eoi", lambda c: c.update(received_as="declared"), "nothing receives it"),
    ("newsletter", lambda c: c["sections"][0]["fields"][0].update(type="mail"), "type"),
    ("message", lambda c: c["sections"][0]["fields"][0].pop("max"), "says no max"),
    ("profile", lambda c: c["sections"][0]["fields"][0].update(lable="x"), "lable"),
    ("assessment", lambda c: c["bands"].pop(), "results: not one for each band"),
    ("assessment", lambda c: c["hints"].pop("q1_fit"), "hints"),
    ("assessment", lambda c: c["bands"][0]["when"].update(q9={"max": 0}), "no question"),
    # The programme and its lists
    ("programme", lambda c: c["intake"].update(eoi="closed"), "intake.eoi"),
    ("programme", lambda c: c["intake"].update(eoy="open"), "no such form: eoy"),
    ("programme", lambda c: c["retention"].pop("eoi"), "without eoi"),
    ("programme", lambda c: c.update(reply_target_business_days=0), "reply_target"),
    ("lists", lambda c: c["sector"][0].update(colour="red"), "colour"),
    ("lists", lambda c: c.pop("decline_reason"), "without decline_reason"),
    # States and clocks
    ("states", lambda c: row(c, "submit")["letters"].append("eoi_recieved"), "no such letter"),
    ("states", lambda c: row(c, "approve")["held_letters"].append("x"), "no such letter: x"),
    ("states", lambda c: row(c, "approve")["guards"].append("quorum"), "no such guard: quorum"),
    ("states", lambda c: row(c, "submit").update(to="EOI_WAITING"), "no such state"),
    ("states", lambda c: row(c, "reopen")["back_to"].append("EOI"), "no such state: EOI"),
    ("states", lambda c: row(c, "submit")["clocks"].append("start Q"), "no such clock: Q"),
    ("states", lambda c: c["states"]["EOI_PENDING"].update(clock="Q"), "no such clock: Q"),
    ("clocks", lambda c: c["clocks"]["B"]["steps"][0].update(letter="x"), "no such letter: x"),
    ("clocks", lambda c: c["clocks"]["B"]["steps"][3].update(event="laps"), "no such event: laps"),
    ("rights", lambda c: c["stays"].pop("hash"), "without hash"),
    ("retention", lambda c: c["case_months"].pop("others"), "without others"),
    ("issues", lambda c: c["transitions"][0].update(to="DONE"), "no such state: DONE"),
    # Words that the code reads
    ("messages", lambda c: c.pop("same_email"), "same_email"),
    ("problems", lambda c: c.pop("invalid"), "without invalid"),
    ("problems", lambda c: c["invalid"].update(status=200), "status"),
    ("review", lambda c: c["decisions"].pop("approve"), "decisions: without approve"),
    ("review", lambda c: c["events"].pop("submit"), "events: without submit"),
    ("review", lambda c: c["next_steps"].pop("LINKED"), "next_steps: without LINKED"),
    ("review", lambda c: c["errors"].pop("confirm"), "without confirm"),
    ("review", lambda c: c["received"].pop("eoi"), "received: without eoi"),
    ("newsroom", lambda c: c["standing"]["stale"].pop("detail"), "standing.stale"),
    ("newsroom", lambda c: c["counts"].pop("sent"), "without sent"),
    ("newsletter", lambda c: c["said"].pop("left"), "without left"),
    ("preflight", lambda c: c["findings"].pop("no_head"), "findings.no_head"),
    ("coaches", lambda c: c["import"].pop("empty"), "empty"),
    ("coaches", lambda c: c["refused"].pop("cursor"), "refused"),
    ("commands", lambda c: c.pop("blocked"), "blocked"),
    ("network", lambda c: c["own"].pop("tick"), "own.tick"),
    ("holds", lambda c: c["reasons"].pop("quota"), "quota"),
    ("home", lambda c: c["coaches"].pop("fr"), "fr"),
    ("interface", lambda c: c.pop("intro"), "intro"),
    ("kit", lambda c: c["script"].pop("sending"), "without sending"),
    ("languages", lambda c: c[0].pop("own"), "own"),
    ("synonyms", lambda c: c["groups"].append(["alone"]), "groups"),
    ("places", lambda c: c["regions"][0].update(provinces=["XX"]), "no such province: XX"),
    ("places", lambda c: c["cities"].update(XX=["Paris"]), "no such province: XX"),
    ("terms", lambda c: c[0].update(means={"mood": ["good"]}), "no such filter: mood"),
    ("application", lambda c: c.pop("steps"), "documents go with an application in steps alone"),
    (
        "application",
        lambda c: c["attachments"][1].update(key="file_other"),
        "document file_other stands twice",
    ),
    ("application", lambda c: c["attachments"][0].update(max=9), "attachments.0.max"),
    ("terms", lambda c: c[0].update(near={"language": ["xx"]}), "no such value: xx"),
    ("theme", lambda c: c["light"].update(ink="black"), "light.ink"),
]


FILES = {path.stem: json.loads(path.read_text("utf-8")) for path in HERE.glob("*.json")}
FORMS = {name for name, found in FILES.items() if "sections" in found}

# A form that was added needs no slip of its own here.
SLIPS += [
    (form, lambda c: c["sections"][0]["fields"][0].update(type="nom"), "type")
    for form in FORMS - {name for name, *_ in SLIPS}
]


@pytest.mark.parametrize(("name", "change", "found"), SLIPS)
def test_a_slip_is_found_and_placed(tmp_path: Path, name: str, change: Change, found: str) -> None:
    folder = tmp_path / "content"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__", "shapes"))
    content = json.loads((folder / f"{name}.json").read_text("utf-8"))
    change(content)
    (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")
    told = of_programmes(folder)
    assert any(f"{name}.json:" in fault and found in fault for fault in told), told


def test_every_file_has_a_shape_and_a_slip_in_each_is_found() -> None:
    """A file without a shape of its own is a form."""
    assert FILES.keys() == SHAPES.keys() | FORMS
    assert FILES.keys() - {"holidays", "streams", "provinces"} == {slip[0] for slip in SLIPS}


def test_a_file_that_is_gone_or_no_json_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "content"
    shutil.copytree(HERE, folder)
    (folder / "lists.json").unlink()
    (folder / "eoi.json").write_text("{", "utf-8")
    found = of_programmes(folder)
    assert any("lists.json:1: missing." in fault for fault in found)
    assert any("eoi.json:1: Expecting" in fault for fault in found)


@pytest.mark.parametrize(("form", "key"), [("eoi", "team_size_planned"), ("application", "team")])
def test_a_team_is_of_two_to_five_in_both_forms(form: str, key: str) -> None:
    f = dict(every_field(form))[key]
    assert (f["min"], f["max"]) == (2, 5)


@pytest.mark.parametrize("form", parsing.FORMS)
def test_one_more_than_a_field_allows_is_refused(form: str) -> None:
    sample = getattr(samples, form)()
    for key, f in every_field(form):
        if key not in sample or "max" not in f:
            continue
        more = {**sample, key: one_over(f, sample[key])}
        with pytest.raises(InvalidForm) as refused:
            parsing.parse(form, more, "fr", TODAY)
        codes_told = {problem.field: problem.code for problem in refused.value.problems}
        assert codes_told[key] in {"too_long", "too_many", "range", "at_most"}, key


def one_over(f: Any, value: Any) -> Any:
    if isinstance(value, list):
        return value * (int(f["max"]) + 1)
    if isinstance(value, str) and f["type"] not in ("money", "decimal", "int"):
        return value + "1" * (int(f["max"]) + 1)
    return f["max"] + 1


def test_the_provinces_and_territories_are_all_there() -> None:
    assert len(content.provinces()) == 13


def test_only_collective_impact_has_intake() -> None:
    stream = dict(every_field("eoi"))["stream"]
    assert [option["id"] for option in choices.options(stream)] == ["collective_impact"]
    assert (stream["default"], stream["hidden"]) == ("collective_impact", True)


def test_what_the_programme_has_not_published_is_not_enforced() -> None:
    programme = content.programme()
    for name in ("max_request_cad", "min_contribution_percent", "admin_fee_max_percent"):
        assert programme[name] is None


def test_the_check_reads_codes_where_the_service_names_them() -> None:
    found = codes.named()
    assert {function for function, _ in found} == codes.CALLS.keys()
    assert {("wrong", "one_line"), ("Problem", "budget_gap"), ("Problem", "few_partners")} <= found


def test_every_message_is_used() -> None:
    rooms = [ROOT / "chalicelib" / room for room in ("forms", "coaches")]
    source = "".join(path.read_text("utf-8") for room in rooms for path in room.rglob("*.py"))
    assert [code for code in content.messages() if f'"{code}"' not in source] == []


def test_a_message_says_how_to_put_it_right() -> None:
    """Errors start with what to do; warnings state a fact."""
    facts = {"few_partners", "postal_mismatch", "bn_check", "under_way", "not_a_donee",
             "one_organization", "other_coach", "not_fiduciary_lead", "fees_under_half",
             "conflict"}  # fmt: skip
    for code, text in content.messages().items():
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
