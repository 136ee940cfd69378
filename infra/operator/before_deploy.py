"""All that is in the way of a deploy, said at once, before anything is made."""

from typing import Final, NoReturn

import typer

from chalicelib.core.settings import Settings
from infra.operator.checks.answers import Looked, NotLookedAt, look, not_looked_at
from infra.operator.checks.functions import few_functions, old_runtime, unheard_access_log
from infra.operator.checks.key_secrets import spoiled_secrets
from infra.operator.checks.mail_account import ACCOUNT_CHECKS
from infra.operator.checks.programme import few_holidays
from infra.operator.checks.sender import SENDER_CHECKS
from infra.operator.session import Session
from infra.operator.stage import Operator
from infra.stage_file import StageFile, parameters_of_settings, right_settings

BEFORE_A_DEPLOY: Final = (
    *SENDER_CHECKS,
    *ACCOUNT_CHECKS,
    spoiled_secrets,
    few_functions,
    old_runtime,
    few_holidays,
)
"""What the doctor can see of an account before there is a stack."""


class _SettingsSoFar(Settings):
    """The settings of a stage that are right: a check that needs another one learns nothing, and
    stops none that does not."""

    def __getattr__(self, name: str) -> NoReturn:
        if name in Settings.model_fields:
            raise NotLookedAt(f"{parameters_of_settings()[name]} is missing or wrong")
        raise AttributeError(name)


def settings_so_far(stage: str, file: StageFile) -> Settings:
    """Return what a stage's file sets right. Whoever reads one that it does not raises
    NotLookedAt."""
    return _SettingsSoFar.model_construct(None, **right_settings(stage, file.given))


def in_the_way(session: Session, operator: Operator, file: StageFile) -> int:
    """Say what would be in the way of a deploy, in the stage's file and elsewhere, and what nobody
    could see; return how much."""
    looked = _looked(operator, file)
    wrong = list(dict.fromkeys([*file.wrong, *(one.wrong for one in looked if one.wrong)]))
    for finding in wrong:
        typer.echo(f"wrong  {finding}", err=True)
    if why := not_looked_at(looked):
        session.say(why)
    return len(wrong)


def _looked(operator: Operator, file: StageFile) -> list[Looked]:
    """Return what came of each check; of whether AWS knows us alone, while it does not."""

    def signed_in(operator: Operator) -> None:
        assert operator.account

    def no_access_log(operator: Operator) -> str | None:
        return unheard_access_log(operator, file.given)

    who = look(signed_in, operator)
    checks = () if who.wrong else (*BEFORE_A_DEPLOY, no_access_log)
    return [who, *(look(check, operator) for check in checks)]
