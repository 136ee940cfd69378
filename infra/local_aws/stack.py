"""The stack of AWS on this machine: deployed to the emulator, with a website and a mailbox."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from chalicelib.cases.roles import ROLES
from chalicelib.cases.staff import RosterRefused
from chalicelib.core.languages import Lang
from infra.deploy import Deployed, deploy
from infra.local_aws import mailbox, site
from infra.local_aws.emulator import Emulator, free_port
from infra.local_aws.scan import LocalScan
from infra.local_aws.ses import LocalSes
from infra.local_aws.streams import renew_stream_mappings
from infra.operator.directory import DirectoryPublisher
from infra.operator.newsletter import sample
from infra.operator.stage import Operator
from infra.package import ROOT, package
from infra.stage_file import REGION
from infra.supply import HERE

SAMPLE = ROOT / "infra" / "local_aws" / "sample"
STAFF: tuple[tuple[str, str, Lang], tuple[str, str, Lang]] = (
    ("Rita Roy", "rita.roy@example.org", "fr"),
    ("Sam Lee", "sam.lee@example.org", "en"),
)
"""Name, address and language of each person who decides on the local stage."""

Say = Callable[[str], None]


def stack_settings(site_url: str) -> dict[str, str]:
    """Return the settings of the local stage: invented people, no undo and no morning to wait for,
    generous limits."""
    return {
        "WebsiteUrl": site_url,
        "AllowedOrigins": f"{site_url},{site_url.replace('127.0.0.1', 'localhost')}",
        "Sender": "Innoweave <forms@example.org>",
        "ReplyTo": "info@example.org",
        "UndoSeconds": os.environ.get("UNDO_SECONDS", "0"),
        **_limits(),
        "QuorumApplication": os.environ.get("QUORUM_APPLICATION", "1"),
        "StepUp": os.environ.get("STEP_UP", "off"),
        "QuietHours": os.environ.get("QUIET_HOURS", "off"),
        "DailyCanary": os.environ.get("DAILY_CANARY", "off"),
        "OrganizationName": "Innoweave",
        "ContactEmail": "info@example.org",
        "PrivacyContact": "vieprivee@example.org",
        "PrivacyPolicyFr": "https://www.example.org/fr/confidentialite",
        "PrivacyPolicyEn": "https://www.example.org/en/privacy",
        "Programme": os.environ.get("PROGRAMME", ""),
        "PersonInChargeTitleFr": "Direction générale",
        "PersonInChargeTitleEn": "Executive Director",
        "PostalAddress": "1234, rue Exemple, Montréal (Québec) H2X 1Y4",
        "AlarmEmail": "alarms@example.org",
        "Emulator": "true",
    }


def _limits() -> dict[str, str]:
    """Return how much within an hour: generous, or with LIMITS=prod what production allows."""
    names = ("PostsPerHour", "SignupsPerHour", "UnprovedLettersPerHour", "StaffLettersPerHour")
    if os.environ.get("LIMITS") != "prod":
        return dict.fromkeys(names, "100000")
    prod = json.loads((ROOT / "infra" / "stages" / "prod.json").read_text("utf-8"))
    return {name: prod[name] for name in names}


@dataclass(frozen=True)
class LocalStack:
    """All that runs, until `stop`. `addresses` are those of `.local/run.json`: site, api,
    mailbox, emulator and ses."""

    emulator: Emulator
    ses: LocalSes
    website: HTTPServer
    mailbox: HTTPServer
    addresses: dict[str, str]
    scan: LocalScan

    def stop(self) -> None:
        """End everything; the emulator keeps its state."""
        self.emulator.stop()
        self.close_servers()

    def close_servers(self) -> None:
        self.scan.close()
        self.ses.close()
        for server in (self.website, self.mailbox):
            server.shutdown()
            server.server_close()


def start_stack(
    folder: Path, *, fresh: bool, site_port: int, gateway_port: int, say: Say = print
) -> LocalStack:
    """Start everything on this machine, over the state kept in `folder` unless `fresh`."""
    say("building the package")
    template = package(ROOT / "build" / "local", HERE)
    say("starting the emulator")
    url = f"http://127.0.0.1:{gateway_port}"
    mail = folder / "emulator" / "mail.jsonl"
    ses = LocalSes(free_port(gateway_port + 1), url, mail, fresh=fresh)
    emulator = Emulator(gateway_port, folder / "emulator", fresh=fresh, mail=ses.url)
    try:
        emulator.start()
        site_url = f"http://127.0.0.1:{site_port}"
        deployed = _deploy(emulator, template, site_url, say)
        coaches = folder / "coaches.json"
        _seed(Operator("local", emulator.url), coaches, say)
    except BaseException:
        emulator.stop()
        ses.close()
        raise
    website = site.serve(site_port, deployed.api, coaches)
    mailbox_port = free_port(site_port + 1)
    addresses = {
        "site": site_url,
        "api": deployed.api,
        "mailbox": f"http://127.0.0.1:{mailbox_port}",
        "emulator": emulator.url,
        "ses": ses.url,
    }
    scan = LocalScan(emulator.url, deployed.outputs["AttachmentBucket"])
    box = mailbox.serve(mailbox_port, ses)
    return LocalStack(emulator, ses, website, box, addresses, scan)


def _deploy(emulator: Emulator, template: Path, site_url: str, say: Say) -> Deployed:
    _verify_sender(emulator.url)
    settings = stack_settings(site_url)
    deployed = deploy(
        "local", settings, template, endpoint=emulator.url, public_url=emulator.api, say=say
    )
    renew_stream_mappings(emulator.url)
    _set_gateway_responses(emulator.url, deployed.outputs["RestAPIId"], template)
    return deployed


def _seed(operator: Operator, coaches: Path, say: Say) -> None:
    """Add what there is not yet of staff, coaches and an issue; write the website's copy of
    the coaches."""
    services = operator.services
    for name, email, lang in STAFF:
        try:
            services.cases.roster.add(name, email, lang, operator.now())
        except RosterRefused:
            continue
        say(f"added {name} to the staff")
    # Somebody opens every page of the desk without a command.
    keeper = next(one for one in services.cases.roster.active() if one.email == STAFF[0][1])
    if keeper.roles == {"officer"}:
        services.cases.roster.set_roles(keeper.id, ROLES)
    directory = DirectoryPublisher(services.coaches.editions)
    if not directory.editions():
        directory.import_(SAMPLE / "coaches.csv", "en", dry=False, by="sample")
        say("published the sample coaches")
    directory.fallback(coaches)
    if sample.publish(services):
        # For the archive; it was sent to nobody.
        say("published the sample issue")


def _verify_sender(endpoint: str) -> None:
    client = boto3.client("sesv2", region_name=REGION, endpoint_url=endpoint)
    try:
        client.create_email_identity(EmailIdentity="example.org")
    except client.exceptions.AlreadyExistsException:
        pass


def _set_gateway_responses(endpoint: str, api: str, template: Path) -> None:
    """Set what the emulator leaves out when it imports the API's definition, and AWS does not."""
    gateway = boto3.client("apigateway", region_name=REGION, endpoint_url=endpoint)
    resources = json.loads(template.read_text("utf-8"))["Resources"]
    defined = resources["RestAPI"]["Properties"]["DefinitionBody"]
    for kind, response in defined["x-amazon-apigateway-gateway-responses"].items():
        gateway.put_gateway_response(restApiId=api, responseType=kind, **response)
    _set_binary_types(endpoint, api, defined["x-amazon-apigateway-binary-media-types"])
    gateway.create_deployment(restApiId=api, stageName="api")


def _set_binary_types(endpoint: str, api: str, types: list[str]) -> None:
    """Say which bodies are bytes: read as text, a document would be spoilt. The emulator knows no
    escape in the path of a change, and takes the list whole, which AWS's own client would not send."""
    unchecked = Config(parameter_validation=False)
    gateway: Any = boto3.client(
        "apigateway", region_name=REGION, endpoint_url=endpoint, config=unchecked
    )
    change = {"op": "replace", "path": "/binaryMediaTypes", "value": types}
    gateway.update_rest_api(restApiId=api, patchOperations=[change])
