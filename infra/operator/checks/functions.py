"""The functions: whether they answer, leave nothing undone, and may go on."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from infra.operator.checks.answers import all_of, answer_of, aws
from infra.operator.checks.metrics import latest
from infra.operator.checks.waking import sleeping_functions
from infra.operator.stage import Operator
from infra.stage_file import REGION
from infra.supply import RUNTIME, RUNTIME_ENDS

ENOUGH_FUNCTIONS: Final = 50
"""A new account runs ten functions at a time; below this a busy hour keeps visitors waiting."""

RUNTIME_NOTICE: Final = timedelta(days=180)
"""So long before its end a runtime is spoken of."""

_PURGE: Final = "sqs purge-queue --queue-url {url}"

_REDRIVE: Final = "sqs start-message-move-task --source-arn {arn}"

GIVEN_UP: Final = {
    "undelivered-records": (
        "records of the stream that deliver_letters could not handle: read its log; the sweep "
        "sends these letters by itself within a minute, so delete the messages once it has",
        _PURGE,
    ),
    "stuck-issues": (
        "parts of an issue that send_issue could not send: read its log, mend it, and start the "
        "redrive, for what was sent is not sent again",
        _REDRIVE,
    ),
    "unsettled-mail": (
        "reports of SES that settle_mail could not handle: read its log, mend it, and start the "
        "redrive, for a report that comes twice does no harm",
        _REDRIVE,
    ),
}
"""The queues of what was given up: what is in each and what to do, and the command for that."""


LATELY: Final = timedelta(minutes=15)

WAITS_AT_MOST: Final = {
    "mail-events": (timedelta(minutes=15), "settle_mail"),
    "issues": (timedelta(hours=1), "send_issue"),
}
"""A queue → how long something may stand in it, as its alarm has it, and what takes it from there.
Parts of an issue wait for a quarter of an hour by themselves where SES has no room."""

EACH_MINUTE: Final = "run_jobs"
"""A function that a schedule wakes each minute, and that nothing else tells of when none does."""


def silent_api(operator: Operator) -> str | None:
    """Return a sentence when the API does not answer as visitors reach it."""
    url = f"{operator.settings.public_url}/health"
    status = answer_of(operator, lambda: operator.status_of(url))
    if status in (None, 200):
        return None
    said = f"answers {status}" if status else "does not answer"
    return f"{url} {said}: see the logs of the function api, and its domain and certificate"


def full_queues(operator: Operator) -> str | None:
    """Return a sentence when something was given up, and waits for somebody to look."""
    return all_of(*(partial(_given_up, operator, name) for name in GIVEN_UP))


def _given_up(operator: Operator, name: str) -> str | None:
    found = answer_of(operator, _waiting, operator, name)
    if found is None:
        return None
    url, count = found
    if not count:
        return None
    what, command = GIVEN_UP[name]
    arn = f"arn:aws:sqs:{REGION}:{operator.account}:relais-{operator.stage}-{name}"
    return f"{count} {what}: {aws(command.format(url=url, arn=arn))}"


def slow_queues(operator: Operator) -> str | None:
    """Return a sentence when what stands in a queue waits for long, or nobody goes on with jobs."""
    return all_of(
        *(partial(_slow, operator, name) for name in WAITS_AT_MOST), partial(_idle, operator)
    )


def _slow(operator: Operator, name: str) -> str | None:
    queue = f"relais-{operator.stage}-{name}"
    metric = "AWS/SQS/ApproximateAgeOfOldestMessage"
    age = answer_of(operator, latest, operator, metric, "Maximum", LATELY, {"QueueName": queue})
    most, function = WAITS_AT_MOST[name]
    if age is None or age <= most.total_seconds():
        return None
    return (
        f"something waits in the queue {queue} for {age / 60:.0f} minutes: read the log of "
        f"{function}, which takes it from there"
    )


def _idle(operator: Operator) -> str | None:
    function = f"relais-{operator.stage}-{EACH_MINUTE}"
    metric = "AWS/Lambda/Invocations"
    count = answer_of(operator, latest, operator, metric, "Sum", LATELY, {"FunctionName": function})
    if count:
        return None
    return (
        f"nothing woke {function} for {LATELY.seconds // 60} minutes, and what staff asked for "
        "waits: look at its rule (EventBridge) and its log"
    )


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


def _waiting(operator: Operator, name: str) -> tuple[str, int]:
    """Return the address of a queue, and how many messages wait in it."""
    queues = operator.client("sqs")
    url = queues.get_queue_url(QueueName=f"relais-{operator.stage}-{name}")["QueueUrl"]
    about = queues.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return url, int(about["Attributes"]["ApproximateNumberOfMessages"])


FUNCTION_CHECKS: Final = (
    silent_api,
    sleeping_functions,
    full_queues,
    slow_queues,
    few_functions,
    old_runtime,
)
