"""A function that many wake from one snapshot shares with them what it may, and no more."""

import random
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from botocore.config import Config

from chalicelib.aws import snapshots
from chalicelib.aws.clients import ONE_TRY, make_client


class Hooks(ModuleType):
    """What Lambda offers where a function can have snapshots."""

    def __init__(self) -> None:
        super().__init__("snapshot_restore_py")
        self.before: list[Callable[[], Any]] = []
        self.after: list[Callable[[], Any]] = []
        self.register_before_snapshot = self.before.append
        self.register_after_restore = self.after.append


def test_two_that_wake_from_one_snapshot_do_not_choose_alike(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = Hooks()
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", hooks)
    snapshots.prepare()
    ((before,), (after,)) = hooks.before, hooks.after
    before()
    assert set(snapshots.LOADED) <= sys.modules.keys()
    client = make_client("sesv2", Config(retries=ONE_TRY))
    closed: list[str] = []
    monkeypatch.setattr(client, "close", lambda: closed.append("closed"))
    kept = random.getstate()
    chosen = []
    for _ in range(3):
        random.setstate(kept)
        after()
        chosen.append(random.getrandbits(64))
    assert len(set(chosen)) == 3
    assert closed == ["closed"] * 3


def test_where_there_are_no_snapshots_nothing_is_prepared() -> None:
    assert "snapshot_restore_py" not in sys.modules
    snapshots.prepare()
