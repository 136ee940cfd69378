"""What infra/ promises, read from the template itself: settings, alarms, logs and names."""

import json
import re
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import deployed
from chalicelib.aws.documents import SCAN_TAG
from chalicelib.core.settings import Settings
from chalicelib.forms.attachment import object_key
from chalicelib.forms.attachments.ports import CLEAN
from chalicelib.web.chalice_app import EVERY_RESPONSE
from infra.deploy import deploy
from infra.local_aws.stack import stack_settings
from infra.package import ROOT, PackageError, fits_the_runtime, package
from infra.stage_file import DeployError, read_stage_file

TEMPLATE: dict[str, Any] = json.loads((ROOT / "infra" / "resources.json").read_text("utf-8"))
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
FUNCTIONS = (
    "APIHandler", "DeliverLetters", "Sweep", "RunJobs", "AnchorAudit", "SettleMail", "SendIssue",
    "SettleScan", "SweepAttachments",
)  # fmt: skip
STAGES = sorted((ROOT / "infra" / "stages").glob("*.json"))
POLICIES = sorted((ROOT / ".chalice").glob("policy-*.json"))


def test_every_setting_reaches_the_functions() -> None:
    given = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert set(given) == {name.upper() for name in Settings.model_fields}


def test_every_function_logs_in_json_and_drops_no_line_of_ours() -> None:
    # A level below would let botocore write what it sends, letters and all.
    assert TEMPLATE["Globals"]["Function"]["LoggingConfig"] == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_a_log_that_ends_and_alarms_that_tell(function: str) -> None:
    assert RESOURCES[f"{function}Logs"]["Properties"]["RetentionInDays"] == 30
    assert RESOURCES[function]["DependsOn"] == f"{function}Logs"
    for kind in ("Errors", "Throttles"):
        alarm = RESOURCES[f"{function}{kind}Alarm"]["Properties"]
        assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": function}}]


STANDING = ({"Fn::Sub": "${Stage}-canary-lost"},)
"""Metrics whose last word stands until the next one."""

EXPECTED = ("${Stage}-anchors", "${Stage}-oldest-due-seconds", "Invocations")
"""The measures that must come, daily or each minute, so that silence is bad news."""


def test_every_alarm_tells_the_same_people_and_says_what_is_wrong() -> None:
    alarms = {
        name: r["Properties"] for name, r in RESOURCES.items() if "::Alarm" in r.get("Type", "")
    }
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]
        assert alarm["AlarmDescription"]
        metric = alarm["MetricName"]
        silent = (metric["Fn::Sub"] if isinstance(metric, dict) else metric) in EXPECTED
        missing = "breaching" if silent else "notBreaching"
        if metric in STANDING:
            missing = "ignore"
        assert alarm["TreatMissingData"] == missing
        # A stack that is being made has no measures yet, which is no news.
        assert ("ActionsEnabled" in alarm) == silent
    # Only of a state that lasts is its end news.
    assert {name for name, alarm in alarms.items() if "OKActions" in alarm} == {
        "AccountRefusedAlarm", "AnchorsMissingAlarm", "Api5xxAlarm", "CanaryAlarm", "JobsMissingAlarm",
        "OldestLetterAlarm",
        "StreamLagAlarm",
    }  # fmt: skip
    assert "Default" not in TEMPLATE["Parameters"]["AlarmEmail"], "somebody must be told"


@pytest.mark.parametrize(
    ("pattern", "functions"),
    [
        ('"is dead"', {"DeliverLetters", "Sweep", "SettleMail"}),
        ('"SES refuses the account"', {"DeliverLetters", "Sweep"}),
        ('"due: "', {"Sweep"}),
    ],
)
def test_what_a_log_says_of_trouble_is_counted_wherever_it_is_said(
    pattern: str, functions: set[str]
) -> None:
    filters = [r["Properties"] for r in RESOURCES.values() if "MetricFilter" in r.get("Type", "")]
    found = [f for f in filters if f["FilterPattern"] == pattern]
    assert {f["LogGroupName"]["Ref"] for f in found} == {f"{name}Logs" for name in functions}
    (metric,) = {f["MetricTransformations"][0]["MetricName"]["Fn::Sub"] for f in found}
    watched = [
        r["Properties"].get("MetricName")
        for r in RESOURCES.values()
        if "::Alarm" in r.get("Type", "")
    ]
    assert {"Fn::Sub": metric} in watched
    source = "".join(
        path.read_text("utf-8") for path in (ROOT / "chalicelib" / "mail").glob("*.py")
    )
    assert pattern.strip('"') in source


