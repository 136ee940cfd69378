"""The applicant's own file: where it stands, and what they can do with it."""

from chalicelib.own.door import FileDoor
from chalicelib.own.lost import LostLinks
from chalicelib.own.pages import FilePages

__all__ = ["FileDoor", "FilePages", "LostLinks"]
