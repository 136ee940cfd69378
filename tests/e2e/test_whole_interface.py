"""The deployed stack answers what OpenAPI says, whatever a tester of interfaces makes up."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from deployed import Stack, ask

SUPPORT: Final = Path(__file__).resolve().parent.parent / "support"
EXAMPLES: Final = os.environ.get("EXAMPLES", "1")
"""How many requests are made up for each operation."""

CHECKS: Final = ",".join(
    f"{each}_conformance"
    for each in ("status_code", "content_type", "response_schema", "response_headers")
)


def test_every_operation_answers_what_is_documented_to_whatever_is_made_up(stack: Stack) -> None:
    program = Path(sys.prefix) / "bin" / "schemathesis"
    assert program.exists(), "make install"
    document = stack.folder / "openapi.json"
    document.write_text(ask("GET", f"{stack.api}/openapi.json").text, "utf-8")
    options = ["--url", stack.api, "--request-timeout", "60"]
    options += ["--phases", "fuzzing", "--max-examples", EXAMPLES, "--generation-deterministic"]
    options += ["--checks", f"not_a_server_error,{CHECKS}", "--no-color", "--no-shrink"]
    ran = subprocess.run(
        [str(program), "run", str(document), *options],
        cwd=stack.folder,
        env={**os.environ, "PYTHONPATH": str(SUPPORT), "SCHEMATHESIS_HOOKS": "many_networks"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
