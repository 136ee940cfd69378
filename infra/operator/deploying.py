"""`relais deploy`, `relais rollback`, `relais destroy`: a stage comes, goes back and goes."""

from collections.abc import Sequence
from typing import Annotated, Final

import typer
from botocore.exceptions import ClientError

from infra.cloud_stack import Agree, CloudStack, ResourceChange, StackError
from infra.deploy import deploy as deploy_stage
from infra.deploy import left_of, roll_back
from infra.deployments import Deployments, bucket_of
from infra.operator.anchoring import anchor_a_new_stage
from infra.operator.before_deploy import in_the_way, settings_so_far
from infra.operator.copies import copied_rows
from infra.operator.errors import OperatorError
from infra.operator.session import Session, session_of
from infra.operator.stage import LOCAL, Operator, stages
from infra.package import NO_BYTE_CODE, ROOT, PackageError, package
from infra.pythons import python_of
from infra.stage_file import DeployError, read_stage_file
from infra.supply import RUNTIME

Name = Annotated[str, typer.Argument(help="A file of infra/stages, without .json.")]

_VERBS: Final = {
    "Add": "make",
    "Modify": "change",
    "Remove": "take away",
    "Import": "take over",
    "SyncWithActual": "note",
}


GOES_ON: Final = (
    "what CloudFormation has begun it ends by itself; the same command goes on from there"
)


def deploy(
    context: typer.Context,
    stage: Name,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Also make anew what is missing, and undo changes by hand."),
    ] = False,
) -> None:
    """Deploy this checkout to AWS: check all that can be known, show what changes, then do it."""
    session = _session_for(context, stage)
    try:
        file = read_stage_file(stage)
        settings = file.given
        operator = session.given or Operator(stage, settings=settings_so_far(stage, file))
        if file.wrong:
            in_the_way(session, operator, file)
            raise DeployError(f"mend {file.where} first; nothing was made")
        # Whoever is not signed in learns it here, and not from each check.
        agree = _agree(session, operator.account)
        if findings := in_the_way(session, operator, file):
            session.confirm(f"{findings} of these will be in the way. Deploy all the same?")
        session.say("building the package")
        template = package(ROOT / "build" / stage)
        if python_of(RUNTIME) is None:
            session.say(NO_BYTE_CODE)
        done = deploy_stage(stage, settings, template, say=session.say, agree=agree, repair=repair)
    except (DeployError, PackageError) as error:
        raise OperatorError(f"not deployed: {error}") from None
    _anchor(session, operator)
    session.say(f"Deployed {done.stack}: {done.api}")
    if (domain := settings.get("DomainName")) and not settings.get("HostedZone"):
        session.say(f"Point {domain} there in its DNS: CNAME {done.outputs['DomainTarget']}")


def _anchor(session: Session, operator: Operator) -> None:
    """Have a new stage anchored; that it cannot be is no reason to call it not deployed."""
    try:
        if anchor_a_new_stage(operator):
            session.say("anchoring the audit for the first time")
    except ClientError as error:
        session.say(f"the audit is anchored at night, and could not be now: {error}")


def rollback(context: typer.Context, stage: Name) -> None:
    """Bring back what stood before the last deploy, its settings too; the data stays."""
    session = _session_for(context, stage)
    try:
        operator = session.operator
        agree = _agree(session, operator.account)
        before = roll_back(stage, endpoint=operator.endpoint, say=session.say, agree=agree)
    except DeployError as error:
        raise OperatorError(f"not rolled back: {error}") from None
    session.say(f"{stage} is as it was deployed at {before.at}")


def deploys(context: typer.Context, stage: Name) -> None:
    """List what was deployed to a stage, the newest first."""
    session = _session_for(context, stage)
    operator = session.operator
    known = [*Deployments(operator.client("s3"), bucket_of(stage, operator.account)).all()]
    if not known and stage not in stages():
        raise OperatorError(f"nothing is known of a stage {stage}")
    session.list_rows(
        [
            {
                "at": one.at,
                "went_back_to": one.first_at if one.first_at != one.at else "",
                "ended": "yes" if one.ended else "no",
                "template": one.template_url.rpartition("/")[2][:12],
            }
            for one in known
        ],
        "Nothing is known of a deploy",
    )


def destroy(
    context: typer.Context,
    stage: Name,
    keep_data: Annotated[
        bool, typer.Option("--keep-data", help="Although there is data: it is kept.")
    ] = False,
) -> None:
    """Take a stage away. What holds something is kept, and the next deploy takes it over."""
    session = _session_for(context, stage)
    operator = session.operator
    stack = CloudStack(operator.client("cloudformation"), f"relais-{stage}", session.say)
    if stack.found() is None:
        raise OperatorError(f"there is no stack {stack.name} in this account to take away")
    if not keep_data and (rows := _first_rows(operator)):
        raise OperatorError(
            f"there is data in {' and '.join(rows)}: with --keep-data the stack goes and they stay, "
            "and the next deploy takes them over"
        )
    session.confirm(f"Take {stage} away? Its pages and links answer nobody from then on.")
    session.done = GOES_ON
    try:
        stack.destroy()
    except StackError as error:
        raise OperatorError(f"not taken away: {error}") from None
    session.say(f"{stage} is gone. Kept, and taken over by the next deploy:")
    for name in left_of(stage, operator.endpoint):
        session.say(f"  {name}")
    session.say(f"What was deployed stays in {bucket_of(stage, operator.account)}")


def _first_rows(operator: Operator) -> list[str]:
    """Return the names of the tables that hold a row which a stage does not keep by itself."""
    tables = operator.tables
    found = []
    for table in (tables.records, tables.subscribers):
        try:
            if next(copied_rows(tables, table), None) is not None:
                found.append(table)
        except tables.client.exceptions.ResourceNotFoundException:
            continue
    return found


def _agree(session: Session, account: str) -> Agree:
    """Return what shows a change set, and asks whether it may be executed."""

    def agree(changes: Sequence[ResourceChange]) -> None:
        for one in sorted(changes):
            anew = " anew" if one.anew else ""
            session.say(f"  {_VERBS.get(one.action, one.action)}{anew}  {one.name} ({one.kind})")
        session.confirm(f"Resources that change in account {account}: {len(changes)}. Go on?")
        session.done = GOES_ON

    return agree


def _session_for(context: typer.Context, stage: str) -> Session:
    session = session_of(context)
    if stage == LOCAL and session.given is None:
        raise OperatorError("the stage of this machine comes and goes with `make run`")
    session.stage = stage
    return session
