"""`relais keys …`: the keys that sign links."""

import secrets

import typer

from chalicelib.aws.keys import rotated
from infra.operator.commands import Commands
from infra.operator.session import session_of

FUNCTIONS = ("api", "deliver_letters", "sweep", "settle_mail", "send_issue")

commands = Commands("Keep the keys that sign links.")


@commands.add()
def rotate(context: typer.Context) -> None:
    """Sign links with a new key from now on; links signed before still open."""
    session = session_of(context)
    operator = session.operator
    session.confirm(f"Give {session.stage} another key to sign with?")
    client = operator.client("secretsmanager")
    held = client.get_secret_value(SecretId=operator.secret_name)["SecretString"]
    count, secret = rotated(held, secrets.token_hex(32))
    client.put_secret_value(SecretId=operator.secret_name, SecretString=secret)
    session.done = "the new key is kept; the functions use it once they start anew"
    # A running function knows only the keys of its start: a new description renews it.
    for name in FUNCTIONS:
        operator.client("lambda").update_function_configuration(
            FunctionName=f"relais-{operator.stage}-{name}",
            Description=f"keys of {operator.now():%Y-%m-%d %H:%M}",
        )
    session.say(f"Rotated: {count} keys, the newest signs")
