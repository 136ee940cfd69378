"""One coach as staff keep them: typed into a form, joined with what others changed meanwhile."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Final

from pydantic import ValidationError

from chalicelib import content
from chalicelib.coaches.catalogue import DATE_COLUMNS
from chalicelib.coaches.coach import Coach, allowed_values
from chalicelib.coaches.directory.sheet_problems import SheetProblem, model_problems
from chalicelib.coaches.directory.sheets import LIST_COLUMNS, YES_NO_COLUMNS, days_ahead, slug_of
from chalicelib.coaches.edition import Edition
from chalicelib.coaches.editions import EditionStore, Withdrawn
from chalicelib.coaches.own_edits import OwnValue, own_values
from chalicelib.coaches.upkeep import UPKEEP_ATTEMPTS
from chalicelib.core import formatting
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Write
from chalicelib.core.typed_dates import NotADate, read_day
from chalicelib.forms.profile_rules import misfits

Columns = Mapping[str, object]
"""Some columns of a coach, as JSON has them; what is empty is None."""


@dataclass(frozen=True)
class Typed:
    """What a form says of a coach, for whoever saw the columns `seen`."""

    columns: Columns
    seen: Columns

    @cached_property
    def changes(self) -> Columns:
        """The columns that its reader changed; the order of what was ticked says nothing."""
        return {
            name: value
            for name, value in self.columns.items()
            if not _is_same(value, self.seen.get(name))
        }


@dataclass(frozen=True)
class Kept:
    """What became of a form: an edition, nothing to do, what is wrong with it, or what somebody
    else made of the same columns meanwhile."""

    edition: Edition | None = None
    coach: Coach | None = None
    problems: Sequence[SheetProblem] = ()
    clashes: Columns = field(default_factory=dict)
    gone: bool = False

    @property
    def is_done(self) -> bool:
        return not (self.problems or self.clashes or self.gone)


def columns_of(coach: Coach) -> Columns:
    """Return all columns of a coach as JSON has them, with None for what is empty."""
    dumped = coach.model_dump(mode="json")
    return {name: None if value in ("", []) else value for name, value in dumped.items()}


def shown_columns(coach: Coach) -> Columns:
    """Return all columns of a coach as a form shows them."""
    columns = columns_of(coach)
    return {**columns, "phone": formatting.phone(coach.phone, None, "fr") if coach.phone else None}


def packed_columns(columns: Columns) -> str:
    """Return columns as a form hides them."""
    return json.dumps(columns, ensure_ascii=False, separators=(",", ":"))


def unpacked_columns(text: str) -> Columns:
    """Return the columns that a form hid; none where it is not such a text."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def typed_columns(fields: Mapping[str, object], lang: Lang | None) -> Columns:
    """Return what a form says of each column, with its days as `lang` writes them; one that is
    none stays as it was typed."""
    found: dict[str, object] = {}
    for name in Coach.model_fields:
        given = fields.get(name)
        if name in LIST_COLUMNS:
            several = [given] if isinstance(given, str) else given
            found[name] = [str(one) for one in several] if isinstance(several, list) else []
        elif name in YES_NO_COLUMNS:
            found[name] = given == "on"
        else:
            text = given.strip().replace("\r\n", "\n") if isinstance(given, str) else ""
            found[name] = _day(text, lang) if name in DATE_COLUMNS else text
    return {name: None if value in ("", []) else value for name, value in found.items()}


_LISTS: Final = {"province": "provinces"}
"""Columns whose list of options has another name."""


def _with_choices(problem: SheetProblem, columns: Columns) -> SheetProblem:
    """Return a problem with what may be chosen, where that is what it is about."""
    if problem.code != "unknown_choice":
        return problem
    statuses = content.coaches()["statuses"]
    is_status = problem.column == "status"
    names = (
        [one["id"] for one in statuses]
        if is_status
        else allowed_values(_LISTS.get(problem.column, problem.column))
    )
    facts = {"value": str(columns.get(problem.column))[:60], "known": ", ".join(sorted(names))}
    return replace(problem, facts={**facts, **problem.facts, "known": facts["known"]})


def _day(text: str, lang: Lang | None) -> str:
    try:
        return str(read_day(text, lang)) if text else ""
    except NotADate:
        return text


def _is_same(one: object, other: object) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return sorted(one) == sorted(other)
    return one == other


