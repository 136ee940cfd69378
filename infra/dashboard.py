"""The dashboard of a stage, in the operator's language: `python -m infra.dashboard` writes it into
the template."""

import json
from typing import Final

from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.metrics import NAMESPACE, Metric
from infra.package import ROOT

TEMPLATE: Final = ROOT / "infra" / "resources.json"

NAME: Final = "Dashboard"
"""The resource of the template."""

DASHBOARD_COLUMNS: Final = 24
"""How wide CloudWatch makes a dashboard."""

WIDGET_ROWS: Final = 6

Words = dict[Lang, str]

GRAPHS: Final[tuple[tuple[Words, tuple[Metric, ...], str], ...]] = (
    (
        {"fr": "Formulaires et inscriptions", "en": "Forms and sign-ups"},
        ("submissions", "refusals", "sign-ups"),
        "Sum",
    ),
    (
        {"fr": "Lettres parties, et restées échues", "en": "Letters sent, and left due"},
        ("letters-sent", "letters-waiting"),
        "Sum",
    ),
    (
        {"fr": "Ce que SES dit des lettres", "en": "What SES reports of letters"},
        ("delivered", "bounced", "complained"),
        "Sum",
    ),
    ({"fr": "Décisions", "en": "Decisions"}, ("decisions",), "Sum"),
    (
        {"fr": "Attente d’une décision, en secondes", "en": "Wait for a decision, in seconds"},
        ("decision-seconds",),
        "Average",
    ),
    ({"fr": "Infolettre, courriels partis", "en": "Newsletter, mails sent"}, ("issue-mails",), "Sum"),
    ({"fr": "Canaris perdus", "en": "Canaries lost"}, ("canary-lost",), "Maximum"),
    ({"fr": "Démarrages à froid", "en": "Cold starts"}, ("cold-starts",), "Sum"),
)  # fmt: skip
"""Titles, metrics, and how they are summed up."""

OLDEST: Final[Words] = {
    "fr": "Ce qui est échu depuis le plus longtemps, en secondes",
    "en": "What is due for the longest, in seconds",
}
ALARMS: Final[Words] = {"fr": "Alarmes", "en": "Alarms"}
REFUSALS: Final[Words] = {"fr": "Refus par motif", "en": "Refusals by reason"}
FUNCTIONS: Final[Words] = {
    "fr": "Durée des réponses de l’API, en millisecondes",
    "en": "How long the API takes, in milliseconds",
}

QUERY: Final = (
    'SOURCE \'/aws/lambda/relais-${Stage}-api\' | filter event = "request" and method = "POST" '
    "and status >= 400 and status < 500 | stats count() as posts by code, route | sort posts desc"
)
"""Costs by the logs it reads, when somebody looks; a metric by code would cost all month."""

RUNBOOK: Final[Words] = {
    "fr": "relais-${Stage}. Que faire quand une alarme sonne : docs/operators.fr.md#alarmes",
    "en": "relais-${Stage}. What to do when an alarm rings: docs/operators.md#alarms",
}


def body(lang: Lang, alarms: list[str]) -> str:
    """Return the dashboard in a language, as Fn::Sub takes it: with the alarms of these names."""
    widgets = [
        _widget("text", {"markdown": RUNBOOK[lang]}, DASHBOARD_COLUMNS, 1),
        _widget("alarm", _alarms(lang, alarms), DASHBOARD_COLUMNS, 4),
        *(_graph(words[lang], [_named(n) for n in names], how) for words, names, how in GRAPHS),
        _graph(OLDEST[lang], [_named("oldest-due-seconds")], "Maximum"),
        _graph(FUNCTIONS[lang], [_duration()], "p95"),
        _widget(
            "log",
            {"title": REFUSALS[lang], "query": QUERY, **_VIEW},
            DASHBOARD_COLUMNS,
            WIDGET_ROWS,
        ),
    ]
    return json.dumps({"widgets": widgets}, ensure_ascii=False)


def resource(alarms: list[str]) -> dict[str, object]:
    """Return the resource of the template."""
    french, english = ({"Fn::Sub": body(lang, alarms)} for lang in LANGS)
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {
            "DashboardName": {"Fn::Sub": "relais-${Stage}"},
            "DashboardBody": {"Fn::If": ["SpeaksFrench", french, english]},
        },
    }


_VIEW: Final = {"region": "${AWS::Region}", "view": "table"}


def _alarms(lang: Lang, alarms: list[str]) -> dict[str, object]:
    return {"title": ALARMS[lang], "alarms": [f"${{{name}.Arn}}" for name in alarms]}


def _named(metric: str) -> list[str]:
    return [NAMESPACE, f"${{Stage}}-{metric}"]


def _duration() -> list[str]:
    return ["AWS/Lambda", "Duration", "FunctionName", "relais-${Stage}-api"]


def _graph(title: str, metrics: list[list[str]], how: str) -> dict[str, object]:
    about = {"title": title, "metrics": metrics, "stat": how, "period": 300}
    return _widget(
        "metric", {**about, "region": "${AWS::Region}"}, DASHBOARD_COLUMNS // 3, WIDGET_ROWS
    )


def _widget(kind: str, properties: dict[str, object], width: int, height: int) -> dict[str, object]:
    return {"type": kind, "width": width, "height": height, "properties": properties}


def main() -> None:
    template = json.loads(TEMPLATE.read_text("utf-8"))
    resources = template["Resources"]
    alarms = [name for name, one in resources.items() if one.get("Type", "").endswith("::Alarm")]
    resources[NAME] = resource(alarms)
    TEMPLATE.write_text(json.dumps(template, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
