"""A stage to whose operator AWS, the DNS and the API say what a test wants."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters
from moto import mock_aws

from chalicelib.aws.keys import Keys, people_secret
from chalicelib.core.letter_row import tag_of
from chalicelib.core.settings import Settings
from chalicelib.mail.outbox import By
from chalicelib.services import Services
from fakes import MemoryMailer, SetClock
from infra.operator.checks.answers import look
from infra.operator.doctor import CHECKS
from infra.operator.errors import OperatorError
from infra.operator.stage import Operator
from infra.stage_file import REGION
from tables import make_tables
from well_answers import (
    Answering,
    Said,
    measured,
    well,
)

DOCTORS_CANARIES = "CANARY#DOCTOR"

WELL = f"Well: {len(CHECKS)} checks"


def fly(operator: Operator, by: By = "stream", until: str = "delivery", spare: str = "") -> None:
    """Do with every canary what the stage does, so far, but for the one whose letter is spared."""
    for row in operator.store.rows(DOCTORS_CANARIES, "LETTER#"):
        if row["sk"] == spare:
            continue
        if until != "owed" and row["status"] == "owed":
            operator.services.mail.outbox.deliver((row["pk"], row["sk"]), by)
        elif until == "delivery":
            tags = {"mail": [tag_of(row["pk"], row["sk"])]}
            report = {"mail": {"tags": tags, "messageId": "m"}, "delivery": {}}
            operator.services.delivery_events.settle({"eventType": "Delivery", **report})


class Watched(Operator):
    """An operator to whom AWS, the DNS and the API say what a test wants.

    Questions and answers keep to the models of the services; what is not answered here goes to
    moto.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.says = well(self.now())
        self.denied: set[str] = set()
        self.dns_fails = False
        self.status = 200
        self.texts = {
            "_dmarc.example.org": ["v=DMARC1; p=reject"],
            "one._domainkey.example.org": ["p=MII"],
            "two._domainkey.example.org": ["p=MII"],
        }
        self._clients: dict[str, Any] = {}
        self.waited = 0
        self.flies: Callable[[Operator], None] = fly

    @cached_property
    def services(self) -> Services:
        keys = Keys(links=("a" * 64,), people=b"p" * 32)
        return Services(self.settings, self.store, keys, MemoryMailer(), self._now)

    def wait(self, seconds: float) -> None:
        self.waited += 1
        self.flies(self)

    def status_of(self, url: str) -> int:
        return self.status

    def dns_texts(self, name: str) -> list[str]:
        if self.dns_fails:
            raise OperatorError(f"the DNS does not say what {name} has: SERVFAIL")
        return self.texts.get(name, [])

    def mail_client(self) -> Any:
        return self.client("sesv2")

    def client(self, service: str) -> Any:
        if service not in self._clients:
            known = client_of(service)
            self._clients[service] = client = object.__new__(type(known))
            vars(client).update(vars(known))
            client._make_api_call = _answering(self, client, client._make_api_call)
        return self._clients[service]


@cache
def client_of(service: str) -> Any:
    """Return one client for all tests: to make one takes as long as a test."""
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


def _answering(operator: Watched, client: Any, ask: Callable[..., Any]) -> Callable[..., Any]:
    calls = {operation: name for name, operation in client.meta.method_to_api_mapping.items()}
    service = client.meta.service_model.service_name

    def answer(operation: str, given: dict[str, Any]) -> Any:
        name = f"{service}.{calls[operation]}"
        if name not in operator.says:
            return ask(operation, given)
        model = client.meta.service_model.operation_model(operation)
        if model.input_shape is not None:
            validate_parameters(given, model.input_shape)
        if name in operator.denied:
            raise ClientError(
                {
                    "Error": {
                        "Code": "AccessDenied",
                        "Message": f"not authorized to perform: {name}",
                    }
                },
                operation,
            )
        said = operator.says[name]
        if isinstance(said, str):
            message = f"so AWS says{', it does not exist' * (said == 'ValidationError')}"
            raise ClientError({"Error": {"Code": said, "Message": message}}, operation)
        if callable(said):
            said = said(given)
        # Parts of an answer are enough, but what there is must be spelt as AWS spells it.
        assert said.keys() <= model.output_shape.members.keys(), name
        return said

    return answer


def measures(**values: float) -> Callable[[Watched], None]:
    return lambda operator: operator.says.update(
        {"cloudwatch.get_metric_statistics": measured(operator.now(), **values)}
    )


def answers(name: str, **parts: Any) -> Callable[[Watched], None]:
    """Return what makes AWS answer a call otherwise."""
    return lambda operator: operator.says.update({name: {**operator.says[name], **parts}})


def says(name: str, said: Said | Answering | str) -> Callable[[Watched], None]:
    """Return what makes AWS answer a call so; a word is the code of an error."""
    return lambda operator: operator.says.update({name: said})


def with_texts(name: str, *texts: str) -> Callable[[Watched], None]:
    return lambda operator: operator.texts.update({name: [*texts]})


def secret_is(named: str, **said: Any) -> Callable[[Watched], None]:
    """Return what makes AWS say this of one secret; nothing of one that is gone."""

    def plant(operator: Watched) -> None:
        others = operator.says["secretsmanager.describe_secret"]

        def answer(given: Mapping[str, Any]) -> Said:
            if given["SecretId"] != named:
                return dict(others)
            if not said:
                raise ClientError(
                    {"Error": {"Code": "ResourceNotFoundException"}}, "DescribeSecret"
                )
            return {**others, **said}

        operator.says["secretsmanager.describe_secret"] = answer

    return plant


def of_operator(**parts: Any) -> Callable[[Watched], None]:
    return lambda operator: vars(operator).update(parts)


def found_in(operator: Operator) -> dict[str, str]:
    """Return what each check finds that finds something."""
    looked = [look(check, operator) for check in CHECKS]
    return {one.check: one.wrong for one in looked if one.wrong}


@contextmanager
def watched(settings: Settings, clock: SetClock) -> Iterator["Watched"]:
    """Let a test watch a stage where all is well."""
    with mock_aws():
        make_tables(boto3.client("dynamodb"), "relais-test-records", "relais-test-subscribers")
        vault = boto3.client("secretsmanager")
        for name, secret in {
            "keys": json.dumps({"key": "k" * 64}),
            "anchors": json.dumps({"key": "a" * 64}),
            "people": people_secret(b"p" * 32),
        }.items():
            vault.create_secret(Name=f"relais-test-{name}", SecretString=secret)
        found = Watched("test", now=clock, settings=settings)
        roster = found.services.cases.roster
        rita = roster.add("Rita Roy", "rita.roy@example.org", "fr", clock())
        roster.set_admin(rita, admin=True)
        yield found
