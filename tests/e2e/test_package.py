"""The zip that AWS gets holds all it needs, and nothing else."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from chalicelib.core.eastern_time import zone
from infra.package import ROOT, package, python_of
from infra.slim import OURS, SERVICES, ZONE
from infra.supply import RUNTIME

BOUND = 8_500_000
"""A quarter of it is one compiled module of pydantic, a third is ours."""

PYTHON = python_of(RUNTIME)
"""The Python of Lambda, where this machine has it; what needs it to be tried is passed over
without, for a zip of source alone."""


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


@pytest.mark.skipif(PYTHON is None, reason=f"no {RUNTIME} here")
def test_every_module_comes_compiled_and_only_ours_with_its_source(zipped: Path) -> None:
    names = set(zipfile.ZipFile(zipped).namelist())
    sources = {name for name in names if name.endswith(".py")}
    assert {name.partition("/")[0] for name in sources} == set(OURS)
    tag = RUNTIME.replace("python3.", "cpython-3")
    for module in sources:
        folder, slash, file = module.rpartition("/")
        assert f"{folder}{slash}__pycache__/{file[:-3]}.{tag}.pyc" in names


@pytest.fixture(scope="module")
def unpacked(zipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lambda")
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.skipif(PYTHON is None, reason=f"no {RUNTIME} here")
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
    assert PYTHON
    # -S -I: no package of this machine can be found.
    done = subprocess.run(
        [PYTHON, "-S", "-I", "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONTZPATH": "", "AWS_DEFAULT_REGION": "ca-central-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith(str(unpacked)), done.stderr


TRANSFORM = """
import json, sys
from samtranslator.translator.transform import transform
template = json.load(open(sys.argv[1]))
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["CodeUri"] = {"Bucket": "b", "Key": "k"}
class NoPolicies:
    def load(self):
        return {}
print(json.dumps(transform(template, dict.fromkeys(template["Parameters"], "x"), NoPolicies())))
"""


def test_sam_makes_one_stage_alone(zipped: Path) -> None:
    translator = Path(sys.prefix) / "emulator" / "bin" / "python"
    done = subprocess.run(
        [str(translator), "-c", TRANSFORM, str(zipped.parent / "sam.json")],
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "ca-central-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    resources = json.loads(done.stdout)["Resources"]
    assert len(resources) < 200
    stages = [
        r["Properties"]["StageName"] for r in resources.values() if r["Type"].endswith("::Stage")
    ]
    (deployment,) = [r for r in resources.values() if r["Type"] == "AWS::ApiGateway::Deployment"]
    assert stages == ["api"]
    assert "StageName" not in deployment["Properties"]
    assert resources["SendIssue"]["Properties"]["RecursiveLoop"] == "Allow"
