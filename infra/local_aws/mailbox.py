"""Sent mail as a person would read it: a page for eyes, and JSON for tests."""

import html
import json
from http.server import HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from infra.local_aws.server import Page, PageHandler, serve_forever
from infra.local_aws.ses import LocalSes

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{refresh}
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1d2522}}
a{{color:#0b5c4a}}table{{border-collapse:collapse;width:100%}}td,th{{text-align:left;padding:.4rem .6rem .4rem 0;border-bottom:1px solid #ddd;vertical-align:top}}
iframe{{width:100%;height:70vh;border:1px solid #7a8781}}pre{{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f5f2;padding:1rem}}</style>
</head><body>{body}</body></html>"""


class Mailbox(PageHandler):
    """`/` lists all mail, `/?message=N` shows one message and `/html?message=N` its HTML;
    `/messages.json` returns all of them."""

    ses: LocalSes

    def page(self, path: str) -> Page:
        parts = urlsplit(path)
        messages = self.ses.messages()
        if parts.path == "/messages.json":
            return Page(json.dumps(messages, ensure_ascii=False), "application/json")
        number = parse_qs(parts.query).get("message", [""])[0]
        if number.isdecimal() and int(number) < len(messages):
            message = messages[int(number)]
            if parts.path == "/html":
                return Page(message["html"])
            return Page(_message_page(int(number), message))
        return Page(_list_page(messages)) if parts.path == "/" else Page("Not found", status=404)


def _list_page(messages: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(str(m['at']))}</td><td>{html.escape(', '.join(m['to']))}</td>"
        f'<td><a href="/?message={n}">{html.escape(m["subject"])}</a></td></tr>'
        for n, m in reversed(list(enumerate(messages)))
    )
    head = "<tr><th>At</th><th>To</th><th>Subject</th></tr>"
    body = f"<h1>Sent mail ({len(messages)})</h1><table>{head}{rows}</table>"
    return PAGE.format(
        title="Sent mail", body=body, refresh='<meta http-equiv="refresh" content="5">'
    )


def _message_page(number: int, message: dict[str, Any]) -> str:
    headers = "".join(
        f"<tr><th>{html.escape(k)}</th><td>{html.escape(str(v))}</td></tr>"
        for k, v in message["headers"].items()
    )
    # Sandboxed: what is in a mail may open links, and may not run here.
    frame = (
        f'<iframe title="The HTML part" src="/html?message={number}" '
        'sandbox="allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"></iframe>'
    )
    text = _with_links(message["text"])
    body = (
        f'<p><a href="/">All mail</a></p><h1>{html.escape(message["subject"])}</h1>'
        f"<table>{headers}</table><h2>HTML</h2>{frame}<h2>Text</h2><pre>{text}</pre>"
    )
    return PAGE.format(title=html.escape(message["subject"]), body=body, refresh="")


def _with_links(text: str) -> str:
    words = []
    for word in html.escape(text).replace("\n", "\n ").split(" "):
        bare = word.strip()
        linked = f'<a href="{bare}">{bare}</a>'
        words.append(
            word.replace(bare, linked) if bare.startswith(("http://", "https://")) else word
        )
    return " ".join(words).replace("\n ", "\n")


def serve(port: int, ses: LocalSes) -> HTTPServer:
    return serve_forever(type("ThisMailbox", (Mailbox,), {"ses": ses}), port)
