"""The published coaches, and how visitors find them."""

from chalicelib.directory.asking import BadQuery
from chalicelib.directory.search import Directory
from chalicelib.directory.snapshot import build, fallback, store

__all__ = ["BadQuery", "Directory", "build", "fallback", "store"]
