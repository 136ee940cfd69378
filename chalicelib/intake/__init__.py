"""A form on its way into the store: one transaction, and repeats that change nothing."""

from chalicelib.intake.arrival import Arrival, Receipt
from chalicelib.intake.door import Intake

__all__ = ["Arrival", "Intake", "Receipt"]
