"""`python -m infra.content`: says what is wrong with the content, and fails on it."""

import sys

from infra.content.check import faults

found = faults()
sys.stderr.writelines(f"{fault}\n" for fault in found)
sys.exit(1 if found else 0)
