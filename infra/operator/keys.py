"""`relais keys …`: the keys that sign links, from a new one to the end of an old one."""

import secrets
from typing import Annotated, Any

import typer

from chalicelib.aws.keys import REFRESH, KeyRing, read_secret
from chalicelib.core.formatting import date_and_time
from chalicelib.core.ports import Now
from chalicelib.core.records import moment
from infra.operator.commands import Commands
from infra.operator.errors import OperatorError
from infra.operator.renewal import Renewal
from infra.operator.session import Session, bar, session_of
from infra.people_key import keep_people_key, links_name

commands = Commands("Keep the keys that sign links.")


@commands.add("list")
def list_(context: typer.Context) -> None:
    """List the keys that open links, oldest first, and which of them signs."""
    session = session_of(context)
    ring = _Secret(session).ring()
    now = session.operator.now()
    rows = [
        {
            "id": key.id,
            "signs": key == ring.signing(now),
            "signs_from": key.signs_from or "the first deploy",
        }
        for key in ring.keys
    ]
    session.list_rows(rows, empty="No key")


@commands.add()
def rotate(context: typer.Context) -> None:
    """Sign links with a new key, ten minutes from now; links signed before still open."""
    session = session_of(context)
    session.confirm(f"Give {session.stage} another key to sign with?")
    kept = _Secret(session)
    ring = kept.ring().rotated(secrets.token_hex(32), session.operator.now())
    kept.put(ring)
    newest = ring.keys[-1]
    session.say(
        f"Rotated: {len(ring.keys)} keys, {newest.id} signs from {_time(newest.signs_from)} on"
    )


@commands.add()
def retire(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="The key, as `keys list` shows it.")],
) -> None:
    """Take a key back: what it signed opens no longer, and whoever needs links gets new ones.

    Safe to run again: it goes on where it stopped.
    """
    session = session_of(context)
    kept = _Secret(session)
    ring, now = kept.ring(), session.operator.now()
    if id not in ring.retired:
        _check_retirable(ring, id, session.operator.now)
        minutes = int(REFRESH.total_seconds() // 60)
        session.confirm(
            f"Take key {id} of {session.stage} back? All links that it signed end within "
            f"{minutes} minutes; applicants, coaches and subscribers are written to."
        )
        kept.put(ring.without(id))
        session.done = f"key {id} is retired; run the command again to owe the letters"
    owed = _renew(session, Renewal(session.operator.store, id, now))
    session.say(f"Retired {id}: {owed} letter{'' if owed == 1 else 's'} with new links owed")


def _check_retirable(ring: KeyRing, key_id: str, now: Now) -> None:
    """Raise OperatorError unless another key signs in place of this one by now."""
    if key_id not in [key.id for key in ring.keys]:
        raise OperatorError(f"there is no key {key_id}: relais keys list")
    if key_id != ring.signing(now()).id:
        return
    newest = ring.keys[-1]
    if newest.id == key_id:
        raise OperatorError(f"{key_id} is what signs: relais keys rotate first")
    raise OperatorError(
        f"{key_id} signs until {_time(newest.signs_from)}: the functions learn the new key first"
    )


def _renew(session: Session, renewal: Renewal) -> int:
    operator = session.operator
    with bar("Letters") as shown:
        for case in operator.tables.cases():
            renewal.to_applicant(case)
            shown.show(renewal.owed)
        editions = operator.services.coaches.editions
        if editions.current() is not None:
            for coach in editions.catalogue(editions.current()):
                renewal.to_coach(coach)
        for row in operator.tables.everybody():
            renewal.to_subscriber(row)
            shown.show(renewal.owed)
    return renewal.owed


class _Secret:
    """The secret of link keys; the key of people has a secret of its own before it is changed."""

    def __init__(self, session: Session) -> None:
        self._stage = session.operator.stage
        self._client: Any = session.operator.client("secretsmanager")

    def ring(self) -> KeyRing:
        return KeyRing.parse(read_secret(self._client, links_name(self._stage)))

    def put(self, ring: KeyRing) -> None:
        keep_people_key(self._client, self._stage)
        self._client.put_secret_value(SecretId=links_name(self._stage), SecretString=ring.dump())


def _time(at: str) -> str:
    return date_and_time(moment(at), "en")
