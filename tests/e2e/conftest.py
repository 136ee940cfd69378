"""The real zip on the emulator, permissions enforced: one stack for all of these tests."""

import os
from collections.abc import Iterator

import pytest

from deployed import Stack
from infra.pythons import python_of
from infra.run_file import use_root_key
from infra.supply import HERE, RUNTIME


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if python_of(RUNTIME) is None:
        terminalreporter.write_line(
            f"No {RUNTIME} is on this machine: the zip was tried under {HERE} (`make runtime`)"
        )


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    before = dict(os.environ)
    use_root_key(os.environ)
    os.environ["DAILY_CANARY"] = "on"
    deployed = Stack(tmp_path_factory.mktemp("stack"))
    try:
        yield deployed
    finally:
        deployed.stop()
        os.environ.clear()
        os.environ.update(before)
