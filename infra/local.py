"""`make run`: the stack of AWS on this machine, with a website, a mailbox and its logs."""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from infra.local_aws.emulator import Emulator, EmulatorError, free_port
from infra.local_aws.logs import Logs
from infra.local_aws.stack import STAFF, start_stack
from infra.package import ROOT, PackageError
from infra.run_file import use_root_key, write_run_file
from infra.stage_file import DeployError

LOCAL = ROOT / ".local"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SITE_PORT = 8080
GATEWAY_PORT = 4566

SETTING_UP = "Setting up Relais on this machine (the first time up to a minute, later ten seconds)"


def _ports() -> tuple[int, int]:
    """Return the ports of the website and of the gateway: those that the environment asks for,
    or the next free ones."""
    found = []
    for name, usual in (("PORT", SITE_PORT), ("GATEWAY_PORT", GATEWAY_PORT)):
        given = os.environ.get(name, "")
        if given and not given.isdecimal():
            raise EmulatorError(f"{name} must be a number, not {given!r}")
        try:
            found.append(free_port(int(given or usual), must=bool(given)))
        except EmulatorError:
            raise EmulatorError(f"port {given} ({name}) is taken; choose another one") from None
    return found[0], found[1]


def _print_step(text: str) -> None:
    print(f"  {text}", flush=True)


def main() -> None:
    use_root_key(os.environ)
    for number in SIGNALS:
        signal.signal(number, _stop)
    stack = None
    try:
        with _alone():
            site_port, gateway_port = _ports()
            print(SETTING_UP, flush=True)
            (LOCAL / "run.json").unlink(missing_ok=True)
            fresh = os.environ.get("FRESH") == "1"
            stack = start_stack(
                LOCAL, fresh=fresh, site_port=site_port, gateway_port=gateway_port, say=_print_step
            )
            write_run_file(LOCAL, stack.addresses)
            print(_welcome(stack.addresses), flush=True)
            try:
                _follow(stack.emulator)
            finally:
                (LOCAL / "run.json").unlink(missing_ok=True)
    except KeyboardInterrupt:
        print("\nStopping; what was stored is kept (make run FRESH=1 starts over)", flush=True)
    except (EmulatorError, DeployError, PackageError) as error:
        sys.exit(f"Not started: {error}")
    except (ClientError, BotoCoreError) as error:
        sys.exit(f"Not started: the emulator says: {error}")
    finally:
        if stack is not None:
            stack.stop()


def _stop(*_: object) -> None:
    """Stop once: a second Ctrl-C must not interrupt the stopping, which keeps the state."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def _alone() -> Iterator[None]:
    """Refuse a second run in this checkout: two would keep their state in one place."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmulatorError(
                "it runs here already; its addresses are in .local/run.json"
            ) from None
        yield


def _welcome(addresses: dict[str, str]) -> str:
    (french, _, _), (english, _, _) = STAFF
    return f"""
  website  {addresses["site"]}/fr/   {addresses["site"]}/en/
  mailbox  {addresses["mailbox"]}   all mail that leaves, to whomever
  api      {addresses["api"]}
  staff    {french} reads French, {english} reads English; either one decides

Send a form from the website, read its letters in the mailbox, and decide from the link in the
letter to {french} or {english}. Ctrl-C stops and keeps all; FRESH=1 starts over. What happens:"""


def _follow(emulator: Emulator) -> None:
    logs = Logs(emulator.url)
    while True:
        time.sleep(1)
        if not emulator.running():
            raise EmulatorError(f"the emulator stopped by itself; see {emulator.log_path}")
        logs.show()


if __name__ == "__main__":
    main()
