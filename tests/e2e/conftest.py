"""The real zip on the emulator, permissions enforced: one stack for all of these tests."""

import os
from collections.abc import Iterator

import pytest

from deployed import Stack
from infra.run_file import use_root_key


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    before = dict(os.environ)
    use_root_key(os.environ)  # type: ignore[arg-type]
    deployed = Stack(tmp_path_factory.mktemp("stack"))
    try:
        yield deployed
    finally:
        deployed.stop()
        os.environ.clear()
        os.environ.update(before)
