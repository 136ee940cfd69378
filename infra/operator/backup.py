"""`relais backup`, `relais restore`: all that a stage holds, in a folder and back."""

import json
from pathlib import Path
from typing import Annotated, Final

import typer

from chalicelib.aws.keys import read_secret
from chalicelib.core.records import stamp
from infra.operator.copies import (
    BadCopy,
    Manifest,
    check_copy,
    differences,
    first_row,
    open_own,
    read_manifest,
    restore_copy,
    write_copy,
)
from infra.operator.errors import OperatorError
from infra.operator.session import Session, bar, session_of
from infra.people_key import links_name, people_name

KEYS_FILE: Final = "keys.json"

_MAX_NAMED: Final = 10
"""Differences that are named."""

Folder = Annotated[Path, typer.Argument(help="The folder of the copy.")]


def backup(
    context: typer.Context,
    folder: Folder,
    with_keys: Annotated[
        bool,
        typer.Option(
            "--with-keys", help="The keys too: who has them can open links and find people."
        ),
    ] = False,
) -> None:
    """Copy every row of a stage into a new folder; documents stay in their bucket."""
    session = session_of(context)
    operator = session.operator
    if folder.exists():
        raise OperatorError(f"{folder} exists already: a copy is written into a new folder")
    if not folder.parent.is_dir():
        raise OperatorError(f"{folder.parent} is no folder: a copy is written into one that exists")
    with bar("Rows") as shown:
        now = stamp(operator.now())
        manifest = write_copy(operator.tables, folder, operator.stage, now, shown.show)
    if with_keys:
        _keep_keys(session, folder)
    session.say(f"{_rows(manifest)} rows of {operator.stage} are in {folder}")


def restore(
    context: typer.Context,
    folder: Folder,
    go_on: Annotated[
        bool, typer.Option("--go-on", help="Into tables that a restore began to fill.")
    ] = False,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="The keys of the copy too, over those there are.")
    ] = False,
) -> None:
    """Fill the empty tables of a stage from a copy; letters that are owed wait for a look."""
    session = session_of(context)
    operator = session.operator
    manifest = _whole(folder)
    standing = first_row(operator.tables)
    if standing and not go_on:
        raise OperatorError(
            f"the tables of {operator.stage} are not empty ({standing} stands there): a copy "
            "goes into an empty stack, or with --go-on into one that it began to fill"
        )
    total = _rows(manifest)
    keys = _read_keys(folder) if with_keys else []
    session.confirm(
        f"Fill {operator.stage} with {total} rows of {manifest.stage} as of {manifest.at}?"
    )
    # What was owed when the copy was made may have left since.
    operator.services.reputation.pause("all", "relais restore")
    with bar("Rows", total) as shown:
        session.done = "rows are written one by one: the same with --go-on goes on"
        try:
            restore_copy(operator.tables, folder, manifest, shown.show)
        except BadCopy as error:
            raise OperatorError(str(error)) from None
    # Last: a stage whose restore was given up keeps the keys of its own rows.
    _bring_keys(session, keys)
    operator.recount.repair()
    session.say(
        f"{total} rows are restored. All letters are held: `relais compare` tells whether every row "
        "is there, and `relais letters resume` lets letters go"
    )


def compare(context: typer.Context, folder: Folder) -> None:
    """Compare every row of a stage with a copy, and end with 1 when one differs."""
    session = session_of(context)
    manifest = _whole(folder)
    found = list(differences(session.operator.tables, folder, manifest))
    for key in found[:_MAX_NAMED]:
        typer.echo(f"differs  {key}", err=True)
    if found:
        raise OperatorError(f"{len(found)} rows differ from the copy of {manifest.at}")
    session.say(f"All {_rows(manifest)} rows are as in the copy of {manifest.at}")


def _whole(folder: Path) -> Manifest:
    """Return what a copy says of itself, once all of it was read. Raises OperatorError."""
    try:
        manifest = read_manifest(folder)
        check_copy(folder, manifest)
    except BadCopy as error:
        raise OperatorError(str(error)) from None
    return manifest


def _rows(manifest: Manifest) -> int:
    return sum(copy.rows for copy in manifest.tables.values())


def _read_keys(folder: Path) -> list[str]:
    """Return the texts of the secrets in a copy, in the order of their names. Raises
    OperatorError."""
    try:
        kept = json.loads((folder / KEYS_FILE).read_text("utf-8"))
        return [str(text) for _, text in sorted(kept.items())]
    except (OSError, ValueError, AttributeError) as error:
        raise OperatorError(f"{folder} has no keys: {error}") from None


def _bring_keys(session: Session, keys: list[str]) -> None:
    """Put the keys of a copy, if any, in the place of those of the stage."""
    vault, stage = session.operator.client("secretsmanager"), session.operator.stage
    for name, text in zip(_key_names(stage) if keys else (), keys, strict=True):
        try:
            vault.put_secret_value(SecretId=name, SecretString=text)
        except vault.exceptions.ResourceNotFoundException:
            vault.create_secret(Name=name, SecretString=text)


def _key_names(stage: str) -> tuple[str, str]:
    """Return the names of the secrets of links and of people, in the order of the alphabet."""
    return links_name(stage), people_name(stage)


def _keep_keys(session: Session, folder: Path) -> None:
    vault, stage = session.operator.client("secretsmanager"), session.operator.stage
    keys = {name: read_secret(vault, name) for name in _key_names(stage)}
    path = folder / KEYS_FILE
    with open_own(path, "w") as file:
        json.dump(keys, file)
