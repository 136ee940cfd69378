"""The keys that sign links, and the one that hashes addresses: two secrets of Secrets Manager."""

import hashlib
import hmac
import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.errors import StoreDown
from chalicelib.core.ports import Now
from chalicelib.core.records import stamp

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

log = logging.getLogger("relais.aws.keys")

REFRESH: Final = timedelta(minutes=5)
"""How long a running function goes on with the link keys that it read."""

KEYS_RETRY_WAIT: Final = timedelta(minutes=1)
"""How soon they are read again when they could not be."""

SIGNING_DELAY: Final = timedelta(minutes=10)
"""How long a new key waits before it signs: by then every function opens what it signs."""


class Keys(NamedTuple):
    """Keys that are known."""

    links: tuple[str, ...]
    people: bytes


class LinkKey(NamedTuple):
    """A key of links; it opens at once, and signs from the stamp `signs_from` on."""

    key: str
    signs_from: str = ""

    @property
    def id(self) -> str:
        """How an operator names the key: nothing of the key can be told from it."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:8]


class KeyRing(NamedTuple):
    """The keys of links, oldest first, and the ids of those that were taken back."""

    keys: tuple[LinkKey, ...]
    retired: tuple[str, ...] = ()

    @classmethod
    def parse(cls, secret: str) -> "KeyRing":
        """Read the secret, also as it was before keys had ids: `{"key": "…"}` as the stack makes
        it, or `{"keys": [...]}`; links were signed with what is derived from these masters."""
        held = json.loads(secret)
        if "links" in held:
            return cls(tuple(LinkKey(**one) for one in held["links"]), tuple(held["retired"]))
        return cls(tuple(LinkKey(_derived(master, b"links").hex()) for master in _masters(held)))

    def dump(self) -> str:
        links = [{"key": one.key, "signs_from": one.signs_from} for one in self.keys]
        return json.dumps({"links": links, "retired": self.retired})

    def signing(self, now: datetime) -> LinkKey:
        """Return the newest key that may sign already."""
        ready = [key for key in self.keys if key.signs_from <= stamp(now)]
        return ready[-1] if ready else self.keys[0]

    def in_use(self, now: datetime) -> tuple[str, ...]:
        """Return every key that opens links; the last of them signs."""
        last = self.signing(now)
        return (*(one.key for one in self.keys if one != last), last.key)

    def rotated(self, fresh: str, now: datetime) -> "KeyRing":
        """Return the ring with a fresh key, which signs once every function knows it."""
        return self._replace(
            keys=(*self.keys, LinkKey(fresh, signs_from=stamp(now + SIGNING_DELAY)))
        )

    def without(self, key_id: str) -> "KeyRing":
        """Return the ring without a key: what it signed opens no longer."""
        left = tuple(key for key in self.keys if key.id != key_id)
        return KeyRing(left, (*self.retired, key_id))


class StoredKeys:
    """The keys as they are kept: each is read when it is first needed, those of links again and
    again, so that a function that runs for days signs with the newest and opens with no key that
    was taken back."""

    def __init__(
        self, client: "SecretsManagerClient", links_name: str, people_name: str, now: Now
    ) -> None:
        self._client = client
        self._links_name = links_name
        self._people_name = people_name
        self._now = now
        self._ring: KeyRing | None = None
        self._read_again: datetime | None = None

    def links(self) -> Sequence[str]:
        """Return the keys of links, the one that signs last. Raises StoreDown at first."""
        now = self._now()
        if self._ring is None:
            self._ring = KeyRing.parse(read_secret(self._client, self._links_name))
            self._read_again = now + REFRESH
        elif self._read_again is None or now >= self._read_again:
            self._refresh(now)
        return self._ring.in_use(now)

    @cached_property
    def people(self) -> bytes:
        """Return the key of people. Raises StoreDown."""
        try:
            return people_key(read_secret(self._client, self._people_name))
        except MissingSecret:
            # A stack from before this secret: its first master is the key until the next deploy.
            found = legacy_people_key(read_secret(self._client, self._links_name))
            if found is None:
                raise
            return found

    def _refresh(self, now: datetime) -> None:
        try:
            self._ring = KeyRing.parse(read_secret(self._client, self._links_name))
            self._read_again = now + REFRESH
        except StoreDown as error:
            # Nobody's link fails because Secrets Manager is away for a moment.
            log.warning("the keys of links could not be read again: %s", error)
            self._read_again = now + KEYS_RETRY_WAIT


class MissingSecret(StoreDown):
    """There is no such secret."""


def read_secret(client: "SecretsManagerClient", name: str) -> str:
    """Return the text of a secret. Raises MissingSecret, or StoreDown."""
    try:
        return client.get_secret_value(SecretId=name)["SecretString"]
    except ClientError as error:
        missing = error.response["Error"]["Code"] == "ResourceNotFoundException"
        raise (MissingSecret if missing else StoreDown)(f"secret {name}: {error}") from error
    except BotoCoreError as error:
        raise StoreDown(f"secret {name}: {error}") from error


def people_key(secret: str) -> bytes:
    """Return the key in the secret of people."""
    return bytes.fromhex(json.loads(secret)["people"])


def people_secret(key: bytes) -> str:
    """Return the secret of people that holds a key."""
    return json.dumps({"people": key.hex()})


def legacy_people_key(links_secret: str) -> bytes | None:
    """Return the key of people that the secret of links held when there was one secret for both;
    None for one that holds it no longer."""
    held = json.loads(links_secret)
    return None if "links" in held else _derived(_masters(held)[0], b"people")


def _masters(held: dict[str, object]) -> list[str]:
    found = held["keys"] if "keys" in held else [held["key"]]
    assert isinstance(found, list)
    return [str(master) for master in found]


def _derived(master: str, purpose: bytes) -> bytes:
    return hmac.digest(master.encode(), purpose, "sha256")
