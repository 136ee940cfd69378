"""`make run`: the stack of AWS on this machine, with a website, a mailbox and its logs."""

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy import REGION, DeployError, deploy
from infra.local_aws import mailbox, site
from infra.local_aws.emulator import Emulator, EmulatorError, free_port, use_root_key
from infra.local_aws.run_file import announce
from infra.local_aws.ses import PostOffice
from infra.local_aws.streams import renew_stream_mappings
from infra.operate import Operator
from infra.operator.newsletter import sample
from infra.operator.staff import OperateError, Roster
from infra.package import ROOT, PackageError, package

LOCAL = ROOT / ".local"
SAMPLE = ROOT / "infra" / "local_aws" / "sample"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OVERLAP = 60
"""Seconds: what a function said reaches its log late, when it ends."""
SITE_PORT = 8080
GATEWAY_PORT = 4566
STAFF = (("Rita Roy", "rita.roy@example.org", "fr"), ("Sam Lee", "sam.lee@example.org", "en"))


def settings(site_url: str) -> dict[str, str]:
    """The local stage: invented people, no undo and no morning to wait for, generous limits."""
    return {
        "WebsiteUrl": site_url,
        "AllowedOrigins": f"{site_url},{site_url.replace('127.0.0.1', 'localhost')}",
        "Sender": "Innoweave <forms@example.org>",
        "ReplyTo": "info@example.org",
        "UndoSeconds": os.environ.get("UNDO_SECONDS", "0"),
        "PostsPerHour": "100000",
        "SignupsPerHour": "100000",
        "QuorumApplication": os.environ.get("QUORUM_APPLICATION", "1"),
        "StepUp": os.environ.get("STEP_UP", "off"),
        "QuietHours": os.environ.get("QUIET_HOURS", "off"),
        "OrganizationName": "Innoweave",
        "ContactEmail": "info@example.org",
        "PrivacyContact": "vieprivee@example.org",
        "PersonInChargeTitle": "Direction générale",
        "PostalAddress": "1234, rue Exemple, Montréal (Québec) H2X 1Y4",
        "Emulator": "true",
    }


def say(text: str) -> None:
    print(f"  {text}", flush=True)


@dataclass(frozen=True)
class Running:
    """All that runs: stop it with `stop`."""

    emulator: Emulator
    office: PostOffice
    addresses: dict[str, str]

    def stop(self) -> None:
        self.emulator.stop()
        self.office.close()


def start(folder: Path, *, fresh: bool, site_port: int, gateway_port: int) -> Running:
    """Starts everything on this machine."""
    say("building the package")
    template = package(ROOT / "build" / "local")
    say("starting the emulator")
    mail_port = free_port(gateway_port + 1)
    url = f"http://127.0.0.1:{gateway_port}"
    office = PostOffice(mail_port, url, folder / "emulator" / "mail.jsonl", fresh=fresh)
    emulator = Emulator(gateway_port, folder / "emulator", fresh=fresh, mail=office.url)
    running = Running(emulator, office, {})
    try:
        emulator.start()
        running.addresses.update(_set_up(running, template, site_port, folder / "coaches.json"))
    except BaseException:
        running.stop()
        raise
    return running


def _set_up(running: Running, template: Path, site_port: int, copy: Path) -> dict[str, str]:
    emulator = running.emulator
    site_url = f"http://127.0.0.1:{site_port}"
    _verify_sender(emulator.url)
    deployed = deploy(
        "local",
        settings(site_url),
        template,
        endpoint=emulator.url,
        public_url=emulator.api,
        say=say,
    )
    renew_stream_mappings(emulator.url)
    _set_gateway_responses(emulator.url, deployed.outputs["RestAPIId"], template)
    _seed(emulator.url, deployed.outputs["RecordsTable"])
    _seed_coaches(running, copy)
    _seed_issue(running)
    site.serve(site_port, deployed.api, copy)
    mailbox_port = free_port(site_port + 1)
    mailbox.serve(mailbox_port, running.office)
    return {
        "site": site_url,
        "api": deployed.api,
        "mailbox": f"http://127.0.0.1:{mailbox_port}",
        "emulator": emulator.url,
        "postoffice": running.office.url,
    }


def _verify_sender(endpoint: str) -> None:
    client = boto3.client("sesv2", region_name=REGION, endpoint_url=endpoint)
    try:
        client.create_email_identity(EmailIdentity="example.org")
    except client.exceptions.AlreadyExistsException:
        pass


def _set_gateway_responses(endpoint: str, api: str, template: Path) -> None:
    """The emulator leaves them out when it imports the API's definition; AWS does not."""
    gateway = boto3.client("apigateway", region_name=REGION, endpoint_url=endpoint)
    resources = json.loads(template.read_text("utf-8"))["Resources"]
    defined = resources["RestAPI"]["Properties"]["DefinitionBody"]
    for kind, response in defined["x-amazon-apigateway-gateway-responses"].items():
        gateway.put_gateway_response(restApiId=api, responseType=kind, **response)
    gateway.create_deployment(restApiId=api, stageName="api")


