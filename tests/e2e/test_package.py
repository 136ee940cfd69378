"""The zip that AWS gets holds all it needs, and nothing else."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.eastern_time import zone
from infra.extras import wake_from_snapshot
from infra.hardening import EXCEPTIONS
from infra.package import ROOT, package
from infra.pythons import python_of
from infra.rights import FOR_TYPE
from infra.slim import OURS, SERVICES, ZONE
from infra.supply import HERE, RUNTIME

BOUND = 9_000_000
"""A quarter of it is one compiled module of pydantic, a third is ours."""

TRIED_UNDER = RUNTIME if python_of(RUNTIME) else HERE
"""The Python that the zip is tried under: without that of Lambda, the one which the local AWS has
its zip made for, and the end of the run says so (`conftest.py`)."""


@pytest.fixture(scope="module")
def zipped() -> Path:
    return package(ROOT / "build" / "lint").parent / "deployment.zip"


def test_it_is_small(zipped: Path) -> None:
    assert zipped.stat().st_size < BOUND


def test_it_holds_what_is_ours_and_no_more(zipped: Path) -> None:
    names = set(zipfile.ZipFile(zipped).namelist())
    for folder in ("chalicelib", "templates"):
        here = {
            str(path.relative_to(ROOT))
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert here <= names
    assert "app.py" in names
    tops = {name.partition("/")[0] for name in names}
    assert not tops & {"tests", "infra", "website", "bench", "vendor", "moto", "pytest"}
    data = {name.split("/")[2] for name in names if name.startswith("botocore/data/")}
    assert {name for name in data if "." not in name} == SERVICES


def test_it_knows_our_time_zone() -> None:
    assert zone().key == ZONE


@pytest.fixture(scope="module")
def tried(zipped: Path) -> Path:
    """The zip, or where no Python of Lambda is here, one made the same way for ours."""
    if TRIED_UNDER == RUNTIME:
        return zipped
    return package(ROOT / "build" / "tried", TRIED_UNDER).parent / "deployment.zip"


def test_every_module_comes_compiled_and_only_ours_with_its_source(tried: Path) -> None:
    names = set(zipfile.ZipFile(tried).namelist())
    sources = {name for name in names if name.endswith(".py")}
    assert {name.partition("/")[0] for name in sources} == set(OURS)
    tag = TRIED_UNDER.replace("python3.", "cpython-3")
    for module in sources:
        folder, slash, file = module.rpartition("/")
        assert f"{folder}{slash}__pycache__/{file[:-3]}.{tag}.pyc" in names


@pytest.fixture(scope="module")
def unpacked(tried: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lambda")
    with zipfile.ZipFile(tried) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.parametrize(
    "statement",
    [
        "import app; print(app.__file__)",
        "from chalicelib.web import pages; from chalicelib.mail import outbox; print(outbox.__file__)",
        "from chalicelib.core import eastern_time; eastern_time.zone(); print(eastern_time.__file__)",
        *(
            f"import boto3; boto3.client('{name}'); print(boto3.__file__)"
            for name in sorted(SERVICES)
        ),
    ],
)
def test_it_runs_with_only_what_is_in_it(unpacked: Path, statement: str) -> None:
    code = f"import sys; sys.path.insert(0, {str(unpacked)!r}); {statement}"
    python = python_of(TRIED_UNDER)
    assert python
    # -S -I: no package of this machine can be found.
    done = subprocess.run(
        [python, "-S", "-I", "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONTZPATH": "", "AWS_DEFAULT_REGION": "ca-central-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith(str(unpacked)), done.stderr


def transformed(template: Path) -> dict[str, Any]:
    """What CloudFormation makes of a template."""
    translator = Path(sys.prefix) / "emulator" / "bin" / "python"
    done = subprocess.run(
        [str(translator), "-m", "infra.hardening", str(template)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "ca-central-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["Resources"]
    return found


@pytest.fixture(scope="module")
def resources(zipped: Path) -> dict[str, Any]:
    return transformed(zipped.parent / "sam.json")


def test_sam_makes_one_stage_alone(resources: dict[str, Any]) -> None:
    assert len(resources) < 200
    stages = [
        r["Properties"]["StageName"] for r in resources.values() if r["Type"].endswith("::Stage")
    ]
    (deployment,) = [r for r in resources.values() if r["Type"] == "AWS::ApiGateway::Deployment"]
    assert stages == ["api"]
    config = json.loads((ROOT / ".chalice" / "config.json").read_text("utf-8"))
    gateway = resources["RestAPI"]["Properties"]
    assert gateway["MinimumCompressionSize"] == config["minimum_compression_size"]
    assert "StageName" not in deployment["Properties"]
    assert resources["SendIssue"]["Properties"]["RecursiveLoop"] == "Allow"


def test_every_exception_to_a_check_stands_beside_its_resource(resources: dict[str, Any]) -> None:
    exceptions = json.loads(EXCEPTIONS.read_text("utf-8"))
    assert exceptions.keys() <= {resource["Type"] for resource in resources.values()}
    for name, resource in resources.items():
        if reasons := exceptions.get(resource["Type"]):
            skipped = resource["Metadata"]["checkov"]["skip"]
            assert {one["id"]: one["comment"] for one in skipped} == reasons, name
            assert all(len(why.split()) > 5 for why in reasons.values())


def test_with_a_snapshot_the_api_calls_a_version_that_each_change_makes_anew(
    zipped: Path, resources: dict[str, Any], tmp_path: Path
) -> None:
    def woken(**parameters: str) -> dict[str, Any]:
        body = json.loads((zipped.parent / "sam.json").read_text("utf-8"))
        wake_from_snapshot(body, parameters)
        template = tmp_path / "sam.json"
        template.write_text(json.dumps(body), "utf-8")
        return transformed(template)

    found = woken(PublicUrl="https://one.example.org")
    # Nobody needs a right for a kind that no template has, and none is missing.
    assert {resource["Type"] for resource in found.values()} == set(FOR_TYPE)
    assert found["APIHandler"]["Properties"]["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    (alias,) = [name for name, r in found.items() if r["Type"] == "AWS::Lambda::Alias"]
    permission = found["APIHandlerInvokePermission"]["Properties"]
    assert permission["FunctionName"] == {"Ref": alias}
    for method in found["RestAPI"]["Properties"]["Body"]["paths"]["/"].values():
        assert f"${{{alias}}}/invocations" in str(method["x-amazon-apigateway-integration"])
    assert "SnapStart" not in resources["APIHandler"]["Properties"]

    def version(resources: dict[str, Any]) -> list[str]:
        return [name for name, r in resources.items() if r["Type"] == "AWS::Lambda::Version"]

    assert version(found) != version(woken(PublicUrl="https://two.example.org"))
