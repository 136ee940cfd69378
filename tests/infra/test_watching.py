"""What watches a stage: alarms with a reason and a way out each, and a dashboard."""

import json
import re
from typing import Any

import pytest

from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.metrics import METRICS
from infra import dashboard
from infra.package import ROOT
from runbook import UNTYPESET, chapter, rows, untypeset

TEMPLATE: dict[str, Any] = json.loads((ROOT / "infra" / "resources.json").read_text("utf-8"))
ALARMS: dict[str, dict[str, Any]] = {
    name: resource["Properties"]
    for name, resource in TEMPLATE["Resources"].items()
    if resource.get("Type", "").endswith("::Alarm")
}


CHAPTER = chapter("operators.md", "Alarms")
ROWS = rows(CHAPTER)
FRENCH_ROWS = rows(chapter("operators.fr.md", "Alarmes"))


def row_of(alarm: str) -> str:
    """The row of the runbook: one of its own, or that of all functions."""
    name = alarm.removesuffix("Alarm")
    return name if name in ROWS else next(k for k in ("Errors", "Throttles") if name.endswith(k))


def test_every_alarm_has_its_row_in_the_runbook_and_every_row_its_alarm() -> None:
    assert {row_of(name) for name in ALARMS} == set(ROWS)
    assert len(re.findall(r"^\| `", CHAPTER, re.M)) == len(ROWS), "each row is read here"


@pytest.mark.parametrize("name", ALARMS)
def test_the_runbook_says_where_an_alarm_rings_why_there_and_what_to_do(name: str) -> None:
    alarm = ALARMS[name]
    sign = {"GreaterThanThreshold": ">", "LessThanThreshold": "<"}[alarm["ComparisonOperator"]]
    minutes = alarm["Period"] * alarm["EvaluationPeriods"] // 60
    when, remedy = ROWS[row_of(name)]
    rings, _, why = when.partition(": ")
    assert rings == f"{sign} {alarm['Threshold']} in {minutes} min"
    assert len(why) > 15
    assert remedy


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_speaks_the_operator_s_language_and_names_its_row(name: str) -> None:
    condition, french, english = ALARMS[name]["AlarmDescription"]["Fn::If"]
    assert condition == "SpeaksFrench"
    see = f"docs/operators.fr.md#alarmes, {row_of(name)}"
    assert french.endswith(f". Voir {see}")
    assert english.endswith(f". See docs/operators.md#alarms, {row_of(name)}")
    assert french.partition(" Voir")[0] != english.partition(" See")[0]
    assert not UNTYPESET.search(french.removesuffix(see)), "typeset for Canada"


def test_whoever_reads_french_is_told_in_french_to_do_the_same() -> None:
    assert list(FRENCH_ROWS) == list(ROWS)
    for name, (when, remedy) in FRENCH_ROWS.items():
        commands = [set(re.findall(r"`relais [^`]+`", text)) for text in (remedy, ROWS[name][1])]
        assert commands[0] >= commands[1], name
        if ROWS[name][0].startswith("> 0 "):
            assert not when.startswith("plus d"), "the first one rings"
        assert untypeset(when + remedy) == [], name


SPELT_OUT = {
    300: "cinq minutes",
    900: "un quart d’heure",
    1800: "une demi-heure",
    3600: "une heure",
    172800: "deux jours",
}
"""Seconds, as a sentence in French has them."""

SECONDS_OF = {"seconds": 1, "milliseconds": 1 / 1000}
"""A unit of a threshold, as the English row begins its reason, in seconds."""


def figure_in_french(name: str) -> str:
    """Return the threshold of an alarm as its French row says it."""
    alarm, why = ALARMS[name], ROWS[row_of(name)][0].partition(": ")[2]
    limit, unit = alarm["Threshold"], why.partition(":")[0]
    if alarm["ComparisonOperator"] == "LessThanThreshold":
        return SPELT_OUT[alarm["Period"] * alarm["EvaluationPeriods"]]
    if unit in SECONDS_OF:
        return SPELT_OUT[limit * SECONDS_OF[unit]]
    if limit < 1 or unit.startswith("per cent"):
        percent = f"{limit * 100 if limit < 1 else limit:g}".replace(".", ",")
        return f"{percent}\N{NO-BREAK SPACE}%"
    return f"plus de {limit} en"


@pytest.mark.parametrize("name", [name for name, alarm in ALARMS.items() if alarm["Threshold"]])
def test_the_french_row_of_an_alarm_has_the_figure_of_the_template(name: str) -> None:
    said = FRENCH_ROWS[row_of(name)][0]
    assert re.search(rf"(?<![\d,]){figure_in_french(name)}", said)


def test_the_language_is_chosen_by_the_stage() -> None:
    assert TEMPLATE["Parameters"]["AlarmLanguage"]["AllowedValues"] == list(LANGS)
    assert TEMPLATE["Conditions"]["SpeaksFrench"] == {
        "Fn::Equals": [{"Ref": "AlarmLanguage"}, "fr"]
    }


def test_the_dashboard_in_the_template_is_the_one_that_is_written() -> None:
    assert TEMPLATE["Resources"][dashboard.NAME] == dashboard.resource(list(ALARMS))


@pytest.mark.parametrize("lang", LANGS)
def test_the_dashboard_shows_every_metric_and_every_alarm(lang: Lang) -> None:
    text = dashboard.body(lang, list(ALARMS))
    widgets = json.loads(text)["widgets"]
    for metric in METRICS:
        assert f"${{Stage}}-{metric}" in text
    for name in ALARMS:
        assert f"${{{name}.Arn}}" in text
    titles = [one["properties"].get("title", "") for one in widgets]
    assert len(titles) == len(set(titles))
    assert all(one["width"] <= dashboard.DASHBOARD_COLUMNS for one in widgets)
    known = {"${Stage}", "${AWS::Region}", *(f"${{{name}.Arn}}" for name in ALARMS)}
    assert set(re.findall(r"\$\{[^}]*\}", text)) == known


def test_each_metric_that_an_alarm_watches_is_one_that_something_keeps() -> None:
    watched = {
        alarm["MetricName"]["Fn::Sub"].removeprefix("${Stage}-")
        for alarm in ALARMS.values()
        if alarm["Namespace"] == "Relais"
    }
    filters = {
        one["Properties"]["MetricTransformations"][0]["MetricName"]["Fn::Sub"]
        for one in TEMPLATE["Resources"].values()
        if one.get("Type", "").endswith("::MetricFilter")
    }
    kept = {name.removeprefix("${Stage}-") for name in filters} | {*METRICS}
    sources = "".join(p.read_text("utf-8") for p in (ROOT / "chalicelib").rglob("*.py"))
    assert {name for name in watched - kept if f'"{name}"' not in sources} == set()
