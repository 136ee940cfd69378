"""The secret of the key that hashes addresses: made once, and never another."""

import secrets
from typing import TYPE_CHECKING

from chalicelib.aws.keys import (
    MissingSecret,
    legacy_people_key,
    people_key,
    people_secret,
    read_secret,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class PeopleKeyLost(Exception):
    """Why the key of people cannot be kept: a new one would make strangers of everybody."""


def links_name(stage: str) -> str:
    return f"relais-{stage}-keys"


def people_name(stage: str) -> str:
    return f"relais-{stage}-people"


def anchors_name(stage: str) -> str:
    return f"relais-{stage}-anchors"


def keep_people_key(client: "SecretsManagerClient", stage: str) -> bool:
    """See that the key of people has a secret of its own; return whether it was made now.

    A stack from before keeps the key that its hashes were made with; a new one gets a random
    one. Raises PeopleKeyLost when the secret is gone and nothing tells what the key was.
    """
    try:
        people_key(read_secret(client, people_name(stage)))
    except MissingSecret:
        key = _first_key(client, stage)
    else:
        return False
    client.create_secret(
        Name=people_name(stage),
        SecretString=people_secret(key),
        Description="Hashes addresses; it never changes, for all rows of people hang on it",
    )
    return True


def _first_key(client: "SecretsManagerClient", stage: str) -> bytes:
    try:
        links = read_secret(client, links_name(stage))
    except MissingSecret:
        return secrets.token_bytes(32)
    key = legacy_people_key(links)
    if key is None:
        raise PeopleKeyLost(
            f"the secret {people_name(stage)} is gone: restore it, for nobody is found without it"
        )
    return key
