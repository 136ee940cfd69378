"""The words of `issue …` on the command line, and what each does."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from infra.operator.newsletter.issue_commands import IssueCommands
from infra.operator.staff import OperateError


def add_commands(subjects: Any) -> None:
    found = subjects.add_parser("issue", help="the newsletter: write, check, test, send")
    verbs = found.add_subparsers(dest="verb", required=True)
    named: dict[str, argparse.ArgumentParser] = {}
    for verb, what in (
        ("new", "two files to fill in"),
        ("text", "write the text parts, to edit them"),
        ("check", "all that must be right, and save the draft"),
        ("test", "send it to addresses that are looked at"),
        ("ask", "ask the others to approve it"),
        ("schedule", "when it leaves"),
        ("pause", "stop after the mails in flight"),
        ("resume", "go on"),
        ("cancel", "whoever has not been written to will not be"),
        ("status", "where one stands, or all"),
        ("report", "everybody who was not reached, and why"),
        ("send-to-missing", "an issue for those who were not reached"),
    ):
        named[verb] = verbs.add_parser(verb, help=what)
        named[verb].add_argument("--by", required=True, help="your id on the roster (staff list)")
        if verb in ("new", "text", "check"):
            named[verb].add_argument("folder", type=Path)
        else:
            named[verb].add_argument("issue", nargs="?" if verb == "status" else None)
    named["new"].add_argument("--slug", help="its address: 2026-04; the folder's name without")
    named["check"].add_argument("--offline", action="store_true", help="do not try the links")
    named["check"].add_argument("--over-days", action="store_true", help="may take several days")
    named["test"].add_argument("--to", action="append", required=True, help="repeat for more")
    named["schedule"].add_argument("--at", help="Eastern Time, 2026-03-05 09:00; now without")
    named["status"].add_argument("--follow", action="store_true", help="a bar, until it is sent")
    named["report"].add_argument("--csv", type=Path, help="write the list to a file")


def act(desk: IssueCommands, asked: Any, ids: Callable[[], Sequence[str]]) -> str:
    """`ids`: of all issues there are, asked for when a command lists them."""
    match asked.verb:
        case "new":
            return desk.new(asked.folder, asked.slug or asked.folder.name)
        case "text":
            return desk.text(asked.folder)
        case "check":
            told, well = desk.check(asked.folder, offline=asked.offline, over_days=asked.over_days)
            if not well:
                raise OperateError(told)
            return told
        case "test":
            return desk.test(asked.issue, asked.to)
        case "schedule":
            return desk.schedule(asked.issue, asked.at)
        case "status":
            return _status(desk, asked, ids)
        case "report":
            return desk.report(asked.issue, asked.csv)
        case verb:
            steps = {
                "ask": desk.ask,
                "pause": desk.pause,
                "resume": desk.resume,
                "cancel": desk.cancel,
                "send-to-missing": desk.send_to_missing,
            }
            return steps[verb](asked.issue)


def _status(desk: IssueCommands, asked: Any, ids: Callable[[], Sequence[str]]) -> str:
    if asked.issue is None:
        return desk.all(ids())
    if asked.follow:
        desk.follow(asked.issue)
    return desk.status(asked.issue)
