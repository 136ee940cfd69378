"""The published coaches, and how visitors find them.

A search needs `Directory` alone; `snapshot` and `sheets`, for those who publish, load pydantic.
"""

from chalicelib.directory.search import Directory
from chalicelib.errors import BadQuery

__all__ = ["BadQuery", "Directory"]
