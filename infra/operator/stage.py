"""One stage in an operator's hands: the services of Relais, on the stage's tables and keys."""

import os
import time
import urllib.error
import urllib.request
from datetime import datetime
from functools import cached_property, partial
from typing import Any

import boto3
from botocore.exceptions import ClientError

from chalicelib import content
from chalicelib.aws.keys import StoredKeys
from chalicelib.aws.lists import DynamoSubscriberStore
from chalicelib.core.edits import EditsInForce
from chalicelib.core.ports import Now
from chalicelib.core.settings import Settings, read, with_edits
from chalicelib.desk.recount import Recount
from chalicelib.newsletter.subscribers.growth import growth_of_all
from chalicelib.services import Services, utc_now
from infra.operator.errors import NotDeployed, OperatorError
from infra.operator.tables import Tables
from infra.package import ROOT
from infra.people_key import links_name, people_name
from infra.run_file import read_run_file, use_root_key
from infra.stage_file import REGION

LOCAL = "local"

ANSWER_SECONDS = 20
"""How long an address or the DNS may take to answer."""


def stages() -> list[str]:
    """Return the stages that exist: the one of `make run`, and those with a file."""
    return [LOCAL, *sorted(path.stem for path in (ROOT / "infra" / "stages").glob("*.json"))]


class Operator:
    """Whoever operates one stage: of the emulator while `make run` runs, else of AWS."""

    def __init__(
        self,
        stage: str,
        endpoint: str | None = None,
        mail_endpoint: str | None = None,
        *,
        now: Now = utc_now,
        settings: Settings | None = None,
    ) -> None:
        """`mail_endpoint` takes mail, where that is elsewhere than the rest; without `settings`
        the stage's own are read."""
        self.stage = stage
        self.endpoint = endpoint
        self._mail_endpoint = mail_endpoint or endpoint
        self._now = now
        self._given = settings

    @classmethod
    def of(cls, stage: str) -> "Operator":
        """Reach a stage by its name. Raises FileNotFoundError when the local one does not run."""
        if stage != LOCAL:
            return cls(stage)
        use_root_key(os.environ)
        addresses = read_run_file(ROOT / ".local")
        return cls(stage, addresses["emulator"], addresses["ses"])

    def now(self) -> datetime:
        return self._now()

    @cached_property
    def settings(self) -> Settings:
        """The settings in force: those of the deployed API, as staff changed them at the desk.
        Raises NotDeployed without an API."""
        deployed = self.deployed
        return with_edits(deployed, dict(self.edits.settings))

    @cached_property
    def deployed(self) -> Settings:
        """The settings that the API was deployed with. Raises NotDeployed without one."""
        if self._given is not None:
            return self._given
        name = f"relais-{self.stage}-api"
        try:
            found = self.client("lambda").get_function_configuration(FunctionName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            raise NotDeployed(self.stage) from None
        settings = read(found["Environment"]["Variables"])
        content.choose(settings.programme)
        return settings

    @cached_property
    def tables(self) -> Tables:
        client = self.client("dynamodb")
        return Tables(client, f"relais-{self.stage}-records", f"relais-{self.stage}-subscribers")

    @cached_property
    def store(self) -> DynamoSubscriberStore:
        tables = self.tables
        return DynamoSubscriberStore(tables.client, tables.records, tables.subscribers)

    @cached_property
    def edits(self) -> EditsInForce:
        """What staff changed at the desk, laid over the content of this process from now on: an
        operator writes in the words, and goes by the rules, that are in force."""
        found = EditsInForce(self.store, self._now)
        found.refresh()
        return found

    @cached_property
    def services(self) -> Services:
        vault = self.client("secretsmanager")
        secret = StoredKeys(vault, links_name(self.stage), people_name(self.stage), self._now)
        return Services(
            self.settings,
            self.store,
            secret,
            now=self._now,
            edits=self.edits,
            deployed=self.deployed,
        )

    @cached_property
    def recount(self) -> Recount:
        """What counts all files and subscribers anew."""
        return Recount(self.store, self._now, self.tables.cases, partial(growth_of_all, self.store))

    @cached_property
    def account(self) -> str:
        """The number of the account at AWS."""
        return str(self.client("sts").get_caller_identity()["Account"])

    def wait(self, seconds: float) -> None:
        """Let the stage work for a while."""
        time.sleep(seconds)

    def status_of(self, url: str) -> int:
        """Return the status that an address answers with; 0 when it does not answer."""
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def dns_texts(self, name: str) -> list[str]:
        """Return the TXT records of a name, or of the name that it leads to; none where there is no
        such name. Raises OperatorError when the DNS does not say."""
        # Only the doctor asks.
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN, NoAnswer, resolve

        try:
            found = resolve(name, "TXT", lifetime=ANSWER_SECONDS)
        except (NXDOMAIN, NoAnswer):
            return []
        except DNSException as error:
            raise OperatorError(f"the DNS does not say what {name} has: {error}") from None
        return [b"".join(record.strings).decode("utf-8", "replace") for record in found]

    def mail_client(self) -> Any:
        return boto3.client("sesv2", region_name=REGION, endpoint_url=self._mail_endpoint)

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name=REGION, endpoint_url=self.endpoint)  # type: ignore[call-overload]
