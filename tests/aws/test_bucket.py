"""The bucket of documents by S3: what it offers, gives and says, on moto."""

import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.aws.documents import SCAN_TAG, S3Documents
from chalicelib.aws.patience import SIGNED
from chalicelib.core.errors import StoreDown
from chalicelib.forms.attachment import LARGE_BYTES
from chalicelib.forms.attachments.ports import CLEAN, Seen


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        client = boto3.client("s3", region_name="ca-central-1", config=SIGNED)
        client.create_bucket(
            Bucket="docs", CreateBucketConfiguration={"LocationConstraint": "ca-central-1"}
        )
        yield client


def test_an_object_is_put_looked_at_read_and_deleted(s3: Any) -> None:
    documents = S3Documents(s3, "docs")
    assert documents.look("incoming/a") is None
    documents.put("incoming/a", b"bytes")
    documents.put("incoming/ab", b"another")
    assert documents.look("incoming/a")[:2] == Seen(5, "")[:2]  # type: ignore[index]
    tags: Any = {"TagSet": [{"Key": SCAN_TAG, "Value": CLEAN}]}
    s3.put_object_tagging(Bucket="docs", Key="incoming/a", Tagging=tags)
    before = documents.look("incoming/a")
    assert before is not None
    assert before[:2] == (5, CLEAN)
    documents.put("incoming/a", b"other")
    after = documents.look("incoming/a")
    assert after is not None
    assert (after.result, after.mark == before.mark) == ("", False)
    assert documents.read("incoming/a") == b"other"
    found = {one.key: one.at for one in documents.all()}
    assert set(found) == {"incoming/a", "incoming/ab"}
    assert abs(found["incoming/a"] - datetime.now(UTC)) < timedelta(minutes=5)
    for _ in range(2):
        documents.delete("incoming/a")
    assert documents.look("incoming/a") is None


def test_a_browser_may_send_one_key_one_type_and_no_more_than_so_many_bytes(s3: Any) -> None:
    back = "https://relais.example.org/api/draft/x/documents?came=a"
    offer = S3Documents(s3, "docs").offer("incoming/a", LARGE_BYTES, 3600, back)
    conditions = json.loads(b64decode(offer.fields["policy"]))["conditions"]
    assert ["content-length-range", 1, LARGE_BYTES] in conditions
    for fixed in ({"key": "incoming/a"}, {"bucket": "docs"}, {"success_action_redirect": back},
                  {"Content-Type": "application/octet-stream"}):  # fmt: skip
        assert fixed in conditions
    assert not [one for one in conditions if "starts-with" in one]
    assert offer.fields["Content-Type"] == "application/octet-stream"


def test_a_browser_is_sent_to_the_bucket_in_its_own_region(s3: Any) -> None:
    documents = S3Documents(s3, "docs")
    offer = documents.offer("incoming/a", 1, 60, "https://relais.example.org")
    for address in (offer.url, documents.link("incoming/a", "a.pdf", 60)):
        assert address.startswith("https://docs.s3.ca-central-1.amazonaws.com/")


@pytest.mark.parametrize("name", ["Entente signée.pdf", 'a"; b=c.pdf', "100 %.pdf"])
def test_a_document_is_always_saved_and_never_shown(s3: Any, name: str) -> None:
    documents = S3Documents(s3, "docs")
    documents.put("incoming/c", b"bytes")
    address = documents.link("incoming/c", name, 120)
    assert "X-Amz-Expires=120" in address
    assert "response-content-type=application%2Foctet-stream" in address
    assert "response-content-disposition=attachment%3B%20filename%3D%22" in address
    assert "filename%2A%3DUTF-8%27%27" in address


def test_a_bucket_out_of_reach_is_told_as_a_store_that_is(s3: Any) -> None:
    gone = S3Documents(s3, "nowhere")
    for call in (
        lambda: gone.put("a", b""), lambda: gone.look("a"), lambda: gone.read("a"),
        lambda: gone.delete("a"), lambda: list(gone.all()),
    ):  # fmt: skip
        with pytest.raises(StoreDown):
            call()
