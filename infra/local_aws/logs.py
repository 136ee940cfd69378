"""What the functions log on the local AWS, in short lines."""

import json
import time
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.log_lines import Facts
from infra.stage_file import REGION

OVERLAP_SECONDS = 60
"""A function's lines reach its log late, when it ends."""

SKIPPED = ("START ", "END ", "REPORT ", '{"_aws"')
"""How lines begin that tell nobody anything here."""

WIDTH_CHARACTERS = 200

FUNCTIONS = ("api", "deliver_letters", "sweep", "settle_mail", "send_issue", "run_jobs")


class Logs:
    """Follows the logs of all functions from its making on."""

    def __init__(self, endpoint: str) -> None:
        self._client: Any = boto3.client("logs", region_name=REGION, endpoint_url=endpoint)
        self._started = time.time()
        self._seen: set[tuple[str, ...]] = set()

    def show(self) -> None:
        """Print the lines that came since the last call."""
        since = int(max(self._started, time.time() - OVERLAP_SECONDS) * 1000)
        for name in FUNCTIONS:
            group = f"/aws/lambda/relais-local-{name}"
            try:
                events = self._client.filter_log_events(logGroupName=group, startTime=since)
            except (ClientError, BotoCoreError):
                continue
            for event in events["events"]:
                self._print(name, event)

    def _print(self, name: str, event: dict[str, Any]) -> None:
        text = event["message"].strip()
        # Not every event of the emulator has an id of its own.
        line = (name, event["logStreamName"], str(event["timestamp"]), text)
        if line in self._seen or text.startswith(SKIPPED):
            return
        self._seen.add(line)
        at = time.strftime("%H:%M:%S", time.localtime(event["timestamp"] / 1000))
        print(f"{at} {name}: {_short(text)[:WIDTH_CHARACTERS]}", flush=True)


def _short(text: str) -> str:
    """Return a line as a person reads it; what is no line of JSON as it is."""
    try:
        line = json.loads(text)
        facts = [f"{name}={line[name]}" for name in Facts.__annotations__ if name in line]
        return " ".join([line["message"], *facts, line.get("errorType", "")]).rstrip()
    except (ValueError, KeyError, TypeError):
        return text
