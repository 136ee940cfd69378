"""What a function renews when Lambda wakes it from a snapshot: many wake from one, as if each were
the first."""

import random
from importlib import import_module
from typing import Final

from chalicelib.aws.clients import connect_anew

LOADED: Final = ("chalicelib.wiring.views", "chalicelib.wiring.cases", "chalicelib.core.templates")
"""What requests import as they need it, and a snapshot holds already."""


def renew() -> None:
    """Renew what no two copies may share: the order in which they choose and wait, and connections.

    All else may be shared. Keys, clients and rights are read at the first request and not before
    the snapshot; tokens and references are of the machine's own randomness.
    """
    random.seed()
    connect_anew()


def load() -> None:
    """Import before the snapshot what a request would import after it."""
    for name in LOADED:
        import_module(name)


def prepare() -> None:
    """Have Lambda call these before it takes a snapshot, and after it woke one. It offers that
    where a function can have snapshots; elsewhere this does nothing."""
    try:
        hooks = import_module("snapshot_restore_py")
    except ImportError:
        return
    hooks.register_before_snapshot(load)
    hooks.register_after_restore(renew)
