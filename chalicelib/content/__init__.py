"""The words and rules of a programme, as data that staff may change."""

import json
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


@cache
def load(name: str) -> Any:
    """The content of `name`.json; read once."""
    return json.loads((HERE / f"{name}.json").read_bytes())
