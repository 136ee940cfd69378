"""The lock of what runs in Lambda, and the licences of it: `python -m infra.supply lock`."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = ROOT / "requirements.lock"
RUNTIME: Final = "python3.13"
RUNTIME_ENDS: Final = date(2029, 6, 30)
"""The runtime of Lambda that a stage runs on, and until when AWS supports it."""

HERE: Final = f"python{sys.version_info.major}.{sys.version_info.minor}"
"""The runtime of the local AWS: that of the Python which runs this."""

LOCKED_FOR: Final = ("python3.11", "python3.12", "python3.13", "python3.14")
"""The runtimes whose wheels the lock names: AWS's, and those of the machines that it is tried on."""


def platform_of(runtime: str) -> Mapping[str, Sequence[str]]:
    """Return what pip is told of Lambda with a runtime, by the names of its options."""
    version = runtime.removeprefix("python")
    return {
        "platform": ("manylinux_2_17_x86_64", "manylinux2014_x86_64"),
        "implementation": ("cp",),
        "python_version": (version,),
        "abi": (f"cp{version.replace('.', '')}",),
    }


HEADER: Final = (
    "# Made by `make lock` from requirements.txt: what Lambda gets, as wheels, by their hashes.\n"
)

ALLOWED_LICENCES: Final = frozenset(
    {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "PSF-2.0"}
)
"""Licences that ask for their notice and no more. Another one is a decision of a person."""

_SPELT: Final = {
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "Python Software Foundation License": "PSF-2.0",
}
"""What packages call a licence → its SPDX name."""


@dataclass(frozen=True)
class Locked:
    """One package of the lock."""

    name: str
    version: str
    sha256: tuple[str, ...]
    """The hashes of its wheels, more than one where each Python has a wheel of its own."""

    def __str__(self) -> str:
        return " ".join(
            (f"{self.name}=={self.version}", *map("--hash=sha256:{}".format, self.sha256))
        )


def lock() -> str:
    """Resolve requirements.txt for Lambda, and return the text of its lock: the versions are those
    of the runtime, and the wheels those of each Python that the package may be made for."""
    found = _resolved(RUNTIME)
    hashes = {package: [sha256] for package, sha256 in found.items()}
    for runtime in LOCKED_FOR:
        for package, sha256 in _resolved(runtime).items():
            if package in hashes and sha256 not in hashes[package]:
                hashes[package].append(sha256)
    locked = [Locked(*package, tuple(sorted(each))) for package, each in sorted(hashes.items())]
    return HEADER + "".join(f"{one}\n" for one in locked)


def _resolved(runtime: str) -> dict[tuple[str, str], str]:
    """Return the hash of each wheel that pip would take, by its package's name and version."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
            "--target", folder, "--report", str(report), "--only-binary=:all:",
            *(
                f"--{name.replace('_', '-')}={one}"
                for name, values in platform_of(runtime).items()
                for one in values
            ),
            "-r", str(ROOT / "requirements.txt"),
        ]  # fmt: skip
        subprocess.run(command, check=True)
        found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return {
        (
            one["metadata"]["name"].lower().replace("_", "-"),
            one["metadata"]["version"],
        ): one["download_info"]["archive_info"]["hashes"]["sha256"]
        for one in found["install"]
    }


def locked() -> list[Locked]:
    """Return what the lock names."""
    lines = re.findall(
        r"^(\S+)==(\S+)((?: --hash=sha256:[0-9a-f]{64})+)$", LOCK.read_text("utf-8"), re.M
    )
    return [
        Locked(name, version, tuple(re.findall("[0-9a-f]{64}", hashes)))
        for name, version, hashes in lines
    ]


def licences() -> Iterator[tuple[str, str, str]]:
    """Yield name, version and licence (SPDX) of each package of the lock, as it is installed."""
    for one in locked():
        yield one.name, one.version, licence_of(metadata.metadata(one.name))


def licence_of(about: metadata.PackageMetadata) -> str:
    """Return the SPDX expression of a package's licence; what it says itself when that is none."""
    if expression := about.get_all("License-Expression"):
        return str(expression[0])
    licence = str((about.get_all("License") or [""])[0])
    if "\n" in licence or not licence:
        classifiers = about.get_all("Classifier") or []
        named = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License")]
        licence = " AND ".join(_SPELT.get(name, name) for name in named) or "unknown"
    return _SPELT.get(licence, licence)


def is_allowed(licence: str) -> bool:
    """Tell whether one of the alternatives asks for nothing that we do not do."""
    return any(
        all(part.strip(" ()") in ALLOWED_LICENCES for part in alternative.split(" AND "))
        for alternative in licence.split(" OR ")
    )


def main(words: list[str]) -> None:
    if words == ["lock"]:
        LOCK.write_text(lock(), "utf-8")
        print(f"Locked {len(locked())} packages")
        return
    refused = False
    for name, version, licence in licences():
        allowed = is_allowed(licence)
        refused |= not allowed
        print(f"{name:20} {version:12} {licence}{'' if allowed else '  NOT ALLOWED'}")
    if refused:
        sys.exit("A licence is not on the list: infra/supply.py")


if __name__ == "__main__":
    main(sys.argv[1:])
