"""The functions: whether they run, are woken, and may go on."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from infra.deploy import REGION
from infra.operator.checks.answers import answer_of
from infra.operator.stage import Operator
from infra.supply import RUNTIME, RUNTIME_ENDS

ENOUGH_FUNCTIONS: Final = 50
"""A new account runs ten functions at a time; below this a busy hour keeps visitors waiting."""

RUNTIME_NOTICE: Final = timedelta(days=180)
"""So long before its end a runtime is spoken of."""

FED: Final = ("deliver_letters", "settle_mail", "send_issue")
"""The functions that a stream or a queue wakes."""

TIMED: Final = ("sweep", "run_jobs", "anchor_audit", "sweep_attachments")
"""The functions that a schedule wakes."""

GIVEN_UP: Final = {
    "undelivered-records": "records of the stream that deliver_letters could not handle",
    "stuck-issues": "parts of an issue that send_issue could not send",
    "unsettled-mail": "reports of SES that settle_mail could not handle",
}
"""The queues of what was given up."""


def silent_api(operator: Operator) -> str | None:
    """Return a sentence when the API does not answer as visitors reach it."""
    url = f"{operator.settings.public_url}/health"
    status = answer_of(operator, lambda: operator.status_of(url))
    if status in (None, 200):
        return None
    said = f"answers {status}" if status else "does not answer"
    return f"{url} {said}: see the logs of the function api, and its domain and certificate"


def sleeping_functions(operator: Operator) -> str | None:
    """Return a sentence when a stream, a queue or a schedule does not wake its function."""
    for name in FED:
        if why := answer_of(operator, _unfed, operator, name):
            return why
    for name in TIMED:
        if why := answer_of(operator, _untimed, operator, name):
            return why
    return None


def full_queues(operator: Operator) -> str | None:
    """Return a sentence when something was given up, and waits for somebody to look."""
    for name, what in GIVEN_UP.items():
        count = answer_of(operator, _waiting, operator, name)
        if count:
            return (
                f"{count} {what}: read its log, mend it, and start the redrive of "
                f"relais-{operator.stage}-{name} in the SQS console"
            )
    return None


def few_functions(operator: Operator) -> str | None:
    """Return a sentence when few functions run at a time in this account, else None."""
    found = answer_of(operator, lambda: operator.client("lambda").get_account_settings())
    if found is None:
        return None
    limit = found["AccountLimit"]["ConcurrentExecutions"]
    if limit >= ENOUGH_FUNCTIONS:
        return None
    return (
        f"{limit} functions run at a time in this account: ask AWS for more (Service Quotas, "
        "Lambda, concurrent executions), then raise Workers in the stage's file"
    )


def unheard_access_log(operator: Operator, settings: Mapping[str, str]) -> str | None:
    """Return a sentence when a stage wants a log of its requests, and API Gateway may write none in
    this account and region."""
    if settings.get("AccessLogs") != "on":
        return None
    account = answer_of(operator, lambda: operator.client("apigateway").get_account())
    if account is None or account.get("cloudwatchRoleArn"):
        return None
    return (
        "AccessLogs is on, and API Gateway may not write logs in this account: give it a role once "
        "(API Gateway console, Settings, CloudWatch log role ARN)"
    )


def old_runtime(operator: Operator) -> str | None:
    """Return a sentence when AWS soon stops supporting the runtime of the functions, else None."""
    left = RUNTIME_ENDS - operator.now().date()
    if left >= RUNTIME_NOTICE:
        return None
    return (
        f"AWS supports {RUNTIME} until {RUNTIME_ENDS}: move RUNTIME in infra/supply.py to a newer "
        "one, `make lock`, and deploy"
    )


def _unfed(operator: Operator, name: str) -> str | None:
    function = f"relais-{operator.stage}-{name}"
    found = operator.client("lambda").list_event_source_mappings(FunctionName=function)
    sources = found["EventSourceMappings"]
    if not sources:
        return (
            f"nothing wakes {function}: make deploy STAGE={operator.stage} makes its mapping anew"
        )
    for source in sources:
        if source["State"] not in ("Enabled", "Enabling", "Updating"):
            return (
                f"what wakes {function} is {source['State']}: aws lambda "
                f"update-event-source-mapping --uuid {source['UUID']} --enabled"
            )
        if (said := source.get("LastProcessingResult", "OK")).startswith("PROBLEM"):
            return f"{function} is not woken as it should be; AWS says: {said}"
    return None


def _untimed(operator: Operator, name: str) -> str | None:
    function = f"relais-{operator.stage}-{name}"
    events = operator.client("events")
    target = f"arn:aws:lambda:{REGION}:{operator.account}:function:{function}"
    rules = events.list_rule_names_by_target(TargetArn=target)["RuleNames"]
    if not rules:
        return f"no schedule wakes {function}: make deploy STAGE={operator.stage} makes it anew"
    for rule in rules:
        if events.describe_rule(Name=rule)["State"] != "ENABLED":
            return f"the schedule of {function} is off: aws events enable-rule --name {rule}"
    return None


def _waiting(operator: Operator, name: str) -> int:
    queues = operator.client("sqs")
    url = queues.get_queue_url(QueueName=f"relais-{operator.stage}-{name}")["QueueUrl"]
    about = queues.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(about["Attributes"]["ApproximateNumberOfMessages"])


FUNCTION_CHECKS: Final = (silent_api, sleeping_functions, full_queues, few_functions, old_runtime)
