"""An AWS on this machine: one process, with permissions enforced."""

import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import IO

from infra.run_file import use_root_key

SAVE_SECONDS = 20
"""How long an emulator that was told to end may take to keep its state."""

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def _end_with_us() -> None:
    """Tell the emulator to keep its state and end, however this process ends, killed too."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class EmulatorError(Exception):
    """Why the emulator did not start, in one line."""


def free_port(wanted: int, *, must: bool = False) -> int:
    """Return `wanted`, or the next free port unless it `must` be that one."""
    for port in range(wanted, wanted + (1 if must else 50)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise EmulatorError(f"port {wanted} is taken; choose another one")


class Emulator:
    """An emulator that answers at `url` and stops with everything it started."""

    def __init__(
        self, port: int, state: Path, *, fresh: bool = False, mail: str | None = None
    ) -> None:
        self.port = port
        self._mail = mail
        self.url = f"http://127.0.0.1:{port}"
        self._state = state
        self._fresh = fresh
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self.log_path = state.parent / "emulator.log"
        self._lock_path = state.parent / "emulator.lock"

    def start(self) -> None:
        # Beside the Python that runs this: the functions must be of the same version.
        program = Path(sys.prefix) / "emulator" / "bin" / "python"
        if not program.exists():
            raise EmulatorError("the emulator is not installed: run `make install`")
        self._state.parent.mkdir(parents=True, exist_ok=True)
        with self._lock_path.open("a") as lock:
            self._wait_for_predecessor(lock)
            if self._fresh:
                shutil.rmtree(self._state, ignore_errors=True)
            self._state.mkdir(parents=True, exist_ok=True)
            self._log = self.log_path.open("wb")
            self._process = subprocess.Popen(
                [str(program), "-P", str(Path(__file__).with_name("emulator_main.py"))],
                env=self._environment(),
                cwd=self._state,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # The lock is the emulator's from here on, until it ends.
                pass_fds=[lock.fileno()],
                preexec_fn=_end_with_us if sys.platform == "linux" else None,
            )
        self._wait()

    def _wait_for_predecessor(self, lock: IO[str]) -> None:
        """Take the lock of the state. The emulator of a run that was killed keeps it while it
        saves; whoever started before that would read half of it."""
        until = time.monotonic() + SAVE_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise EmulatorError(
                        "an emulator of an earlier run still works here: end it (pgrep -af ministack)"
                    ) from None
                time.sleep(0.1)
            else:
                return

    def tell_to_end(self) -> None:
        """Make the emulator keep its state and end, without waiting for it."""
        if self._process is not None:
            self._process.terminate()

    def stop(self) -> None:
        """Ask the emulator to end, which is when it keeps its state; then make sure of it."""
        if self._process is None:
            return
        group = os.getpgid(self._process.pid) if self._process.poll() is None else None
        self.tell_to_end()
        try:
            self._process.wait(SAVE_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        if group is not None:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._process = None
        if self._log:
            self._log.close()

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def api(self, api_id: str) -> str:
        """Return the address of a deployed API, without special host names."""
        return f"{self.url}/_aws/execute-api/{api_id}/api"

    def _environment(self) -> dict[str, str]:
        kept = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        use_root_key(environment)
        # Each run unpacks every function anew, and leaves it when it ends.
        scratch = self._state / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        if self._mail:
            # The functions inherit it: their mail goes through the local SES.
            environment["AWS_ENDPOINT_URL_SESV2"] = self._mail
        return {
            **environment,
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": "ca-central-1",
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self._state / "aws"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self._state / "s3"),
            "TMPDIR": str(scratch),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SFTP_ENABLED": "0",
        }

    def _wait(self) -> None:
        assert self._process is not None
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise EmulatorError(f"the emulator stopped at once; see {self.log_path}")
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise EmulatorError(f"the emulator does not answer; see {self.log_path}")


if __name__ == "__main__":
    sys.exit("Use `make run`.")