def test_the_throttle_of_the_api_has_no_way_round_and_its_metrics_cost_nothing() -> None:
    api = RESOURCES["RestAPI"]["Properties"]
    # Without it SAM makes a second live stage beside ours, without the limits.
    assert api["OpenApiVersion"] == "2.0"
    (settings,) = api["MethodSettings"]
    assert settings["ThrottlingRateLimit"]
    assert settings["ThrottlingBurstLimit"]
    assert "MetricsEnabled" not in settings


def test_all_functions_together_fit_into_a_new_account_s_ten() -> None:
    workers = TEMPLATE["Parameters"]["Workers"]
    for function in ("SendIssue", "SettleMail"):
        (source,) = RESOURCES[function]["Properties"]["Events"].values()
        _, on_emulator, on_aws = source["Properties"]["ScalingConfig"]["MaximumConcurrency"][
            "Fn::If"
        ]
        assert on_aws == {"Ref": "Workers"}
        assert on_emulator == workers["Default"], "it takes a parameter for a text"
    (stream,) = RESOURCES["DeliverLetters"]["Properties"]["Events"].values()
    shards = stream["Properties"]["ParallelizationFactor"]
    of_the_sweep = of_the_jobs = of_visitors = 1
    assert 2 * workers["Default"] + shards + of_the_sweep + of_the_jobs + of_visitors <= 10


@pytest.mark.parametrize("function", ["Sweep", "RunJobs"])
def test_what_failed_and_comes_each_minute_does_not_come_again_beside_the_next(
    function: str,
) -> None:
    again = RESOURCES[function]["Properties"]["EventInvokeConfig"]
    assert again == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}


def test_no_change_of_the_template_makes_a_master_key_anew() -> None:
    # AWS makes a new secret string whenever this text changes: every link and hash would be void.
    for name in ("Keys", "AnchorKey"):
        assert json.dumps(RESOURCES[name]["Properties"]["GenerateSecretString"]) == (
            '{"SecretStringTemplate": "{}", "GenerateStringKey": "key", "PasswordLength": 64, '
            '"ExcludePunctuation": true}'
        )


def test_an_account_of_aws_is_never_taken_for_the_emulator(tmp_path: Path) -> None:
    emulator, account = TEMPLATE["Conditions"]["OnEmulator"]["Fn::And"]
    assert emulator == {"Fn::Equals": [{"Ref": "Emulator"}, "true"]}
    for allowed in account["Fn::Or"]:
        ref, value = allowed["Fn::Equals"]
        assert ref == {"Ref": "AWS::AccountId"}
        assert not re.fullmatch(r"[1-9][0-9]{11}", value), "no account of AWS has it"
    with pytest.raises(DeployError, match="Emulator is for the emulator alone"):
        deploy("local", stack_settings("http://127.0.0.1:8080"), tmp_path / "nothing.json")


def test_what_cannot_be_made_again_outlives_the_stack() -> None:
    for name in (
        "Records", "Subscribers", "Keys", "AnchorKey", "AnchorBucket", "AttachmentBucket", "ImageBucket",
        "Exports",
    ):  # fmt: skip
        assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"
    for name in ("Records", "Subscribers"):
        table = RESOURCES[name]["Properties"]
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"] == {"SSEEnabled": True}
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


def test_the_gateway_answers_as_we_do() -> None:
    body = RESOURCES["RestAPI"]["Properties"]["DefinitionBody"]
    for response in body["x-amazon-apigateway-gateway-responses"].values():
        headers = {k.rpartition(".")[2]: v for k, v in response["responseParameters"].items()}
        for name, value in EVERY_RESPONSE.items():
            assert headers[name] == f"'{value}'"
        # The scripts of every site that may post read why they were refused: the gateway knows one
        # origin or all, and what it says itself tells nothing of anybody.
        assert headers["Access-Control-Allow-Origin"] == "'*'"
        assert headers["Content-Type"] == "'application/problem+json; charset=utf-8'"
        said = response["responseTemplates"]["application/json"]
        told = json.loads(said.replace("$context.error.messageString", '"…"'))
        assert all(" / " in told[key] for key in ("title", "detail") if told[key] != "…")


def test_no_parameter_is_in_the_definition_whose_change_would_not_reach_the_api() -> None:
    """SAM names a deployment of the API by the text of its definition: a parameter in it may change
    while the text stays, and the API would go on with the old one."""
    definition = json.dumps(RESOURCES["RestAPI"]["Properties"]["DefinitionBody"])
    referred = set(re.findall(r'"Ref": "(\w+)"|\$\{(\w+)\}', definition))
    found = {name for pair in referred for name in pair} & TEMPLATE["Parameters"].keys()
    assert found == {"Stage"}, "a stack keeps it for ever"


