"""A stage comes, goes back and goes: what is asked first, and what is kept."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.validate import validate_parameters
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from moto import mock_aws
from typer.testing import CliRunner

from chalicelib.core.ports import Put
from chalicelib.core.settings import Settings
from chalicelib.mail.service_status import StatusKeeper
from fakes import SetClock
from infra.cloud_stack import CloudStack, ResourceChange
from infra.deploy import change_of, deploy
from infra.deployments import Deployment, Deployments, bucket_of
from infra.old_versions import drop_old_versions
from infra.operate import app
from infra.operator import deploying
from infra.operator.before_deploy import settings_so_far
from infra.operator.deploying import GOES_ON
from infra.operator.errors import OperatorError
from infra.operator.session import Session
from infra.operator.stage import Operator
from infra.stage_file import REGION, STAGES, DeployError, read_stage_file
from infra.uploads import PackageBucket
from operator_cli import listed, relais
from tables import make_tables
from watched import Watched, says, watched

ADDRESS = "https://example.org/api"

BUCKET = bucket_of("test", "123456789012")

Prepare = Callable[[Watched], None]


@pytest.fixture
def operator(aws: None, settings: Settings, clock: SetClock) -> Iterator[Operator]:
    with mock_aws():
        make_tables(boto3.client("dynamodb"), "relais-test-records", "relais-test-subscribers")
        boto3.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield Operator("test", now=clock, settings=settings)


@pytest.fixture
def deployments(operator: Operator) -> Deployments:
    return Deployments(operator.client("s3"), BUCKET)


def _deployed(number: int, what: str) -> Deployment:
    at = f"2026-11-{number + 1:02}T12:00:00.000Z"
    return Deployment(at, at, f"https://example.org/{what}.json", [])


def _go_back(deployments: Deployments, number: int) -> str:
    before = deployments.before()
    assert before
    deployments.keep(replace(before, at=_deployed(number, "").at))
    return before.template_url.rpartition("/")[2].removesuffix(".json")


def test_going_back_twice_goes_back_two_deploys_and_not_to_the_bad_one(
    operator: Operator, deployments: Deployments
) -> None:
    assert deployments.before() is None
    for number, what in enumerate(("one", "two", "two", "bad")):
        deployments.keep(_deployed(number, what))
    assert [one["at"][8:10] for one in listed(operator, "deploys", "test")] == ["04", "02", "01"]
    assert _go_back(deployments, 4) == "two"
    assert _go_back(deployments, 5) == "one"
    assert deployments.before() is None
    deployments.keep(_deployed(6, "mended"))
    assert _go_back(deployments, 7) == "bad", "what stood before by date, where one is out of data"


@given(st.lists(st.sampled_from(["deploy", "back"]), max_size=9))
@tried(max_examples=8)
def test_whatever_was_deployed_and_taken_back_going_back_goes_to_something_older(
    steps: list[str],
) -> None:
    with mock_aws():
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        deployments = Deployments(s3, BUCKET)
        for number, step in enumerate(steps):
            if step == "deploy":
                deployments.keep(_deployed(number, f"v{number}"))
            elif before := deployments.before():
                now = next(deployments.all())
                assert before.first_at < now.first_at
                deployments.keep(replace(before, at=_deployed(number, "").at))


@pytest.mark.parametrize(("stands", "back_to"), [(True, "two"), (False, "one")])
def test_a_deploy_that_was_cut_off_is_gone_back_from_if_it_stands(
    deployments: Deployments, stands: bool, back_to: str
) -> None:
    for number, what in enumerate(("one", "two")):
        deployments.keep(_deployed(number, what))
    deployments.begin(_deployed(2, "given up"))
    deployments.begin(_deployed(3, "cut off"))
    assert [one.ended for one in deployments.all()] == [False, True, True]
    deployments.settle(stands=stands)
    assert all(one.ended for one in deployments.all())
    assert _go_back(deployments, 4) == back_to


def _template(name: str) -> dict[str, object]:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"relais-test-{name}"}}
    return {"Resources": {name.title(): queue}}


def _uploaded(operator: Operator, template: dict[str, object]) -> str:
    text = json.dumps(template)
    name = f"{hashlib.sha256(text.encode()).hexdigest()}.json"
    operator.client("s3").put_object(Bucket=BUCKET, Key=name, Body=text)
    return f"https://s3.amazonaws.com/{BUCKET}/{name}"


def test_a_rollback_finds_the_good_version_behind_a_deploy_that_was_cut_off(
    operator: Operator, deployments: Deployments
) -> None:
    good, bad = (_uploaded(operator, _template(name)) for name in ("good", "bad"))
    operator.client("cloudformation").create_stack(StackName="relais-test", TemplateURL=bad)
    deployments.keep(replace(_deployed(0, ""), template_url=good))
    deployments.begin(replace(_deployed(1, ""), template_url=bad))
    assert "is as it was deployed at 2026-11-01" in relais(operator, "rollback", "test")
    (queue,) = operator.client("sqs").list_queues()["QueueUrls"]
    assert queue.endswith("relais-test-good")
    assert [one["ended"] for one in listed(operator, "deploys", "test")] == ["yes"] * 3
    assert deployments.before() is None


def _packaged(folder: Path, settings: Mapping[str, str]) -> Path:
    """Write a package that makes a queue, and asks for all settings."""
    names = [*settings, "Stage", "SenderAddress", "PublicUrl"]
    parameters = {name: {"Type": "String", "Default": ""} for name in names}
    template = {**_template("any"), "Parameters": parameters}
    (folder / "sam.json").write_text(json.dumps(template))
    (folder / "deployment.zip").write_bytes(b"zip")
    return folder / "sam.json"


@dataclass
class Answers:
    """Whoever is asked says yes so many times, then no."""

    yes: int
    shown: list[list[str]] = field(default_factory=list)

    def agree(self, changes: Sequence[ResourceChange]) -> None:
        self.shown.append([one.name for one in changes])
        if len(self.shown) > self.yes:
            raise DeployError("no")


def test_nothing_is_made_before_a_yes_to_it(operator: Operator, tmp_path: Path) -> None:
    settings, s3 = {**read_stage_file("staging").given, "PublicUrl": ADDRESS}, operator.client("s3")
    template, packages = _packaged(tmp_path, settings), bucket_of("staging", "123456789012")
    before = len(s3.list_buckets()["Buckets"])
    for yes, shown in enumerate(([packages], ["Any"])):
        answers = Answers(yes)
        with pytest.raises(DeployError, match="no"):
            deploy("staging", settings, template, say=lambda _: None, agree=answers.agree)
        assert answers.shown[-1] == shown
        assert operator.client("cloudformation").describe_stacks()["Stacks"] == []
        assert operator.client("secretsmanager").list_secrets()["SecretList"] == []
        assert len(s3.list_buckets()["Buckets"]) == before + yes
    held = [one["Key"] for one in s3.list_objects_v2(Bucket=packages)["Contents"]]
    assert [Path(key).suffix for key in held] == [".json"], "CloudFormation reads a template there"
    answers, said = Answers(1), list[str]()
    deploy("staging", settings, template, say=said.append, agree=answers.agree)
    assert answers.shown == [["Any"]], "what is there is not asked for, nor the address alone"
    done = ["keeping", "uploading", "creating", "telling", "updating"]
    assert [line.split()[0] for line in said] == done


def test_a_bucket_of_packages_that_is_somebody_else_s_is_not_taken_for_ours(
    operator: Operator, tmp_path: Path
) -> None:
    asked: list[tuple[str, object]] = []

    def note(params: Mapping[str, object], model: Any, **_: object) -> None:
        if model.name in ("HeadBucket", "PutObject"):
            asked.append((model.name, params.get("ExpectedBucketOwner")))

    session = boto3.session.Session(region_name=REGION)
    session.events.register("provide-client-params.s3", note)
    settings = read_stage_file("staging").given
    packages = PackageBucket(session, "test", None, _packaged(tmp_path, settings), lambda _: None)
    packages.make(None)
    packages.upload_zip()
    packages.upload_template({})
    calls = ("HeadBucket", "PutObject", "PutObject")
    assert asked == [(call, "123456789012") for call in calls]


@pytest.mark.parametrize("spoilt", ["template", "package"])
def test_what_somebody_wrote_over_is_not_gone_back_to(
    operator: Operator, deployments: Deployments, spoilt: str
) -> None:
    s3, package = operator.client("s3"), f"{hashlib.sha256(b'zip').hexdigest()}.zip"
    s3.put_object(Bucket=BUCKET, Key=package, Body=b"zip")
    code = {"Properties": {"CodeUri": {"Bucket": BUCKET, "Key": package}}}
    url = _uploaded(operator, {"Resources": {"F": code}})
    deployments.keep(replace(_deployed(0, ""), template_url=url))
    deployments.keep(_deployed(1, "bad"))
    before = deployments.before()
    assert before
    assert deployments.spoilt(before) == ""
    name = package if spoilt == "package" else url.rpartition("/")[2]
    s3.put_object(Bucket=BUCKET, Key=name, Body=b"{}")
    with pytest.raises(OperatorError, match=f"{name} is not what was deployed"):
        relais(operator, "rollback", "test")


def test_of_the_versions_of_the_api_those_stay_that_an_alias_leads_to(operator: Operator) -> None:
    role = operator.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]
    functions, name = operator.client("lambda"), "relais-test-api"
    functions.create_function(
        FunctionName=name, Runtime="python3.11", Role=role["Arn"], Handler="app.app",
        Code={"ZipFile": b"0"},
    )  # fmt: skip
    for number in range(1, 4):
        functions.update_function_code(FunctionName=name, ZipFile=b"%d" % number)
        functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="2")
    said: list[str] = []
    drop_old_versions(functions, "test", said.append)
    left = functions.list_versions_by_function(FunctionName=name)["Versions"]
    assert [one["Version"] for one in left] == ["$LATEST", "2"]
    assert len(said) == 2


@pytest.mark.parametrize("command", ["rollback", "destroy"])
def test_who_is_cut_off_from_a_change_hears_that_it_goes_on_by_itself(
    operator: Operator, deployments: Deployments, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def cut_off(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="x")

    good, bad = (_uploaded(operator, _template(name)) for name in ("good", "bad"))
    operator.client("cloudformation").create_stack(StackName="relais-test", TemplateURL=bad)
    for number, url in enumerate((good, bad)):
        deployments.keep(replace(_deployed(number, ""), template_url=url))
    session = Session("local", yes=True, given=operator)
    for step in ("_execute", "_delete"):
        monkeypatch.setattr(CloudStack, step, cut_off)
    done = CliRunner().invoke(app, [command, "test"], obj=session)
    assert isinstance(done.exception, EndpointConnectionError)
    assert session.done == GOES_ON


def test_a_stage_with_data_is_not_taken_away_unless_told(operator: Operator) -> None:
    template = json.dumps(_template("any"))
    operator.client("cloudformation").create_stack(StackName="relais-test", TemplateBody=template)
    exports = {"Bucket": "relais-test-exports-123456789012"}
    where = {"LocationConstraint": REGION}
    operator.client("s3").create_bucket(CreateBucketConfiguration=where, **exports)
    StatusKeeper(operator.store, operator.now).keep(timedelta(0))
    assert "is gone" in relais(operator, "destroy", "test"), "what it says of itself is no data"
    operator.client("cloudformation").create_stack(StackName="relais-test", TemplateBody=template)
    operator.store.commit([Put({"pk": "CASE#1", "sk": "CASE", "kind": "case"})])
    with pytest.raises(OperatorError, match="there is data in relais-test-records"):
        relais(operator, "destroy", "test")
    said = relais(operator, "destroy", "test", "--keep-data")
    assert "test is gone" in said
    for kept in ("relais-test-records", "relais-test-people", BUCKET, *exports.values()):
        assert kept in said, "what costs on is named"
    assert operator.store.get("CASE#1", "CASE"), "the data stays"


@pytest.mark.parametrize("command", ["destroy", "deploys", "rollback"])
def test_of_a_stage_that_was_never_there_nothing_is_said_to_be_done(
    operator: Operator, command: str
) -> None:
    with pytest.raises(OperatorError, match="nosuch"):
        relais(operator, command, "nosuch")


def test_without_a_yes_nothing_is_taken_away(operator: Operator) -> None:
    template = json.dumps(_template("any"))
    operator.client("cloudformation").create_stack(StackName="relais-test", TemplateBody=template)
    with pytest.raises(OperatorError, match="add --yes"):
        relais(operator, "destroy", "test", yes=False)


def test_the_settings_that_a_deploy_checks_are_those_of_the_functions() -> None:
    file = read_stage_file("staging")
    given = file.given
    assert settings_so_far("staging", file).sender == given["Sender"]
    assert json.dumps(given).count("example.org") >= 3, "nobody real in a file that is an example"


def _deploy_with(changed: Mapping[str, str | None], folder: Path, prepare: Prepare) -> list[str]:
    """Return the lines of a deploy of a stage whose file was changed, that stops at its settings."""
    example = json.loads((STAGES / "staging.json").read_text("utf-8"))
    (folder / "staging.json").write_text(json.dumps({**example, **changed}))
    file = read_stage_file("staging", folder)
    with watched(settings_so_far("staging", file), SetClock("2026-03-02T15:00:00+00:00")) as found:
        prepare(found)
        session = Session("local", yes=True, given=found)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(deploying, "read_stage_file", lambda _: file)
            done = CliRunner().invoke(app, ["deploy", "staging"], obj=session)
        assert found.client("s3").list_buckets()["Buckets"] == []
    assert str(done.exception) == (
        "not deployed: mend infra/stages/staging.json first; nothing was made"
    )
    return done.output.splitlines()


def _ill(operator: Watched) -> None:
    """Keep the account in the sandbox, and the sender's domain without DMARC."""
    says("sesv2.get_account", {"ProductionAccessEnabled": False})(operator)
    operator.texts.clear()


