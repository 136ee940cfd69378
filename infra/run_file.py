"""What `make run` started, as others find it: its addresses in `.local/run.json`, and its keys."""

import json
import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

KEY = "local"
"""The emulator's root: it alone passes without a policy."""


def write_run_file(folder: Path, addresses: Mapping[str, str]) -> None:
    """Write the file whole or not at all: nobody reads half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "run.json.new"
    draft.write_text(json.dumps(dict(addresses), indent=1) + "\n", "utf-8")
    os.replace(draft, folder / "run.json")


def read_run_file(folder: Path) -> dict[str, str]:
    """Return the addresses of what runs now: site, api, mailbox, emulator and ses.

    Raises FileNotFoundError.
    """
    path = folder / "run.json"
    if not path.exists():
        raise FileNotFoundError("nothing runs here: start it with `make run`")
    found: dict[str, str] = json.loads(path.read_text("utf-8"))
    return found


def use_root_key(environment: MutableMapping[str, str]) -> None:
    """Take every AWS setting of the machine out, and put the emulator's in."""
    for name in [n for n in environment if n.startswith("AWS_")]:
        del environment[name]
    environment.update(
        AWS_ACCESS_KEY_ID=KEY,
        AWS_SECRET_ACCESS_KEY=KEY,
        AWS_DEFAULT_REGION="ca-central-1",
        # A profile of the machine must not decide anything here.
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )
