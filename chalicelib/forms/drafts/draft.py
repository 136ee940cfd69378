"""The row of a draft: its sections with a version each, who may change it, how long it is kept."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple, TypedDict

from chalicelib import content
from chalicelib.core import eastern_time
from chalicelib.core.errors import TooMany
from chalicelib.core.ports import Change, Item, Key
from chalicelib.core.records import shard_of, stamp

Values = dict[str, Any]
"""Answers of a section as they were typed, by field; rows are lists, and each has its `_id`."""

RETENTION: Final = timedelta(days=90)
"""How long a draft is kept after its last change."""

EMPTY_RETENTION: Final = timedelta(days=14)
"""How long one is kept in which nothing was saved."""

REMINDER_LEAD: Final = timedelta(days=14)
"""How long before its end its address is reminded, once."""

SENT_RETENTION: Final = timedelta(days=30)
"""How long a link still says when its form was sent, after all answers of the draft are gone."""

MAX_EDITORS: Final = 10
"""Links of one draft: its own, and those of colleagues."""

ROW_BYTES: Final = 320_000
"""What all sections of a draft may take together; a row of DynamoDB takes 400 kB."""

ROW_ID: Final = "_id"
"""The name under which a row of a list keeps what tells it from the others."""

OPEN: Final = "open"
SENT: Final = "sent"

_KEPT: Final = ("pk", "sk", "kind", "form", "lang", "made_at", "expires", "state")
"""What is left of a draft that was sent, beside when and as what."""


class Saved(NamedTuple):
    """A section as it is kept: `by` is the id of the editor who saved it last."""

    values: Values
    version: int = 0
    by: str = ""
    at: str = ""


class RemovedRow(TypedDict):
    """The row that was taken out of a list last, and its place there: it can be put back."""

    rows: str
    place: int
    row: Values


@dataclass(frozen=True)
class FormDraft:
    """A form that was begun: `carried` are the fields that say how to treat it, `email` is where
    its link was last sent; `sent` has the reference and the file once it was sent."""

    id: str
    form: str
    lang: str
    made_at: str
    changed_at: str
    expires: int
    email: str
    reminded: bool
    sections: Mapping[str, Saved]
    editors: Mapping[str, str]
    carried: Mapping[str, str]
    sent: Mapping[str, str]
    removed: RemovedRow | None
    row: Item

    @classmethod
    def of(cls, row: Item) -> "FormDraft":
        return cls(
            id=row["pk"].removeprefix("DRAFT#"),
            form=row["form"],
            lang=row["lang"],
            made_at=row["made_at"],
            changed_at=row.get("changed_at", ""),
            expires=row["expires"],
            email=row.get("email", ""),
            reminded="reminded_at" in row,
            sections={name: _section(row, row["form"], name) for name in section_ids(row["form"])},
            editors={
                name.removeprefix("editor_"): row.get(f"name_{name.removeprefix('editor_')}", "")
                for name in row
                if name.startswith("editor_")
            },
            carried={
                **row.get("carried", {}),
                **{k.removeprefix("c_"): row[k] for k in row if k.startswith("c_")},
            },
            sent=row.get("sent", {}),
            removed=row.get("removed"),
            row=row,
        )

    @property
    def key(self) -> Key:
        return draft_key(self.id)

    @property
    def owner(self) -> str:
        """The editor whose link goes to the address of the draft; nobody, once it was taken back."""
        owner = str(self.row.get("owner", next(iter(self.editors), "")))
        return owner if owner in self.editors else ""

    def may_move(self, editor: str) -> bool:
        """Say whether the draft follows an editor to their address: who began it, and who keeps it
        first; a colleague who is sent their link again takes it from nobody."""
        return self.began(editor) or not self.email or self.owner in ("", editor)

    def kept_by(self, editor: str) -> bool:
        """Say whether an editor's link is the one that went to the address of the draft."""
        return bool(self.email) and self.owner == editor

    def began(self, editor: str) -> bool:
        """Say whether an editor began the draft: colleagues have a name."""
        return editor in self.editors and not self.editors[editor]

    @property
    def values(self) -> Values:
        """All answers, of every section."""
        return {k: v for saved in self.sections.values() for k, v in saved.values.items()}

    @property
    def until(self) -> date:
        """The last day on which the draft is kept, in Eastern time."""
        return eastern_time.today(datetime.fromtimestamp(self.expires, UTC))

    def showing(self, section: str, values: Values) -> "FormDraft":
        """Return the draft as it would be with these answers in a section, and all else of it."""
        saved = self.sections[section]
        shown = saved._replace(values={**rows_of(self.form, section, saved.values), **values})
        return replace(self, sections={**self.sections, section: shown})

    @property
    def attachments(self) -> dict[str, str]:
        """The documents that the draft has: the field of each, by its id."""
        return {k.removeprefix("file_"): v for k, v in self.row.items() if k.startswith("file_")}

    @property
    def is_empty(self) -> bool:
        return not self.attachments and not any(s.version for s in self.sections.values())

    def unchanged(self) -> Item:
        """Return what the row must still hold for a write that is about all of it."""
        return {"state": OPEN, "edits": self.row["edits"]}

    def extending(self, now: datetime) -> Change:
        """Return the write that keeps a draft as long as if it had been changed now."""
        return Change(self.key, expect=self.unchanged(), set=lifetime(self.id, now),
                      remove=("reminded_at",), add={"edits": 1})  # fmt: skip

    def inviting(self, name: str, editor: str) -> Change:
        """Return the write that gives somebody else a link of their own. Raises TooMany when the
        draft has as many as may be."""
        if len(self.editors) >= MAX_EDITORS:
            raise TooMany(int(EMPTY_RETENTION.total_seconds()))
        given = {f"editor_{editor}": True, f"name_{editor}": name}
        return Change(self.key, expect=self.unchanged(), set=given, add={"edits": 1})

    def leaving(self, editor: str) -> Change:
        """Return the write that ends the link of an editor."""
        gone = (f"editor_{editor}", f"name_{editor}")
        return Change(self.key, expect=self.unchanged(), remove=gone, add={"edits": 1})

    def renewing(self, old: str, fresh: str) -> Change:
        """Return the write that gives an editor another link, with all that was said of theirs."""
        name = self.editors[old]
        given = {f"editor_{fresh}": True, **({f"name_{fresh}": name} if name else {})}
        given |= {f"by_{key}": fresh for key, saved in self.sections.items() if saved.by == old}
        given |= {"owner": fresh} if self.owner == old else {}
        gone = [name for name in (f"editor_{old}", f"name_{old}") if name in self.row]
        return Change(self.key, expect=self.unchanged(), set=given, remove=gone, add={"edits": 1})

    def ending(self, ref: str, whose: str, now: datetime) -> Change:
        """Return the write that ends a draft as what was sent: nothing of it stays but that."""
        return Change(
            self.key,
            expect=self.unchanged(),
            set={
                "state": SENT,
                "sent": {"ref": ref, "whose": whose[:8], "at": stamp(now)},
                "expires": int((now + SENT_RETENTION).timestamp()),
            },
            remove=[name for name in self.row if name not in _KEPT],
        )