def _unknown(operator: Watched) -> None:
    operator.says["sts.get_caller_identity"] = "ExpiredToken"


@pytest.mark.parametrize(
    ("changed", "prepare", "starts"),
    [
        ({"ReplyTo": "nobody"}, _ill, [
            "wrong  ReplyTo must be an e-mail address, not 'nobody' in infra/stages/staging.json",
            "wrong  the DNS has no one._domainkey.staging",
            "wrong  staging.example.org has no DMARC record",
            "wrong  the account is in the sandbox of SES",
        ]),
        ({"Sender": None, "ReplyTo": "nobody"}, _ill, [
            "wrong  Sender is not set",
            "wrong  ReplyTo must be",
            "wrong  the account is in the sandbox of SES",
            "4 not looked at: Sender is missing or wrong",
        ]),
        ({"ContactEmail": "x"}, _ill, [
            "wrong  ContactEmail must be",
            "wrong  the DNS has no one._domainkey.staging",
            "wrong  the account is in the sandbox of SES",
            "1 not looked at: ContactEmail is missing or wrong",
        ]),
        ({"ReplyTo": "nobody"}, _unknown, [
            "wrong  ReplyTo must be",
            "wrong  could not be looked at: the sign-in at AWS has ended",
        ]),
    ],
)  # fmt: skip
def test_what_a_file_sets_wrong_and_what_an_account_lacks_is_one_list(
    aws: None, tmp_path: Path, changed: dict[str, str | None], prepare: Prepare, starts: list[str]
) -> None:
    lines = _deploy_with(changed, tmp_path, prepare)
    assert [line[: len(start)] for line, start in zip(lines, starts, strict=True)] == starts


def test_a_repair_is_a_change_from_what_there_is_and_any_other_from_what_was_made() -> None:
    given = read_stage_file("staging").given
    cloud = boto3.client("cloudformation", region_name=REGION)
    asked = cloud.meta.service_model.operation_model("CreateChangeSet").input_shape
    assert asked
    for repair, mode in ((True, "REVERT_DRIFT"), (False, None)):
        change = change_of("staging", lambda _: "https://x/t.json", given, repair=repair)(ADDRESS)
        assert change.get("DeploymentMode") == mode
        validate_parameters({"StackName": "s", "ChangeSetName": "c", **change}, asked)


def test_nothing_is_gone_back_to_where_nothing_is_known(operator: Operator) -> None:
    with pytest.raises(OperatorError, match="nothing is known of a deploy of test before"):
        relais(operator, "rollback", "test")