def test_tables_with_indexes_are_made_one_after_the_other() -> None:
    """DynamoDB may make one at a time, and CloudFormation would begin all at once."""
    indexed = [
        (name, resource.get("DependsOn"))
        for name, resource in TEMPLATE["Resources"].items()
        if resource.get("Properties", {}).get("GlobalSecondaryIndexes")
    ]
    names = [name for name, _ in indexed]
    assert len(names) > 1
    assert [after for _, after in indexed] == [None, *names[:-1]]


def test_a_stage_that_lacks_a_setting_is_not_deployed_and_says_which() -> None:
    wrong = read_stage_file("prod").wrong
    assert wrong[0] == "Sender is not set (from address of every letter) in infra/stages/prod.json"
    assert [line.split()[0] for line in wrong] == [
        "Sender", "PrivacyContact", "PersonInChargeTitleFr", "PersonInChargeTitleEn", "PrivacyPolicyFr", "PrivacyPolicyEn",
        "AlarmEmail",
    ]  # fmt: skip
    with pytest.raises(DeployError, match=r"^there is no infra/stages/nowhere\.json$"):
        read_stage_file("nowhere")


def test_nothing_is_created_while_a_setting_is_wrong(tmp_path: Path) -> None:
    wrong = {**stack_settings("http://127.0.0.1:8080"), "UndoSeconds": "soon", "Sender": "",
             "Colour": "red", "AlarmEmail": "us"}  # fmt: skip
    with pytest.raises(DeployError) as caught:
        deploy("local", wrong, tmp_path / "nothing.json")
    assert str(caught.value).splitlines() == [
        "Colour is no setting",
        "Sender is not set (from address of every letter)",
        "UndoSeconds must be a whole number, not 'soon'",
        "AlarmEmail must be an e-mail address, not 'us'",
        "Emulator is for the emulator alone: it widens rights",
    ]


WRONG_VALUES = [
    ("AlarmLanguage", "de", "must be fr or en, not 'de'"),
    ("Workers", "1", "must be a whole number from 2 to 50, not '1'"),
    ("Workers", "two", "must be a whole number from 2 to 50, not 'two'"),
    ("DomainName", "https://forms.example.org", "must be a host name such as forms.example.org"),
    ("HostedZone", "/hostedzone/Z1", "must be the id alone"),
    ("Certificate", "arn:aws:acm:us-east-1:1:certificate/c", "must be one of ca-central-1"),
    ("Certificate", "c", "must be "),
    ("PublicUrl", "http://forms.example.org", "must start with https://"),
    ("RequestsPerAddress", "5", "must be 0, or from 10 to 2,000,000"),
    ("AccessLogs", "yes", "must be on or off"),
    ("SnapStart", "true", "must be on or off"),
    ("Emulator", "true", "is for the emulator alone"),
    ("Stage2", "x", "is no setting"),
    ("LogLevel", "WARNING", "is no setting"),
    ("UndoSeconds", 600, "must be a text: \"…\", not 600"),
    ("StepUp", True, "must be a text: \"…\", not true"),
    ("AllowedOrigins", ["https://a.example.org"], "must be a text"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "why"), WRONG_VALUES)
def test_what_a_stage_s_file_sets_wrong_is_said_beside_all_else_with_what_it_must_be(
    tmp_path: Path, name: str, value: object, why: str
) -> None:
    given = json.loads((ROOT / "infra" / "stages" / "staging.json").read_text("utf-8"))
    domain = {"DomainName": "forms.example.org"} if name in ("HostedZone", "Certificate") else {}
    zone = {"HostedZone": "Z1"} if name == "DomainName" else {}
    changed = {**given, **domain, **zone, "ReplyTo": "nobody", name: value}
    (tmp_path / "staging.json").write_text(json.dumps(changed), "utf-8")
    lines = read_stage_file("staging", tmp_path).wrong
    assert sorted(line.split()[0] for line in lines) == sorted(["ReplyTo", name])
    (line,) = [line for line in lines if line.startswith(f"{name} {why}")]
    assert line.endswith(" in infra/stages/staging.json")


