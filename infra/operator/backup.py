"""`relais backup`, `relais restore`: all that a stage holds, in a folder and back."""

import json
from pathlib import Path
from shlex import quote
from typing import Annotated, Final

import typer

from chalicelib.aws.keys import read_secret
from chalicelib.core.records import stamp
from infra.kept import filled, kept_names
from infra.operator.checks.answers import aws
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
from infra.operator.stage import LOCAL, Operator
from infra.people_key import links_name, people_name
from infra.stage_file import template_source

KEYS_FILE: Final = "keys.json"

_BUCKETS: Final = {"documents": "AttachmentBucket", "images": "ImageBucket"}
"""A folder beside the rows of a copy → the bucket of the template that is copied there."""

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
    """Copy every row of a stage into a new folder, and say how documents and images get there."""
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
    _say_of_files(
        session,
        "Documents and images are not in it, and nothing keeps what is deleted of them: what the scan "
        "let through is copied by ",
        [aws(f"s3 sync {bucket} {here}") for bucket, here in _files(operator, folder)],
    )


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
    _find_room(operator, go_on=go_on)
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
    back = [aws(f"s3 sync {here} {bucket}") for bucket, here in _files(operator, folder)]
    _say_of_files(session, "Documents and images come back by ", back)


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


def _find_room(operator: Operator, *, go_on: bool) -> None:
    """Raise OperatorError where rows stand that nobody said a restore began with."""
    standing = first_row(operator.tables)
    if standing and not go_on:
        raise OperatorError(
            f"the tables of {operator.stage} are not empty ({standing} stands there): a copy "
            "goes into an empty stack, or with --go-on into one that it began to fill"
        )


def _say_of_files(session: Session, how: str, commands: list[str]) -> None:
    """Say which commands of AWS's own bring what is in buckets; the local stage has no such."""
    if session.operator.stage != LOCAL:
        session.say(how + " and ".join(commands))


def _files(operator: Operator, folder: Path) -> list[tuple[str, str]]:
    """Return where documents and images are, and where a copy has them, as a shell reads it."""
    patterns = {logical: pattern for logical, _, pattern in kept_names(template_source())}
    return [
        (
            f"s3://{filled(patterns[logical], operator.stage, operator.account)}",
            quote(str(folder / name)),
        )
        for name, logical in _BUCKETS.items()
    ]


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
