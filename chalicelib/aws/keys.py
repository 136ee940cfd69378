"""The keys that sign links and hash addresses, from Secrets Manager."""

import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.errors import StoreDown

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True)
class Keys:
    """`links`: signing keys, newest last. `people`: the key of address hashes, which never changes."""

    links: tuple[str, ...]
    people: bytes


def read(client: "SecretsManagerClient", name: str) -> Keys:
    """One secret holds them all: `{"key": "…"}` as the stack made it, `{"keys": [...]}` once rotated.

    Everything is derived from the masters, so that one call at a cold start is enough;
    the first master stays, since the hashes of addresses hang on it.
    """
    try:
        secret = client.get_secret_value(SecretId=name)["SecretString"]
    except (ClientError, BotoCoreError) as error:
        raise StoreDown(f"secret {name}: {error}") from error
    masters = _masters(secret)
    return Keys(
        links=tuple(hmac.digest(m.encode(), b"links", "sha256").hex() for m in masters),
        people=hmac.digest(masters[0].encode(), b"people", "sha256"),
    )


def rotated(secret: str, fresh: str) -> tuple[int, str]:
    """Return how many keys there are with a `fresh` one, and the secret that holds them all."""
    masters = [*_masters(secret), fresh]
    return len(masters), json.dumps({"keys": masters})


def _masters(secret: str) -> list[str]:
    held = json.loads(secret)
    return list(held["keys"]) if "keys" in held else [str(held["key"])]