@pytest.mark.parametrize("stage", ["Prod", "p", "prod_2", "2prod", "a-stage-of-a-long-name"])
def test_a_stage_whose_name_aws_refuses_is_refused_before_it_names_a_bucket(
    tmp_path: Path, stage: str
) -> None:
    shutil.copy(ROOT / "infra" / "stages" / "staging.json", tmp_path / f"{stage}.json")
    (line,) = read_stage_file(stage, tmp_path).wrong
    assert re.match(f"Stage must be 2 to 16 small letters.* not '{stage}'", line)


@pytest.mark.parametrize("text", ['{"Sender": "a@b.ca",}', "[]", '"x"', "null", "", "{"])
def test_a_stage_s_file_that_is_none_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.json").write_text(text, "utf-8")
    with pytest.raises(DeployError, match=r"^infra/stages/odd\.json (is no JSON|must hold)"):
        read_stage_file("odd", tmp_path)


def test_what_the_template_refuses_it_says_in_words() -> None:
    for name, parameter in TEMPLATE["Parameters"].items():
        assert ("AllowedPattern" in parameter) == ("ConstraintDescription" in parameter), name
        if parameter["Type"] == "Number":
            assert {"MinValue", "MaxValue"} <= parameter.keys()


@pytest.mark.parametrize("path", STAGES, ids=lambda p: p.stem)
def test_a_stage_sets_only_what_there_is(path: Path) -> None:
    assert set(json.loads(path.read_text("utf-8"))) <= set(TEMPLATE["Parameters"])


def test_templates_are_packed_through_the_link_in_vendor() -> None:
    link = ROOT / "vendor" / "templates"
    assert link.is_symlink()
    assert link.resolve() == ROOT / "templates"


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.stem)
def test_permissions_name_their_actions_and_their_resources(policy: Path) -> None:
    for statement in json.loads(policy.read_text("utf-8"))["Statement"]:
        assert not any("*" in action for action in statement["Action"]), statement["Sid"]
        # AWS knows no smaller resource for these.
        assert statement["Resource"] != "*" or statement["Sid"] in (
            "ListStreams",
            "LiftSuppression",
            "ReadAllowance",
        )


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.stem)
def test_mail_leaves_from_the_sender_s_address_alone(policy: Path) -> None:
    for statement in json.loads(policy.read_text("utf-8"))["Statement"]:
        if any(str(action).startswith("ses:Send") for action in statement["Action"]):
            _, emulator, aws = statement["Condition"]["Fn::If"]
            assert emulator == {"Ref": "AWS::NoValue"}, "it knows no such key"
            # AWS tells a bulk's address by this key only where it says so.
            test = "StringEqualsIfExists" if "Bulk" in str(statement) else "StringEquals"
            assert aws == {test: {"ses:FromAddress": {"Ref": "SenderAddress"}}}


def test_what_writes_events_reaches_no_anchor() -> None:
    for policy in POLICIES:
        text = policy.read_text("utf-8")
        mine = policy.stem == "policy-anchor_audit"
        assert ("AnchorBucket" in text) == ("relais-${Stage}-anchors" in text) == mine
        buckets = [one["Resource"] for one in json.loads(text)["Statement"] if "s3:" in str(one)]
        others = ("Exports", "AttachmentBucket", "ImageBucket")
        assert mine or all(any(name in str(one) for name in others) for one in buckets)
    lock = RESOURCES["AnchorBucket"]["Properties"]["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"]["Mode"]["Fn::If"][1] == "COMPLIANCE"


def test_the_bucket_of_documents_gives_nothing_that_was_not_scanned() -> None:
    policy = RESOURCES["AttachmentBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    tls, unscanned, tags = policy[0]["Fn::If"][2], policy[1], policy[2]
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    tag = f"s3:ExistingObjectTag/{SCAN_TAG}"
    assert unscanned["Condition"]["StringNotEquals"] == {tag: CLEAN}
    assert {"s3:GetObject", "s3:GetObjectVersion"} == set(unscanned["Action"])
    assert "s3:PutObjectTagging" in tags["Action"], "or whoever puts an object could call it clean"
    for statement in (tls, unscanned, tags):
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    for statement in (unscanned, tags):
        spared = statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]["Fn::If"]
        assert spared[2] == {"Fn::GetAtt": ["ScanRole", "Arn"]}
    bucket = RESOURCES["AttachmentBucket"]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert "CorsConfiguration" not in bucket, "a form needs none, and no script reads a document"
    plan = RESOURCES["ScanPlan"]["Properties"]
    assert plan["Actions"] == {"Tagging": {"Status": "ENABLED"}}
    assert plan["ProtectedResource"]["S3Bucket"]["ObjectPrefixes"] == [object_key("")]


