"""One word for one thing: names that a newcomer cannot know do not come back, and a class has its
name to itself."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("app.py", "chalicelib", "infra", "website", "bench", "tests")

OLD_NOUNS: Final[Mapping[str, str]] = {
    "door": "view", "doors": "views", "office": "sender", "shelf": "editions",
    "wound": "scheduled", "mornings": "digest", "postoffice": "ses", "sighting": "highlights",
    "tallies": "counts", "desks": "writers",
}  # fmt: skip
"""Words that no name is made of, and the field's own."""

OLD_NAMES: Final[Mapping[str, str]] = {
    "told": "what was sent or found", "said": "text, message or label",
    "wind": "ensure_scheduled", "book": "catalogue",
}  # fmt: skip
"""Names that say nothing when they stand alone. A test may call a variable so."""

ALLOWED_TWICE: Final[Mapping[str, str]] = {}
"""Public classes of one name, each with the reason."""

LIMITS_OF_TWO: Final[Mapping[str, str]] = {
    "DIGEST_RETENTION": "the pages on privacy name each with its module",
    "MAX_CODE_ATTEMPTS": "of a sign-in, and of a decision",
}
"""Limits that two things have, each in its module, each with the reason."""

CONTENT_KEYS: Final = ("said",)
"""Names that stand in content JSON: the shape of a file spells its keys."""

OLD_CLASSES: Final[Mapping[str, str]] = {
    "Asked": "Request", "Answer": "Response", "Front": "FormViews", "Said": "ProblemText",
    "Post": "Outbox", "LetterDesk": "LetterWriter", "IssueDesk": "IssueCommands",
    "Office": "Sender", "Press": "NewsletterServices", "Move": "StateChange",
    "Tries": "Attempts", "Word": "DecisionInput", "Step": "GuardContext", "Told": "SesEvent",
    "Opened": "what was opened", "Shown": "Facts", "Readers": "Recipients", "Quiet": "QuietHours",
}  # fmt: skip

OLD_MODULES: Final[Mapping[str, str]] = {
    "asked": "request", "mistakes": "problems", "moves": "transition", "tries": "attempts",
    "front": "forms", "opened": "model", "personal": "placeholders", "markup": "to_html",
    "plain": "to_text", "compiling": "compiler", "staffing": "newsletter_review",
    "following": "newsletter_progress", "reading": "newsletter_archive", "press": "wiring",
    "rounds": "scheduler", "watching": "auto_pause", "reached": "recipients",
    "missing": "unreached", "outside": "ports", "wording": "consent_text",
    "register": "repository", "writing": "coach_contact", "showing": "results",
    "advice": "suggestions", "asking": "query", "running": "run_file", "picture": "state_diagram",
    "answering": "link_check", "incidents": "alerts",
    "reports": "delivery_events", "delays": "turnaround", "refs": "references",
    "eastern": "eastern_time", "life": "random_case", "way": "journey",
    "lives": "simulation", "printed": "snapshots",
}  # fmt: skip

WORKBOOK: Final = "openpyxl"
"""A module that reads or writes a workbook may call it a book."""


@cache
def sources() -> Mapping[Path, ast.Module]:
    paths = [ROOT / "app.py", *(p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py")))]
    return {path: ast.parse(path.read_text("utf-8")) for path in paths}


def names(tree: ast.Module) -> Iterator[str]:
    """Yield each name that a module gives: to a class, function, parameter, variable, attribute."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)}


def old_names(path: Path, tree: ast.Module) -> Iterator[str]:
    workbook = WORKBOOK in path.read_text("utf-8")
    product = path.relative_to(ROOT).parts[0] not in ("bench", "tests")
    for name in sorted(set(names(tree))):
        alone = name.strip("_").lower()
        bare = product and alone in OLD_NAMES and name not in CONTENT_KEYS
        if bare and not (alone == "book" and workbook):
            yield f"{path.relative_to(ROOT)}: {name} (now {OLD_NAMES[alone]})"
        for word in words(name.replace("out_of_the_office", "")) & OLD_NOUNS.keys():
            yield f"{path.relative_to(ROOT)}: {name} (now {OLD_NOUNS[word]})"


def test_no_name_in_the_code_is_made_of_an_old_word() -> None:
    old = [line for path, tree in sources().items() for line in old_names(path, tree)]
    assert not old, "\n".join(old)


def test_no_class_and_no_module_has_an_old_name() -> None:
    modules = [p for p in sources() if p.stem in OLD_MODULES and "bench" not in p.parts]
    classes = [
        (path, node.name)
        for path, tree in sources().items()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name in OLD_CLASSES and "bench" not in path.parts
    ]
    assert not modules
    assert not classes


def test_no_document_uses_an_old_word() -> None:
    gone = re.compile(
        r"\b(doors?|shel(f|ves)|sightings?|tallies|postoffice|clockwork|LetterDesk|IssueDesk)\b"
        r"|\b(infra\.chains|way\.py|people\.py.s register)\b"
    )
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "Makefile"]
    assert not [(d.name, m[0]) for d in documents if (m := gone.search(d.read_text("utf-8")))]


def product() -> Iterator[tuple[Path, ast.Module]]:
    for path, tree in sources().items():
        if path.relative_to(ROOT).parts[0] in ("chalicelib", "infra"):
            yield path, tree


def test_no_two_public_classes_have_one_name() -> None:
    found = defaultdict(list)
    for path, tree in product():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(str(path.relative_to(ROOT)))
    twice = {name: paths for name, paths in found.items() if len(paths) > 1}
    assert twice.keys() == ALLOWED_TWICE.keys(), twice


def constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name.isupper():
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                if name.isupper():
                    yield name, value


def is_number(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=number):
            return isinstance(number, int | float) and not isinstance(number, bool)
        case ast.BinOp(left=left, right=right):
            return is_number(left) and is_number(right)
    return False


def test_a_number_says_what_it_counts() -> None:
    bare = [
        (str(path.relative_to(ROOT)), name)
        for path, tree in product()
        for name, value in constants(tree)
        if is_number(value) and not name.startswith("_") and "_" not in name
    ]
    assert not bare


def test_a_limit_stands_once() -> None:
    found = defaultdict(list)
    for path, tree in product():
        for name, value in constants(tree):
            is_limit = is_number(value) or ast.unparse(value).startswith("timedelta(")
            if is_limit and not name.startswith("_"):
                found[name].append(str(path.relative_to(ROOT)))
    twice = {name: paths for name, paths in found.items() if len(paths) > 1}
    assert twice.keys() == LIMITS_OF_TWO.keys(), twice


def test_a_pattern_and_a_list_of_words_stand_once() -> None:
    found = defaultdict(list)
    for path, tree in product():
        for name, value in constants(tree):
            words_or_pattern = ast.unparse(value)
            if len(words_or_pattern) > 40 and not isinstance(value, ast.Name | ast.Attribute):
                found[words_or_pattern].append(f"{path.relative_to(ROOT)}:{name}")
    assert not [places for places in found.values() if len(places) > 1]
