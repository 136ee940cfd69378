"""A name that would turn the direction of what stands beside it turns nothing: on no page, in no
mail and in no sheet, whoever wrote it and however it came into the store."""

import io
import re
from pathlib import Path

import pytest
from markupsafe import Markup
from openpyxl import load_workbook

from chalicelib.core.csv_table import csv_cell
from chalicelib.core.templates import environment
from chalicelib.core.typed_text import without_turns
from chalicelib.forms import normalise
from fakes import MemoryObjects
from journey import RITA, Journey
from tests.desk.test_exports import exported, fetched
from tests.desk.test_programme import signed_in, staff

TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
TURNED = f"Zo\u00e9 {TURNS}fdp.exe"
PLAIN = "Zo\u00e9 fdp.exe"


def turned(text: str) -> list[str]:
    return re.findall(f".{{0,40}}[{TURNS}].{{0,40}}", text)


@pytest.mark.parametrize("name", ["pages/x.html", "email/x/body.html", "email/x/body.txt"])
def test_what_any_template_writes_turns_nothing(name: str) -> None:
    found = environment().from_string("{{ one }}|{{ two }}|{{ one ~ two }}")
    found.name = name
    whole = found.render(one=TURNED, two=Markup(f"<b>{TURNED}</b>"))
    assert not turned(whole)
    assert whole.count("fdp.exe") == 4
    assert isinstance(without_turns(Markup(TURNED)), Markup)
    assert (
        without_turns("\u05e9\u05dc\u05d5\u05dd \u200d caf\u00e9")
        == "\u05e9\u05dc\u05d5\u05dd \u200d caf\u00e9"
    )
    sources = [path.read_text() for path in Path("chalicelib").rglob("*.py")]
    assert sum("= Environment(" in source for source in sources) == 1, "there is no other way out"


def test_no_page_and_no_mail_and_no_sheet_is_turned_by_what_anybody_wrote(
    way: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a way into the store let such signs through: what came before, or from elsewhere."""
    assert not turned(way.declare("before@example.org", org_legal_name=TURNED).org)
    monkeypatch.setattr(normalise, "without_hidden", str.strip)
    rita = signed_in(way, "administrator", "officer")
    member = way.store.items["STAFF", "sam-lee"]
    member["name"] = f"Sam {TURNS}Lee"
    assert turned(staff(way).name)
    case = way.declare(org_legal_name=TURNED, contact_first_name=TURNED, issue_summary=TURNED)
    assert turned(case.org)
    path = f"/desk/files/{case.ref}"
    here = f"{path}?v={case.version}&e={case.events}"
    rita.post(here, ("nonce", rita.token(path)), ("note", f"@Sam {TURNS}Lee {TURNED}"))
    way.decide(RITA, decision="ask", message=f"Combien{TURNS}?")
    way.after_undo()
    pages = [
        rita.get(one).body.decode()
        for one in (path, f"{path}/print", "/desk/files", "/desk/programme", "/desk/export")
    ]
    pages += [way.visitor.page(one).body.decode() for one in (way.review(RITA), way.own())]
    assert sum(PLAIN in page for page in pages) >= 4
    mails = [
        text for mail in way.mailer.sent for text in (mail.subject, mail.text, mail.html or "")
    ]
    assert any(PLAIN in mail for mail in mails)
    objects = way.service.parts.objects()
    assert isinstance(objects, MemoryObjects)
    book = load_workbook(io.BytesIO(fetched(rita, exported(rita), objects)))
    cells = [str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row]
    assert PLAIN in cells
    csv = fetched(rita, exported(rita, format="csv"), objects).decode()
    assert PLAIN in csv
    assert csv_cell("\u202e=1+1") == "'=1+1"
    for written in (*pages, *mails, *cells, csv):
        assert not turned(written)