@dataclass(frozen=True)
class CoachKeeping:
    editions: EditionStore

    def own(self, coach: Coach) -> Mapping[str, OwnValue]:
        """Return what stands on a page because the coach set it so, by column."""
        stands, own = columns_of(coach), own_values(self.editions.store, coach.slug)
        return {
            name: one
            for name, one in own.items()
            if (stands.get(name) or None) == (one.value or None)
        }

    def save(
        self, slug: str, typed: Typed, *, by: str, why: str, also: Sequence[Write] = ()
    ) -> Kept:
        """Publish what a form changes of one coach, and nothing else: what others changed since it
        was shown stays. Where they changed the same columns otherwise, nothing is done."""
        for _ in range(UPKEEP_ATTEMPTS):
            current = self.editions.current()
            before = self.editions.catalogue(current)
            stands = next((coach for coach in before if coach.slug == slug), None)
            if stands is None:
                return Kept(gone=True)
            now = shown_columns(stands)
            clashes = {
                name: now.get(name)
                for name, value in typed.changes.items()
                if not _is_same(now.get(name), value)
                and not _is_same(now.get(name), typed.seen.get(name))
            }
            if clashes:
                return Kept(coach=stands, clashes=clashes)
            changes = self._dated(typed.changes)
            coach, problems = self._checked({**columns_of(stands), **changes}, before, stands)
            if coach is None:
                return Kept(coach=stands, problems=problems)
            if coach == stands:
                return Kept(coach=stands)
            after = [coach if one.slug == slug else one for one in before]
            done = self._published(after, current, coach, by=by, why=why, also=also)
            if done is not None:
                return done
        raise Conflict({})

    def add(self, typed: Typed, *, by: str, why: str, also: Sequence[Write] = ()) -> Kept:
        """Publish a directory with one coach more."""
        for _ in range(UPKEEP_ATTEMPTS):
            current = self.editions.current()
            before = self.editions.catalogue(current)
            columns = dict(typed.columns)
            names = [str(columns.get(name) or "") for name in ("first_name", "last_name")]
            columns["slug"] = columns.get("slug") or slug_of(" ".join(names)) or None
            columns["last_verified_at"] = columns.get("last_verified_at") or str(self._today)
            coach, problems = self._checked(columns, before, None)
            if coach is None:
                return Kept(problems=problems)
            done = self._published([*before, coach], current, coach, by=by, why=why, also=also)
            if done is not None:
                return done
        raise Conflict({})

    def _dated(self, changes: Columns) -> Columns:
        """Return changes with the day of an availability, where they do not say it themselves."""
        if "availability" not in changes or "availability_updated_at" in changes:
            return changes
        return {**changes, "availability_updated_at": str(self._today)}

    @property
    def _today(self) -> date:
        return self.editions.today()

    def _checked(
        self, columns: Columns, others: Sequence[Coach], stands: Coach | None
    ) -> tuple[Coach | None, list[SheetProblem]]:
        """Return the coach that columns make up, or what is wrong with them."""
        problems: list[SheetProblem] = []
        coach = None
        try:
            coach = Coach.model_validate(dict(columns))
        except ValidationError as error:
            every = model_problems(0, error, frozenset(Coach.model_fields))
            problems += [_with_choices(problem, columns) for problem in every]
            named = {problem.column for problem in problems}
            problems += [
                SheetProblem(0, name, code) for name, code in misfits(columns) if name not in named
            ]
        problems += days_ahead(0, coach, self._today)
        slug = columns.get("slug")
        if (stands is None or stands.slug != slug) and any(one.slug == slug for one in others):
            problems.append(SheetProblem(0, "slug", "slug_taken", {"value": slug}))
        return (None if problems else coach), problems

    def _published(  # noqa: PLR0913
        self,
        coaches: Sequence[Coach],
        after: Edition | None,
        coach: Coach,
        *,
        by: str,
        why: str,
        also: Sequence[Write],
    ) -> Kept | None:
        """Publish an edition that one coach differs in; None when another one came in between."""
        try:
            edition = self.editions.publish(
                coaches, by=by, why=why, after=after, also=also, one_page=True
            )
        except Withdrawn as withdrawn:
            facts = {"value": ", ".join(withdrawn.slugs)}
            problem = SheetProblem(0, "consent_publication", "withdrawn", facts)
            return Kept(coach=coach, problems=[problem])
        except Conflict:
            return None
        return Kept(edition, coach)
