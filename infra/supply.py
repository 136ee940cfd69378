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
PLATFORM: Final[Mapping[str, Sequence[str]]] = {
    "platform": ("manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "implementation": ("cp",),
    "python_version": ("3.11",),
    "abi": ("cp311",),
}
"""What pip is told of Lambda, by the names of its options."""

RUNTIME: Final = f"python{PLATFORM['python_version'][0]}"
RUNTIME_ENDS: Final = date(2027, 6, 30)
"""The runtime of Lambda that the wheels are for, and until when AWS supports it."""

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
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


def lock() -> str:
    """Resolve requirements.txt for Lambda, and return the text of its lock."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
            "--target", folder, "--report", str(report), "--only-binary=:all:",
            *(f"--{name.replace('_', '-')}={one}" for name, values in PLATFORM.items() for one in values),
            "-r", str(ROOT / "requirements.txt"),
        ]  # fmt: skip
        subprocess.run(command, check=True)
        found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    locked = [
        Locked(
            one["metadata"]["name"].lower().replace("_", "-"),
            one["metadata"]["version"],
            one["download_info"]["archive_info"]["hashes"]["sha256"],
        )
        for one in found["install"]
    ]
    return HEADER + "".join(f"{one}\n" for one in sorted(locked, key=lambda each: each.name))


def locked() -> list[Locked]:
    """Return what the lock names."""
    lines = re.findall(
        r"^(\S+)==(\S+) --hash=sha256:([0-9a-f]{64})$", LOCK.read_text("utf-8"), re.M
    )
    return [Locked(*line) for line in lines]


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
