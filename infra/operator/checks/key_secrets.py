"""The secrets of keys: whether each is there, stays there, and holds a key."""

from collections.abc import Callable
from functools import partial
from typing import Final

from chalicelib.aws.anchors import anchor_key_in
from chalicelib.aws.keys import KeyRing, people_key
from infra.operator.checks.answers import all_of, answer_of, aws
from infra.operator.stage import Operator
from infra.people_key import anchors_name, links_name, people_name

Parse = Callable[[str], object]

Missing = Callable[[str], str | None]
"""What is said of a secret that is not there, by its name."""

SECRETS: Final[tuple[tuple[Callable[[str], str], Parse], ...]] = (
    (links_name, lambda text: KeyRing.parse(text).keys[0]),
    (people_name, people_key),
    (anchors_name, anchor_key_in),
)
"""The name of each secret by its stage, and what reads the key in it."""


def lost_secrets(operator: Operator) -> str | None:
    """Return a sentence when a secret is missing, is being deleted, or holds no key."""
    return _wrong_secrets(operator, _missing)


def spoiled_secrets(operator: Operator) -> str | None:
    """Return a sentence when a secret is being deleted or holds no key; the first deploy makes
    those that are missing."""
    return _wrong_secrets(operator, lambda name: None)


def _wrong_secrets(operator: Operator, missing: Missing) -> str | None:
    return all_of(
        *(partial(_wrong, operator, name(operator.stage), read, missing) for name, read in SECRETS)
    )


def _wrong(operator: Operator, name: str, read: Parse, missing: Missing) -> str | None:
    vault = operator.client("secretsmanager")
    found = answer_of(operator, vault.describe_secret, SecretId=name)
    if found is None:
        return missing(name)
    if "DeletedDate" in found:
        return f"the secret {name} is being deleted, and nothing opens without it: " + aws(
            f"secretsmanager restore-secret --secret-id {name}"
        )
    held = answer_of(operator, vault.get_secret_value, SecretId=name)
    try:
        read((held or {}).get("SecretString", ""))
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError):
        return (
            f"the secret {name} holds no key that can be read: look which version did, "
            + aws(f"secretsmanager list-secret-version-ids --secret-id {name}")
            + ", and make that one AWSCURRENT again"
        )
    return None


def _missing(name: str) -> str:
    return (
        f"the secret {name} is missing: nothing opens without its key, and a new one opens "
        "nothing old; put it back from a copy made with keys (`relais restore FOLDER "
        "--with-keys`)"
    )
