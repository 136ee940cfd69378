"""The shape of what is kept of people: how long, since when, and what ends it."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.content.shapes.text import Count, Key, Text, Words, keys

EndedBy = Literal["clock", "ttl", "command", "replaced", "log_retention", "aws", "owner"]


class Period(TypedDict, total=False):
    """How long, said once: a number, the setting of this file that has it, or a constant.

    A constant is named as `module:NAME`.
    """

    hours: Count
    days: Count
    months_of: Key
    constant: Annotated[str, Field(pattern=r"^chalicelib[\w.]*:[A-Z_]+$")]


class KeptElsewhere(TypedDict):
    """Something outside the tables: what it is, how long `since` which moment, and what ends it.

    `name` names it in one word; without a `period` the moment says it all.
    """

    name: Key
    what: Text
    since: Text
    period: NotRequired[Period]
    ended_by: EndedBy
    resource: NotRequired[Words]


class RetentionRow(TypedDict):
    """A kind of row of the tables. `keys` are patterns of its `pk/sk`; a row without a `kind`
    of its own has none here either. `setting` names what turns the period."""

    name: Key
    kind: NotRequired[Key]
    keys: Annotated[list[Words], Field(min_length=1)]
    what: Text
    since: Text
    period: NotRequired[Period]
    ended_by: EndedBy
    setting: NotRequired[Words]


class Retention(TypedDict):
    """`case_months` are by the state that a file ended in, `form_months` by the name of a form that
    opens no file; the other numbers are those that the code reads. `decision_months`: how long a decision about a person is kept at the least."""

    case_months: dict[str, Count]
    decision_months: Count
    assessment_months: Count
    form_months: dict[str, Count]
    request_months: Count
    ended_by: Annotated[dict[str, Text], keys("clock ttl command replaced log_retention aws owner")]
    rows: list[RetentionRow]
    elsewhere: list[KeptElsewhere]


class Rights(TypedDict):
    """What a person may ask for, and what is said of it: `stays` are the reasons why something
    outlives an erasure, `requests` the kinds of request; an answer is due after `answer_days`."""

    stays: Annotated[
        dict[str, Text],
        keys(
            "needs_decision funding decision held other_file hash proof staff request event expires"
        ),
    ]
    certificate: Annotated[
        dict[str, Text], keys("title of at reason went stays files elsewhere nothing")
    ]
    requests: Annotated[
        dict[str, Text],
        keys("access rectification erasure withdrawal portability complaint"),
    ]
    answer_days: Count
    extension_days: Count
    reminders_before_days: list[Count]
