"""Letters from the templates of the package, whose styles stand in their elements."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from jinja2 import FileSystemLoader

from chalicelib.core.templates import TEMPLATES, environment
from infra.letter_styles import inline_styles


@contextmanager
def packaged_letters() -> Iterator[None]:
    """Write every letter as the functions on AWS do."""
    before = environment().loader
    environment().loader = _loader()
    try:
        yield
    finally:
        environment().loader = before


@cache
def _loader() -> FileSystemLoader:
    folder = Path(tempfile.mkdtemp()) / "templates"
    shutil.copytree(TEMPLATES, folder)
    inline_styles(folder)
    return FileSystemLoader(folder)
