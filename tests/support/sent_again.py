"""An applicant who sends a declaration again, and says by her mail that it replaces the first."""

import re
from collections.abc import Callable
from typing import Any

import samples
from fakes import MemoryMailer
from visitor import Visitor, hidden, token


def send_again(
    visitor: Visitor, mailer: MemoryMailer, deliver: Callable[[], object], **answers: Any
) -> None:
    given = samples.eoi(**answers)
    assert visitor.send("/forms/eoi", given).status_code == 201
    deliver()
    letter = mailer.to(given["contact_email"])[-1].text
    path = f"/declaration/{token(letter, 'declaration')}"
    page = visitor.page(path).body.decode()
    choice = re.findall(r'value="(replace:[^"]+)"', page)[0]
    sent = visitor.submit(path, [("nonce", hidden(page, "nonce")), ("choice", choice)])
    assert sent.status_code == 200, sent.body
