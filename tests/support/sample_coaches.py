"""The sample directory of the local run, and one coach of it that tests know by name."""

from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[2] / "infra" / "local_aws" / "sample" / "coaches.csv"
PRIVATE = "mireille-tremblay-okafor@example.org"
MIREILLE = "mireille-tremblay-okafor"
