"""The life of a stage while people post: `make rehearsal`.

It is deployed, updated with a table that has one index more and a function more, gets a version
that fails, goes back to the one before, is destroyed, and stands again over what was kept. From the
first deploy to the destruction somebody posts form after form, and none fails.
"""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

import samples
from deployed import Response, Stack, ask, wait_for
from infra.cloud_stack import CloudStack
from infra.deploy import roll_back
from infra.stage_file import DeployError
from versions import BUILT, Edit, break_it, edited, put

STAGE = "rehearsal"
POST_PAUSE_SECONDS = 0.2
INDEX = "by_rehearsal"


class Posting(threading.Thread):
    """Somebody posts form after form, until stopped; keeps every answer."""

    def __init__(self, api: str) -> None:
        super().__init__(daemon=True)
        self.api = api
        self.answers: list[Response] = []
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(POST_PAUSE_SECONDS):
            number = len(self.answers)
            fields = samples.eoi(contact_email=f"ada{number}@example.org")
            body = json.dumps(fields).encode()
            url = f"{self.api}/forms/eoi"
            self.answers.append(ask("POST", url, body, Content_Type="application/json"))

    def go_on(self) -> None:
        """Wait until some more were answered."""
        enough = len(self.answers) + 3
        wait_for(lambda: len(self.answers) >= enough, "answers to more posts")

    def stop(self) -> list[Response]:
        self._over.set()
        self.join()
        return self.answers


def add_index_and_function(resources: dict[str, Any]) -> None:
    """A table with one index more, and a function more."""
    table = resources["Records"]["Properties"]
    table["AttributeDefinitions"].append({"AttributeName": INDEX, "AttributeType": "S"})
    table["GlobalSecondaryIndexes"].append(
        {
            "IndexName": INDEX,
            "KeySchema": [{"AttributeName": INDEX, "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    )
    resources["Another"] = {
        **resources["Sweep"],
        "Properties": {**resources["Sweep"]["Properties"], "FunctionName": f"relais-{STAGE}-more"},
    }
    resources["Another"]["Properties"].pop("Events", None)


def indexes(stack: Stack) -> set[str]:
    table = stack.client("dynamodb").describe_table(TableName=f"relais-{STAGE}-records")["Table"]
    return {one["IndexName"] for one in table["GlobalSecondaryIndexes"]}


def files(stack: Stack) -> set[str]:
    rows = stack._scan(f"relais-{STAGE}-records")
    return {row["id"]["S"] for row in rows if row.get("kind", {}).get("S") == "case"}


def test_a_stage_lives_through_everything_while_people_post(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    said: list[str] = []

    def version(*edits: Edit) -> Path:
        def edit(resources: dict[str, Any]) -> None:
            for each in edits:
                each(resources)

        return edited(tmp_path_factory.mktemp("version"), edit)

    first = put(stack, STAGE, BUILT, said)
    posting = Posting(first.api)
    posting.start()

    posting.go_on()
    put(stack, STAGE, version(add_index_and_function), said)
    posting.go_on()
    assert INDEX in indexes(stack)
    names = {f["FunctionName"] for f in stack.client("lambda").list_functions()["Functions"]}
    assert f"relais-{STAGE}-more" in names

    with pytest.raises(DeployError, match="NONSENSE"):
        put(stack, STAGE, version(add_index_and_function, break_it), said)
    posting.go_on()
    assert INDEX in indexes(stack), "what failed was taken back to what stood before"
    roll_back(STAGE, endpoint=stack.emulator.url, say=said.append)
    posting.go_on()
    assert INDEX not in indexes(stack)

    answers = posting.stop()
    assert [one.text for one in answers if one.status != 201] == []
    refs = [one.json["ref"] for one in answers]
    status = [one.json["links"]["status"] for one in answers]
    assert len(set(refs)) == len(refs)
    kept = files(stack)
    assert len(kept) == len(refs)

    CloudStack(stack.client("cloudformation"), f"relais-{STAGE}", said.append).destroy()
    assert files(stack) == kept, "the data outlives the stack"

    again = put(stack, STAGE, BUILT, said)
    assert any(line.startswith("taking over what was kept: ") for line in said)
    assert files(stack) == kept
    # The keys were taken over too: a link of before opens, at the new address.
    link = status[0].replace(first.api, again.api)
    assert refs[0] in stack.page(link).text
    last = Posting(again.api)
    last.start()
    last.go_on()
    assert {one.status for one in last.stop()} == {201}
    CloudStack(stack.client("cloudformation"), f"relais-{STAGE}", said.append).destroy()
    print(f"{len(answers)} posts during the deploys, none failed; " + "; ".join(said))
