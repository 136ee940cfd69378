"""Writes the letters that rows owe: who, in which language, with which facts and links."""

from chalicelib.desk.drafts import draft
from chalicelib.desk.saying import due_date, reasons_said, said
from chalicelib.desk.timed import MorningDesk
from chalicelib.desk.writing import Desks, LetterDesk, Office

__all__ = [
    "Desks",
    "LetterDesk",
    "MorningDesk",
    "Office",
    "draft",
    "due_date",
    "reasons_said",
    "said",
]
