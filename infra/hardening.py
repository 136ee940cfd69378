"""What checkov asks of a template, and why we do otherwise: `make checkov`, infra/exceptions.json.

Each reason goes into the packaged template beside its resource, where checkov reads it too.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

EXCEPTIONS: Final = Path(__file__).with_name("exceptions.json")
"""A kind of resource → a check → why it does not hold for us."""

MADE_BY_SAM: Final = {
    "AWS::Serverless::Function": "AWS::Lambda::Function",
    "AWS::Serverless::Api": "AWS::ApiGateway::Stage",
}
"""What SAM makes of its own kinds: the checks are of that."""


def explain(template: Path) -> None:
    """Write the exceptions of a template beside its resources."""
    body = json.loads(template.read_text("utf-8"))
    _explain(body["Resources"], skipped_for(body["Resources"]))
    template.write_text(json.dumps(body, indent=2, ensure_ascii=False), "utf-8")


def skipped_for(resources: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Return the checks that are skipped, and why, by the name of each resource."""
    exceptions = json.loads(EXCEPTIONS.read_text("utf-8"))
    return {
        name: [
            {"id": check, "comment": why}
            for check, why in exceptions.get(MADE_BY_SAM.get(kind, kind), {}).items()
        ]
        for name, resource in resources.items()
        for kind in (resource["Type"],)
    }


def _explain(resources: dict[str, Any], skipped: dict[str, list[dict[str, str]]]) -> None:
    for name, skip in skipped.items():
        if skip:
            resources[name].setdefault("Metadata", {})["checkov"] = {"skip": skip}


def transformed(template: Path) -> dict[str, Any]:
    """Return what CloudFormation makes of a packaged template; works where SAM is installed, which
    is in the environment of the emulator."""
    from samtranslator.translator.transform import transform

    class NoPolicies:
        def load(self) -> dict[str, str]:
            return {}

    body = json.loads(template.read_text("utf-8"))
    for resource in body["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": "b", "Key": "k"}
    skipped = skipped_for(body["Resources"])
    given = {name: one.get("Default", "x") for name, one in body["Parameters"].items()}
    made: dict[str, Any] = transform(body, given, NoPolicies())
    # SAM keeps the notes of a function, and loses those of an API's stage.
    for name, resource in made["Resources"].items():
        if resource["Type"] == "AWS::ApiGateway::Stage":
            (api,) = (one for one in skipped if name.startswith(one) and skipped[one])
            _explain(made["Resources"], {name: skipped[api]})
    return made


if __name__ == "__main__":
    print(json.dumps(transformed(Path(sys.argv[1])), indent=1))
