"""Groups of commands: each says at once all that is missing or wrong in how it was called, the
stage too."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from typer.core import TyperCommand

from chalicelib.services import utc_now
from infra.operator.parameters import NOW
from infra.operator.session import Session

if TYPE_CHECKING:
    from typer._click.core import Context

F = TypeVar("F", bound=Callable[..., object])


class WholeCommand(TyperCommand):
    """A command that does not stop at the first option that is missing, and shows each argument as
    the documents write it: `ID`, `FILE`."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        for parameter in self.params:
            if parameter.param_type_name == "argument" and not parameter.metavar:
                parameter.metavar = parameter.name.upper().removeprefix("STAFF_")

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        words, session = list(args), ctx.find_object(Session)
        wrong = [session.wrong_stage] if session and session.wrong_stage else []
        read_by = NOW.set(session.now if session else utc_now)
        try:
            left = super().parse_args(ctx, args)
        except typer.BadParameter:
            options, _, _ = self.make_parser(ctx).parse_args(words)
            found = list(dict.fromkeys([*wrong, *self._problems(ctx, options)]))
            if len(found) < 2:
                raise
            raise typer.TyperException("; ".join(found)) from None
        finally:
            NOW.reset(read_by)
        if wrong:
            raise typer.BadParameter(wrong[0])
        return left

    def _problems(self, ctx: "Context", options: dict[str, object]) -> list[str]:
        found = []
        for parameter in self.get_params(ctx):
            try:
                parameter.handle_parse_result(ctx, options, [])
            except typer.BadParameter as error:
                found.append(error.format_message().rstrip("."))
        return found


class Commands(typer.Typer):
    """One subject of the operator's command, `relais SUBJECT …`."""

    def __init__(self, help: str) -> None:
        super().__init__(no_args_is_help=True, help=help)

    def add(self, name: str | None = None) -> Callable[[F], F]:
        """Register a function as a command under its name, or another one."""
        return self.command(name, cls=WholeCommand)
