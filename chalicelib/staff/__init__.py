"""The staff's door: the review page and what its form brings."""

from chalicelib.staff.door import StaffDoor

__all__ = ["StaffDoor"]
