"""The real zip on the emulator, permissions enforced: one stack for all of these tests."""

import os
from collections.abc import Iterator

import pytest

from deployed import Stack
from infra import local
from infra.local_aws.emulator import free_port, use_root_key


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    before = dict(os.environ)
    use_root_key(os.environ)  # type: ignore[arg-type]
    folder = tmp_path_factory.mktemp("stack")
    running = local.start(
        folder, fresh=True, site_port=free_port(18080), gateway_port=free_port(14566)
    )
    try:
        yield Stack(running, folder)
    finally:
        running.stop()
        os.environ.clear()
        os.environ.update(before)
