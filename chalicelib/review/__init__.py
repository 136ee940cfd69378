"""The review page: what its link shows, and what its form decides."""

from chalicelib.review.opened import Decision, Opened, Outcome, masked
from chalicelib.review.reviews import Reviews

__all__ = ["Decision", "Opened", "Outcome", "Reviews", "masked"]
