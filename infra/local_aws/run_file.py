"""The addresses of what `make run` started, in `.local/run.json`."""

import json
import os
from collections.abc import Mapping
from pathlib import Path


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
