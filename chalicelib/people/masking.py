"""Somebody else's form without one person: their fields, their rows, and their name in texts."""

import re

from chalicelib.core.ports import Item
from chalicelib.people.export import MASKED, is_of, own_groups
from chalicelib.people.finder import Person


def names_of(form: Item, person: Person) -> set[str]:
    """Return the names that a form gives to a person."""
    ours, _ = own_groups(form, person)
    rows = [row for value in form.values() if isinstance(value, list) for row in value]
    given = [(form.get(f"{group}first_name"), form.get(f"{group}last_name")) for group in ours]
    given += [(row.get("first_name"), row.get("last_name")) for row in rows if is_of(row, person)]
    return {" ".join(filter(None, names)) for names in given if any(names)}


def without(form: Item, person: Person, names: set[str]) -> Item:
    """Return the answers of a form without what they say of a person."""
    ours, _ = own_groups(form, person)
    kept: Item = {}
    for name, value in form.items():
        if ours and name.startswith(tuple(ours)) and value:
            kept[name] = MASKED
        elif isinstance(value, list):
            kept[name] = [_masked_row(row, person) for row in value]
        else:
            kept[name] = value
    return {name: _unnamed(value, person.pattern(names)) for name, value in kept.items()}


def without_anywhere(value: object, person: Person, names: set[str]) -> object:
    """Return whatever a letter tells without a person, also in the forms that stand in it."""
    if not isinstance(value, dict):
        return value
    # The inner forms first: they are the person's by the addresses that the outer one masks.
    inner = {name: without_anywhere(part, person, names) for name, part in value.items()}
    return without(inner, person, names)


def _masked_row(row: object, person: Person) -> object:
    if not isinstance(row, dict) or not is_of(row, person):
        return row
    return {name: MASKED if isinstance(value, str) else value for name, value in row.items()}


def _unnamed(value: object, named: re.Pattern[str]) -> object:
    if isinstance(value, str):
        return named.sub(MASKED, value)
    if isinstance(value, list):
        return [_unnamed(part, named) for part in value]
    if isinstance(value, dict):
        return {name: _unnamed(part, named) for name, part in value.items()}
    return value