def draft_key(draft_id: str) -> Key:
    return f"DRAFT#{draft_id}", "ANSWERS"


def section_ids(form: str) -> list[str]:
    return [section["id"] for section in content.form(form)["sections"]]


def new_id(form: str) -> str:
    """Return the id of a new draft, which says of which form it is."""
    return f"{form}-{secrets.token_hex(16)}"


def new_editor() -> str:
    return secrets.token_hex(6)


def row_names(form: str, section: str) -> list[str]:
    """Return the fields of a section that are lists of rows."""
    return [
        f["key"]
        for each in content.form(form)["sections"]
        if each["id"] == section
        for f in each["fields"]
        if f["type"] == "rows"
    ]


def rows_of(form: str, section: str, values: Values) -> Values:
    """Return the lists of rows among the answers of a section."""
    lists = row_names(form, section)
    return {key: value for key, value in values.items() if key in lists}


def lifetime(draft_id: str, now: datetime) -> Item:
    """Return what a row keeps of the end of a draft that was changed now."""
    return {
        "changed_at": stamp(now),
        "expires": int((now + RETENTION).timestamp()),
        "due_at": stamp(now + RETENTION - REMINDER_LEAD),
        "due_shard": shard_of(draft_key(draft_id)[0]),
    }


def _section(row: Item, form: str, name: str) -> Saved:
    values = dict(row.get(f"d_{name}", {}))
    for field in row_names(form, name):
        if rows := row.get(f"r_{field}"):
            values[field] = rows
    return Saved(
        values,
        row.get(f"v_{name}", 0),
        row.get(f"by_{name}", ""),
        row.get(f"at_{name}", ""),
    )
