"""The command itself: what it says to whoever writes it wrongly, and what its papers promise."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import pytest
import typer
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    TokenRetrievalError,
)
from typer.testing import CliRunner

from chalicelib.core.errors import Conflict, StoreDown
from chalicelib.core.settings import SettingsError
from infra import operate
from infra.operate import app, run, shared_first
from infra.operator.errors import OperatorError
from infra.operator.session import Session, bar
from infra.operator.stage import Operator, stages
from infra.package import ROOT

DOCS = {path.name: path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md")}
SPANS = [
    span.removeprefix(".venv/bin/")
    for text in DOCS.values()
    for span in re.findall(r"`((?:\.venv/bin/)?relais [^`]+)`", text)
]


class Reached(Exception):
    """A command was understood, and began."""


class Stop(Session):
    def now(self) -> datetime:
        return datetime(2026, 3, 2, 15, tzinfo=UTC)

    @cached_property
    def operator(self) -> Operator:
        raise Reached


def commands() -> list[tuple[str, str]]:
    groups = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return [
        (name, verb)
        for name, group in groups.items()
        for verb in getattr(group, "commands", ())
        if not group.hidden
    ]


@pytest.mark.parametrize("line", SPANS)
def test_every_command_of_the_documents_is_understood(line: str) -> None:
    filled = line.replace("EMAIL", "ada@example.org")
    words = shared_first(shlex.split(filled)[1:])
    done = CliRunner().invoke(app, words, obj=Stop("local", yes=True))
    if "--help" in words:
        assert done.exit_code == 0
    else:
        # A list that is imported is read before anything is reached, and so are the words of the
        # search; the content is checked without a stage.
        stopped = Reached | FileNotFoundError | OperatorError
        assert done.exception is None or isinstance(done.exception, stopped), done.output


def test_every_command_is_documented() -> None:
    said = {tuple(span.replace("--stage prod ", "").split()[1:3]) for span in SPANS}
    assert [one for one in commands() if one not in said] == []


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_says_what_it_does_in_a_sentence(command: tuple[str, str]) -> None:
    done = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    sentence = done.stdout.split("\n\n")[0] + done.stdout
    assert re.search(r"^ [A-Z][^|]+\.\s*$", sentence, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        ("--stage nope staff list", ["no stage 'nope'; there are: local, prod"]),
        ("--stage nope staff add", ["no stage 'nope'", "'--name'", "'--email'", "'--lang'"]),
        ("--stage nope doctor", ["no stage 'nope'"]),
        ("staff add --name= --email=bad --lang fr", ["'--name'", "blank", "'bad' is not one"]),
        ("staff away ada --until 03/08/2026", ["'--until'", "2026-03-08 or 2026-08-03"]),
        ("issue schedule 2026-04 --at 2026-08-03", ["'--by'", "'--at'", "no hour"]),
        ("issue test 2026-04 --to ada@ --to bea@", ["'ada@' is not one", "'--by'"]),
        ("person request add bad --received 31/31", ["'bad' is not one", "'31/31'", "'--kind'"]),
        ("person request add a@b.ca --kind access --received 2099-01-01", ["lies ahead"]),
        (
            "person hold a@b.ca --reason ' ' --until yesterday",
            ["blank", "'yesterday' is not a day"],
        ),
        ("person correct ada --to bea", ["'ada' is not one", "'bea' is not one"]),
        ("subscribers erase 'ada, bea'", ["'ada, bea' is not one"]),
        ("letters pause --by ' '", ["'--by'", "blank"]),
        ("staff add", ["'--name'", "'--email'", "'--lang'"]),
        ("staff add --lang de", ["'--name'", "'--email'", "'de' is not one of"]),
        ("staff remove", ["Missing argument 'ID'"]),
        ("staff deputy", ["'ID'", "'OTHER'"]),
        ("staff dismiss rita", ["No such command 'dismiss'"]),
        ("issue test", ["'ISSUE'", "'--to'", "'--by'"]),
        ("coaches import", ["Missing argument"]),
    ],
)
def test_what_is_written_wrongly_is_said_all_at_once_in_a_line(
    words: str, texts: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(shlex.split(words)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    for text in texts:
        assert text in err


FIRST_SPELLINGS = """
staff list
staff add --name Ada --email ada@example.org --lang fr
staff remove ada
staff away ada --until 2026-12-24
staff back ada
staff deputy ada bea
staff manager ada bea
staff admin ada on
spam list
spam release DI-2026-7K4MQ-X
chains verify
letters dead
letters retry CASE_1_000001_eoi--received_applicant
subscribers count
subscribers held
subscribers export
subscribers import FILE --by ada --write
subscribers proof ada@example.org
subscribers release ada@example.org
subscribers leave ada@example.org
subscribers erase ada@example.org
keys rotate
coaches import FILE --dry-run --lang en
coaches export FILE
coaches fallback FILE
coaches editions
coaches restore 2026-03
coaches remove ada
coaches held
coaches release a1
issue new FOLDER --slug 2026-04 --by ada
issue text FOLDER --by ada
issue check FOLDER --offline --over-days --by ada
issue test 2026-04 --to ada@example.org --to bea@example.org --by ada
issue ask 2026-04 --by ada
issue schedule 2026-04 --at "2026-03-05 09:00" --by ada
issue pause 2026-04 --by ada
issue resume 2026-04 --by ada
issue cancel 2026-04 --by ada
issue status 2026-04 --follow --by ada
issue status --by ada
issue report 2026-04 --csv FILE --by ada
issue send-to-missing 2026-04 --by ada
"""
"""Every command as it was spelt before there was `relais`."""


@pytest.mark.parametrize("line", FIRST_SPELLINGS.strip().splitlines())
def test_what_was_spelt_for_the_command_before_is_still_understood(
    line: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("email,lang,basis,since,evidence\n")
    words = shared_first(shlex.split(line.replace("FILE", str(tmp_path / "file"))))
    done = CliRunner().invoke(app, words, obj=Stop("local", yes=True))
    assert isinstance(done.exception, Reached), done.output
    assert ("now: relais audit verify" in done.stderr) == line.startswith("chains")


def test_a_spelling_of_before_is_shown_to_nobody() -> None:
    assert "chains" not in CliRunner().invoke(app, ["--help"]).stdout


def test_a_check_of_the_content_is_json_when_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["content", "check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def parameters() -> dict[str, str]:
    """The help of each parameter, by its command and its name."""

    def of(command: Any, path: str) -> Iterator[tuple[str, str]]:
        for name, under in getattr(command, "commands", {}).items():
            yield from of(under, f"{path} {name}")
        for one in command.params:
            yield f"{path} {one.name}", getattr(one, "help", None) or ""

    return dict(of(typer.main.get_command(app), "relais"))


def test_every_parameter_says_what_it_is_in_a_sentence() -> None:
    said = parameters()
    assert len(said) > 100
    assert [name for name, text in said.items() if not re.match(r"[A-Z0-9`].*", text)] == []


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_argument_is_shown_in_capitals(command: tuple[str, str]) -> None:
    done = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"})
    usage = re.search(r"Usage: \w+ (.*)", done.stdout)
    assert usage
    shown = usage[1].split("[OPTIONS]")[1]
    assert shown == shown.upper()
    assert "[[" not in shown


def _refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeStacks")


def raising(error: BaseException, done: str = "") -> typer.Typer:
    failing = typer.Typer()

    @failing.command()
    def fail(context: typer.Context) -> NoReturn:
        context.obj.done = done
        raise error

    return failing


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (OperatorError("there is no DI-1"), 1, "Not done: there is no DI-1"),
        (Conflict({}), 1, "Not done: it is no longer as it was; look again"),
        (SettingsError({"sender": "is not set", "stage": "is not set"}), 1,
         "Not done: the settings of local are wrong: SENDER is not set; STAGE is not set"),
        (NoCredentialsError(), 1, "Not done: AWS knows nobody here: sign in, or set AWS_PROFILE"),
        (EndpointConnectionError(endpoint_url="http://x"), 1, "Not done: AWS cannot be reached: "),
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutSecretValue"), 1,
         "Not done: AWS refuses to put secret value: AccessDenied: no"),
        (_refused("ExpiredTokenException"), 1, "Not done: the sign-in at AWS has ended: sign in again"),
        (TokenRetrievalError(provider="sso", error_msg="x"), 1, "Not done: the sign-in at AWS has ended"),
        (_refused("InvalidClientTokenId"), 1, "Not done: AWS knows nobody here"),
        (_refused("OptInRequired"), 1, "Not done: AWS has not activated this account yet"),
        (StoreDown("the table is too busy"), 1, "Not done: the table is too busy"),
        (FileNotFoundError("no members.csv"), 1, "Not done: no members.csv"),
        (KeyboardInterrupt(), 130, "Stopped: what was under way may be done or not"),
    ],
)  # fmt: skip
def test_every_trouble_is_one_line_that_names_it(
    error: BaseException, status: int, text: str,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(operate, "app", raising(error))
    assert run([]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(text)
    assert len(err.splitlines()) == 1


def test_a_store_that_is_down_for_want_of_credentials_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = StoreDown("x")
    error.__cause__ = NoCredentialsError()
    monkeypatch.setattr(operate, "app", raising(error))
    assert run([]) == 1
    assert "set AWS_PROFILE" in capsys.readouterr().err


def test_who_stops_a_command_hears_what_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operate, "app", raising(KeyboardInterrupt(), "done up to line 7"))
    assert run([]) == 130
    assert capsys.readouterr().err == "Stopped: done up to line 7\n"


@pytest.mark.parametrize(
    "error", [_refused("ExpiredToken"), EndpointConnectionError(endpoint_url="x"), OSError("full")]
)
def test_whoever_is_cut_off_hears_what_is_done(
    error: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operate, "app", raising(error, "done up to line 7"))
    assert run([]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Not all done: ")
    assert said.endswith("; done up to line 7\n")


def test_what_nobody_foresaw_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operate, "app", raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        run([])


def test_the_options_of_all_commands_may_stand_anywhere() -> None:
    words = ["staff", "list", "--stage", "prod", "--json", "--", "--yes"]
    assert shared_first(words) == ["--stage", "prod", "--json", "staff", "list", "--", "--yes"]
    assert shared_first(["keys", "rotate", "--stage=prod"])[0] == "--stage=prod"
    assert shared_first(["staff", "list", "--stage"]) == ["--stage", "staff", "list"]


def test_the_stages_are_those_with_a_file_and_the_local_one() -> None:
    assert stages() == ["local", "prod", "staging"]


def test_what_cannot_be_undone_is_not_done_where_nobody_can_be_asked() -> None:
    with pytest.raises(OperatorError, match=r"^Forget ada\? .*: add --yes to do it$"):
        Session("local").confirm("Forget ada?")
    Session("local", yes=True).confirm("Forget ada?")


def test_a_listing_is_a_table_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": "ada", "away_until": None, "admin": True, "note": "[bold] " + "x" * 300}]
    Session("local").list_rows(rows, "Nobody yet")
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "away", "until", "admin", "note"]
    assert row.split() == ["ada", "yes", "[bold]", "x" * 300]
    Session("local").list_rows([], "Nobody yet")
    assert capsys.readouterr().out == "Nobody yet\n"
    Session("local", as_json=True).list_rows(rows, "Nobody yet")
    assert json.loads(capsys.readouterr().out) == rows
    Session("local", as_json=True).list_rows([], "Nobody yet")
    assert json.loads(capsys.readouterr().out) == []


def test_a_bar_is_silent_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with bar("Reading", 2) as shown:
        shown.show(1)
        shown.show(2, 2)
    assert not shown.visible
    assert capsys.readouterr() == ("", "")


def test_the_old_spelling_still_works(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "infra.operate", "--stage", "nope", "staff", "list"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there are: local, prod" in done.stderr
    assert "Traceback" not in done.stderr
