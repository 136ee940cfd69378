"""Versions of the package for stages beside the deployed one: the built template, and edits of it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deployed import Stack
from infra.cloud_stack import Agree
from infra.deploy import Deployed, deploy
from infra.local_aws.stack import stack_settings
from infra.package import ROOT

BUILT = ROOT / "build" / "local" / "sam.json"

Edit = Callable[[dict[str, Any]], None]
"""Changes the resources of a template."""


def edited(folder: Path, edit: Edit) -> Path:
    """Write the built template with an edit into a folder, beside the zip that it names."""
    template: dict[str, Any] = json.loads(BUILT.read_text("utf-8"))
    edit(template["Resources"])
    shutil.copy(BUILT.with_name("deployment.zip"), folder)
    path = folder / "sam.json"
    path.write_text(json.dumps(template), "utf-8")
    return path


def break_it(resources: dict[str, Any]) -> None:
    """Add one resource that cannot be made, after the table and the keys."""
    resources["Broken"] = {
        "Type": "AWS::ApiGateway::GatewayResponse",
        "DependsOn": ["Records", "Keys"],
        "Properties": {"RestApiId": {"Ref": "RestAPI"}, "ResponseType": "NONSENSE"},
    }


def put(
    stack: Stack, stage: str, template: Path, said: list[str], agree: Agree | None = None
) -> Deployed:
    """Deploy a version to a stage of the local AWS; `said` gets what the deploy says."""
    return deploy(
        stage,
        stack_settings(stack.site),
        template,
        endpoint=stack.emulator.url,
        public_url=stack.emulator.api,
        say=said.append,
        agree=agree,
    )
