"""The rows by which staff find a file: one in the list of its state, one for the start of each word,
and the counts. Each is written in the transaction that moves the file."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from chalicelib.cases.case import Case
from chalicelib.cases.due_dates import decision_due
from chalicelib.cases.states import Transition, kind
from chalicelib.core.counts import Counts, count_writes
from chalicelib.core.formatting import unaccented
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.ports import Change, Delete, Item, Key, Write
from chalicelib.core.records import shard_of

LISTED: Final = "FILELIST"
"""How the key of a list begins; a state's files stand in one, by when they came."""

FOUND: Final = "FIND"
"""How the key begins of the files that have a word which starts with these letters: too few of
them to name anybody."""

COUNTS: Final = "FILECOUNT"
"""The key of the counts: a row a state, owner and shard, an attribute a combination."""

COUNT_ROW: Final = {"kind": "file_count"}

NOBODY: Final = "-"

START_LENGTH: Final = 3
MAX_INDEXED_WORDS: Final = 30
MAX_STARTS: Final = 24
"""Words that are kept of one file, and starts of them by which it is found: each is a row. Hardly
any file has more."""

_WORDS: Final = re.compile(r"[a-z0-9]+")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9]+")
_NEWS_OF_QUIET: Final = ("bounce", "complaint")
_COUNTED: Final = "n__"


class FileFacets(NamedTuple):
    """What files are counted by, beside state and owner; a flag is "1" or "0"."""

    form: str
    stream: str
    lang: str
    province: str
    undeliverable: str
    unproved: str

    @property
    def attribute(self) -> str:
        """The name of the attribute that counts this combination."""
        return _COUNTED + "__".join(_UNSAFE.sub("", part) or "0" for part in self)

    @classmethod
    def of_attribute(cls, name: str) -> "FileFacets | None":
        parts = name.removeprefix(_COUNTED).split("__")
        return cls(*parts) if name.startswith(_COUNTED) and len(parts) == len(cls._fields) else None


def index_writes(
    before: Case | None, after: Case, row: Transition | None = None, actor: str = ""
) -> list[Write]:
    """Return what keeps the index true when a file goes from `before` (None: there was none) to
    `after`, by a step (`row`) of somebody (`actor`)."""
    old = None if before is None or not is_listed(before) else before
    new = after if is_listed(after) else None
    counts = count_writes(COUNT_ROW, _counted(old), _counted(new))
    return [*_list_writes(old, new, row, actor), *_word_writes(old, new), *counts]


def is_listed(case: Case) -> bool:
    return kind(case.state) not in ("gone", "new")


def list_key(case: Case) -> Key:
    return f"{LISTED}#{case.state}", f"{case.applied_at or case.submitted_at}#{case.id}"


def facets(case: Case) -> FileFacets:
    answers, application = case.answers, case.application or {}
    province = application.get("fid_province") or answers.get("org_province") or ""
    return FileFacets(
        case.form,
        stream_code(str(answers.get("stream") or "")),
        case.lang,
        str(province),
        "1" if case.undeliverable else "0",
        "0" if case.form in (case.proved or {}) else "1",
    )


def stream_code(stream: str) -> str:
    """Return a stream as counts and lists have it: without the signs that no name may hold."""
    return _UNSAFE.sub("", stream)


def list_row(case: Case) -> Item:
    """Return what a list shows of a file, and what it is filtered by."""
    due = decision_due(case)
    return {
        "kind": "listed",
        "case": case.id,
        **facets(case)._asdict(),
        "owner": case.owner or NOBODY,
        "org": case.org or case.contact_name,
        "changed": case.updated_at,
        "events": case.events,
        "due": str(due) if due else None,
    }


def _list_writes(
    old: Case | None, new: Case | None, row: Transition | None, actor: str
) -> list[Write]:
    writes: list[Write] = []
    if old is not None and (new is None or list_key(old) != list_key(new)):
        writes.append(Delete(list_key(old)))
    if new is not None:
        values = list_row(new)
        news = _is_news(row, actor)
        if news is not None:
            values["unread"] = "1" if news else None
        gone = [name for name, value in values.items() if value is None]
        writes.append(Change(list_key(new), set=values, remove=gone))
    return writes


def _is_news(row: Transition | None, actor: str) -> bool | None:
    """Say whether a step is one that staff have not seen; None where it changes nothing of that."""
    if row is None or (row.quiet and actor in (APPLICANT, "clock", "post")):
        return True if row is not None and row.event in _NEWS_OF_QUIET else None
    return actor in (APPLICANT, "clock", "post", "system")


def words(case: Case) -> list[str]:
    """Return the words by which a file is found, folded, the longest first of each text in turn: a
    long name of an organization leaves room for its people."""
    collective = str(case.answers.get("collective_name") or "")
    texts = (case.org, case.contact_name, collective, case.mail_to)
    longest = (sorted(folded(text), key=len, reverse=True) for text in texts)
    found = dict.fromkeys(word for turn in zip_longest(*longest) for word in turn if word)
    return list(found)[:MAX_INDEXED_WORDS]


def folded(text: str) -> list[str]:
    """Return the words of a text without accents, ligatures and capitals."""
    return _WORDS.findall(unaccented(text))


def find_keys(case: Case) -> list[Key]:
    """Return the keys under which a file stands by its words; short ones find nothing alone, and
    nothing does what is held, which anybody may send in any number."""
    if kind(case.state) == "held":
        return []
    starts = dict.fromkeys(w[:START_LENGTH] for w in words(case) if len(w) >= START_LENGTH)
    return [(f"{FOUND}#{start}", case.id) for start in list(starts)[:MAX_STARTS]]


def _word_writes(old: Case | None, new: Case | None) -> list[Write]:
    had, has = ((words(one) if one else []) for one in (old, new))
    was, there = (find_keys(one) if one else [] for one in (old, new))
    if (had, was) == (has, there):
        return []
    gone = [Delete(key) for key in was if key not in there]
    values = {"kind": "find", "case": new.id if new else "", "words": f" {' '.join(has)} "}
    return [*gone, *(Change(key, set=values) for key in there)]


def count_key(case: Case) -> Key:
    return COUNTS, f"{case.state}#{case.owner or NOBODY}#{shard_of(case.key[0])}"


def _counted(case: Case | None) -> Counts:
    return {} if case is None else {count_key(case): {facets(case).attribute: 1}}


class Count(NamedTuple):
    """How many files there are of one state, owner and combination."""

    state: str
    owner: str
    facets: FileFacets
    number: int


def counts(rows: Iterable[Item]) -> list[Count]:
    """Return what the rows of counts say."""
    found: list[Count] = []
    for row in rows:
        state, owner, _ = row["sk"].split("#")
        for name, number in row.items():
            of = FileFacets.of_attribute(name)
            if of is not None and number:
                found.append(Count(state, owner, of, int(number)))
    return found


def recounted(cases: Sequence[Case]) -> Mapping[Key, Mapping[str, int]]:
    """Return the counts that these files make up, by row and attribute."""
    found: dict[Key, dict[str, int]] = {}
    for case in cases:
        if is_listed(case):
            row, name = found.setdefault(count_key(case), {}), facets(case).attribute
            row[name] = row.get(name, 0) + 1
    return found