def _seed(endpoint: str, table: str) -> None:
    """Two people who decide, one in each language."""
    roster = Roster(boto3.client("dynamodb", region_name=REGION, endpoint_url=endpoint), table)
    for name, email, lang in STAFF:
        try:
            roster.add(name, email, lang)
        except OperateError:
            continue
        say(f"added {name} to the staff")


def _seed_coaches(running: Running, copy: Path) -> None:
    """Invented coaches, unless there are some; and the copy that the website shows."""
    directory = Operator("local", running.emulator.url).directory
    if not any(directory.editions()):
        directory.import_(SAMPLE / "coaches.csv", "en", dry=False, by="sample")
        say("published the sample coaches")
    directory.fallback(copy)


def _seed_issue(running: Running) -> None:
    """An issue to read in the archive, which was sent to nobody."""
    operator = Operator("local", running.emulator.url)
    if sample.publish(operator.store, operator.settings()):
        say("published the sample issue")


class Logs:
    """Follows what the functions say, in short lines."""

    def __init__(self, endpoint: str) -> None:
        self._client: Any = boto3.client("logs", region_name=REGION, endpoint_url=endpoint)
        self._started = time.time()
        self._seen: set[tuple[str, ...]] = set()

    def show(self) -> None:
        since = int(max(self._started, time.time() - OVERLAP) * 1000)
        for name in ("api", "deliver_letters", "sweep", "settle_mail", "send_issue"):
            group = f"/aws/lambda/relais-local-{name}"
            try:
                events = self._client.filter_log_events(logGroupName=group, startTime=since)
            except (ClientError, BotoCoreError):
                continue
            for event in events["events"]:
                self._line(name, event)

    def _line(self, name: str, event: dict[str, Any]) -> None:
        text = event["message"].strip()
        # Not every event of the emulator has an id of its own.
        same = (name, event["logStreamName"], str(event["timestamp"]), text)
        if same in self._seen or text.startswith(("START ", "END ", "REPORT ")):
            return
        self._seen.add(same)
        at = time.strftime("%H:%M:%S", time.localtime(event["timestamp"] / 1000))
        print(f"{at} {name}: {text[:200]}", flush=True)


def _ports() -> tuple[int, int]:
    """As the environment says, or the next free ones."""
    found = []
    for name, usual in (("PORT", SITE_PORT), ("GATEWAY_PORT", GATEWAY_PORT)):
        given = os.environ.get(name, "")
        if given and not given.isdecimal():
            raise EmulatorError(f"{name} must be a number, not {given!r}")
        try:
            found.append(free_port(int(given or usual), must=bool(given)))
        except EmulatorError:
            raise EmulatorError(f"port {given} ({name}) is taken; choose another one") from None
    return found[0], found[1]


def main() -> None:
    use_root_key(os.environ)  # type: ignore[arg-type]
    for number in SIGNALS:
        signal.signal(number, _stop)
    running = None
    try:
        with _alone():
            site_port, gateway_port = _ports()
            print("Setting up Relais on this machine", flush=True)
            (LOCAL / "run.json").unlink(missing_ok=True)
            fresh = os.environ.get("FRESH") == "1"
            running = start(LOCAL, fresh=fresh, site_port=site_port, gateway_port=gateway_port)
            announce(LOCAL, running.addresses)
            print(_welcome(running.addresses), flush=True)
            try:
                _follow(running.emulator)
            finally:
                (LOCAL / "run.json").unlink(missing_ok=True)
    except KeyboardInterrupt:
        print("\nStopping; what was stored is kept (make run FRESH=1 starts over)", flush=True)
    except (EmulatorError, DeployError, PackageError) as error:
        sys.exit(f"Not started: {error}")
    except (ClientError, BotoCoreError) as error:
        sys.exit(f"Not started: the emulator says: {error}")
    finally:
        if running is not None:
            running.stop()


def _stop(*_: object) -> None:
    """Once: a second Ctrl-C must not interrupt the stopping, which keeps the state."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def _alone() -> Iterator[None]:
    """One run a checkout: two would keep their state in one place."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmulatorError(
                "it runs here already; its addresses are in .local/run.json"
            ) from None
        yield


def _welcome(addresses: dict[str, str]) -> str:
    return (
        f"\n  website  {addresses['site']}/fr/   {addresses['site']}/en/"
        f"\n  mailbox  {addresses['mailbox']}"
        f"\n  api      {addresses['api']}"
        "\n\nCtrl-C stops. What happens:"
    )


def _follow(emulator: Emulator) -> None:
    logs = Logs(emulator.url)
    while True:
        time.sleep(1)
        if not emulator.running():
            raise EmulatorError(f"the emulator stopped by itself; see {emulator.log_path}")
        logs.show()


if __name__ == "__main__":
    main()
