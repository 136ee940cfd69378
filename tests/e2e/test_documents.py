"""Documents on the deployed stack: by the page and by the bucket, scanned, and shut without it."""

import json
import re
import urllib.error
import urllib.request
from html import unescape
from typing import Any

import pytest

import files
from chalicelib.aws.documents import SCAN_TAG
from chalicelib.forms.attachments.ports import THREATS
from deployed import Stack, ask, wait_for

SENT = {"Content_Type": files.SENT_WITH}


def listed(url: str) -> dict[str, dict[str, Any]]:
    found = ask("GET", f"{url}/documents")
    assert found.status == 200, found.text
    return {one["name"]: one for one in found.json["documents"]}


def settled(url: str, name: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        one = listed(url).get(name)
        return one if one and one["state"] not in ("scanning", "expected") else None

    found: dict[str, Any] = wait_for(look, f"the scan of {name}")
    return found


def add(url: str, body: bytes, name: str) -> int:
    sent = files.form_data(body, name=name, do="add:file_other")
    return ask("POST", f"{url}/documents", sent, **SENT).status


def given(address: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status, dict(answer.headers.items()), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {}, b""


@pytest.fixture(scope="module")
def url(stack: Stack) -> str:
    begun = json.dumps({"form": "application", "uninvited": "1"}).encode()
    told = ask("POST", f"{stack.api}/draft", begun, Content_Type="application/json")
    return str(told.json["links"]["draft"])


def test_a_document_is_taken_scanned_and_given_and_malware_is_shut(stack: Stack, url: str) -> None:
    whole = files.pdf(bytes(range(256)) * 800)
    assert add(url, whole, "Entente signée.pdf") == 200, "bytes of every kind"
    assert add(url, b"MZ\x90\x00", "a.pdf") == 422
    assert add(url, files.docx(("word/media/a.bin", files.EICAR)), "virus.docx") == 200
    saved = ask("GET", settled(url, "Entente signée.pdf")["url"])
    assert saved.status == 303
    address = saved.headers["location"]
    status, headers, body = given(address)
    assert (status, body) == (200, whole)
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["Content-Type"] == "application/octet-stream"
    shut = settled(url, "virus.docx")
    assert (shut["state"], shut["url"]) == ("held_back", "")
    # Whatever our own row says: the bucket gives nothing without the clean tag.
    (key,) = re.findall(r"incoming/\w+", address)
    tags: Any = {"TagSet": [{"Key": SCAN_TAG, "Value": THREATS}]}
    bucket = stack.client("s3").list_buckets()["Buckets"]
    (name,) = [one["Name"] for one in bucket if one["Name"].startswith("relais-local-attachments")]
    stack.client("s3").put_object_tagging(Bucket=name, Key=key, Tagging=tags)
    assert given(address)[0] == 403


def test_a_large_document_goes_to_the_bucket_under_its_own_key_alone(
    stack: Stack, url: str
) -> None:
    large = files.form_data(do="large:file_other")
    page = ask("POST", f"{url}/documents", large, Accept="text/html", **SENT)
    offer = page.text.partition('<form id="offer"')[2].partition("</form>")[0]
    target = re.match(r' method="post" action="([^"]+)" enctype', offer)
    assert target, page.text
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', offer)
    fields = {name: unescape(value) for name, value in hidden}
    bucket = unescape(target[1])
    other = files.form_data(files.odt(), **{**fields, "key": "incoming/mine"})
    assert ask("POST", bucket, other, **SENT).status == 403
    sent = ask("POST", bucket, files.form_data(files.odt(), **fields), **SENT)
    assert sent.status == 303, sent.text
    came = ask("GET", sent.headers["location"], Accept="text/html")
    assert "done=sent" in came.headers["location"]
    assert settled(url, "Autres documents.odt")["state"] == "clean"
    assert stack.run_scheduled("sweep_attachments") == {}, "all of them are young, or owned"