def test_exports_are_nobody_s_but_their_asker_s_and_gone_in_a_day() -> None:
    bucket = RESOURCES["Exports"]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 1)
    reach = {policy.stem for policy in POLICIES if "Exports" in policy.read_text("utf-8")}
    assert reach == {"policy-api", "policy-run_jobs"}


def test_only_what_writes_letters_may_send_mail_and_what_tests_an_issue_for_the_desk() -> None:
    may = {policy.stem for policy in POLICIES if "ses:SendEmail" in policy.read_text("utf-8")}
    assert may == {"policy-deliver_letters", "policy-sweep", "policy-run_jobs"}


def test_the_one_function_that_feeds_its_queue_is_allowed_to() -> None:
    for function in FUNCTIONS:
        allowed = RESOURCES[function]["Properties"].get("RecursiveLoop")
        policy = ROOT / ".chalice" / f"policy-{snake(function)}.json"
        text = policy.read_text("utf-8")
        feeds_itself = "sqs:ReceiveMessage" in text and '"sqs:SendMessage"' in text
        assert (allowed == "Allow") == feeds_itself, function


def snake(function: str) -> str:
    if function == "APIHandler":
        return "api"
    return re.sub(r"(?<!^)(?=[A-Z])", "_", function).lower()


@pytest.mark.parametrize(
    ("runtime", "module", "wrong"),
    [
        ("python3.13", "core.cpython-313-x86_64-linux-gnu.so", ""),
        ("python3.13", "core.abi3.so", ""),
        ("python3.12", "core.cpython-313-x86_64-linux-gnu.so", "made for python3.12"),
        ("python3.13", "core.cpython-312-x86_64-linux-gnu.so", "for another Python"),
        ("python3.13", "core.cpython-3130-x86_64-linux-gnu.so", "for another Python"),
    ],
)
def test_a_zip_for_another_python_than_its_runtime_is_not_deployed(
    tmp_path: Path, runtime: str, module: str, wrong: str
) -> None:
    template, zipped = tmp_path / "sam.json", tmp_path / "deployment.zip"
    function = {"Type": "AWS::Serverless::Function", "Properties": {"Runtime": runtime}}
    template.write_text(json.dumps({"Resources": {"APIHandler": function}}), "utf-8")
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr(f"pydantic_core/{module}", b"")
    if not wrong:
        fits_the_runtime(template, zipped, "python3.13")
        return
    with pytest.raises(PackageError, match=wrong):
        fits_the_runtime(template, zipped, "python3.13")


def test_a_package_of_the_very_files_is_copied_and_one_that_is_not_whole_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Path] = []

    def build(out: Path, runtime: str) -> None:
        built.append(out)
        out.mkdir(parents=True)
        (out / "sam.json").write_text(f"built {len(built)}", "utf-8")

    monkeypatch.setattr("infra.package._build", build)
    first, second, third = (tmp_path / name for name in ("lint", "local", "prod"))
    assert package(first).read_text("utf-8") == "built 1"
    assert package(second).read_text("utf-8") == "built 1"
    for half in (first, second):
        (half / "inputs.sha256").unlink()
    assert package(third).read_text("utf-8") == "built 2"
    assert built == [first, third]
    # The machine of the tests has a Python of its own: what is made for it goes to no stage.
    assert package(tmp_path / "here", "python3.9").read_text("utf-8") == "built 3"
    assert package(third).read_text("utf-8") == "built 2"


def test_a_wait_that_was_in_vain_says_which_letters_are_owed_and_what_the_emulator_said_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = {"pk": "NEWS#1", "sk": "LETTER#7", "kind": "letter", "status": "owed", "why": "busy"}
    left = {**waits, "sk": "LETTER#8", "status": "sent"}
    log = tmp_path / "emulator.log"
    log.write_text("\n".join(f"line {n}" for n in range(100)), "utf-8")
    stack = deployed.Stack.__new__(deployed.Stack)
    monkeypatch.setattr(
        stack, "items", lambda: [{k: {"S": v} for k, v in row.items()} for row in (waits, left)]
    )
    monkeypatch.setattr(stack, "emulator", SimpleNamespace(log_path=log), raising=False)
    monkeypatch.setattr(deployed, "RUNNING", [stack])
    with pytest.raises(AssertionError) as failed:
        deployed.wait_for(lambda: None, "the mail", seconds=0)
    said = str(failed.value)
    assert said.startswith("waited 0 s in vain for the mail\n1 letters owed:\npk=NEWS#1")
    assert "why=busy" in said
    assert "LETTER#8" not in said
    assert said.endswith("line 99")
    assert "line 59" not in said
