"""What `make run` tells of itself in `.local/run.json`."""

import json
import os
from collections.abc import Mapping
from pathlib import Path


def announce(folder: Path, addresses: Mapping[str, str]) -> None:
    """Whole or not at all: nobody reads half a file."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "run.json.new"
    draft.write_text(json.dumps(dict(addresses), indent=1) + "\n", "utf-8")
    os.replace(draft, folder / "run.json")


def running(folder: Path) -> dict[str, str]:
    """The addresses of what runs now. Raises FileNotFoundError."""
    path = folder / "run.json"
    if not path.exists():
        raise FileNotFoundError("nothing runs here: start it with `make run`")
    found: dict[str, str] = json.loads(path.read_text("utf-8"))
    return found
