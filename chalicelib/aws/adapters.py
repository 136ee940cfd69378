"""The adapters that most requests need none of: each is loaded when something is sent or kept."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.aws.clients import make_client
from chalicelib.aws.patience import FIFTY_ONCE, ONCE, PATIENT, QUICK, SIGNED
from chalicelib.core.links import Links
from chalicelib.core.ports import KeySource, Mailer
from chalicelib.core.settings import Settings

if TYPE_CHECKING:
    from chalicelib.cases.case import Case
    from chalicelib.desk.ports import Objects
    from chalicelib.forms.attachments.ports import DocumentStore
    from chalicelib.newsletter.issues.ports import ImageStore, IssueOutside
    from chalicelib.newsletter.sending.ports import BulkMailer, Queue
    from chalicelib.newsletter.subscribers.suppressed import Suppression


def mailer(found: Settings) -> Mailer:
    from chalicelib.aws.ses import SesMailer

    return SesMailer(
        make_client("sesv2", ONCE),
        sender=found.sender,
        reply_to=found.reply_to,
        configuration_set=found.configuration_set,
    )


def suppression() -> "Suppression":
    from chalicelib.aws.ses import SesSuppression

    return SesSuppression(make_client("sesv2", PATIENT))


def documents(found: Settings) -> "DocumentStore":
    from chalicelib.aws.documents import S3Documents

    return S3Documents(make_client("s3", SIGNED), found.attachment_bucket)


def images(found: Settings) -> "ImageStore":
    from chalicelib.aws.images import S3Images

    return S3Images(make_client("s3", SIGNED), found.image_bucket)


def bulk(found: Settings) -> "tuple[BulkMailer, Queue]":
    from chalicelib.aws.bulk import SesBulkMailer
    from chalicelib.aws.queue import SqsQueue

    carrier = SesBulkMailer(
        make_client("sesv2", FIFTY_ONCE),
        make_client("sesv2", PATIENT),
        sender=found.sender,
        reply_to=found.reply_to,
        configuration_set=found.configuration_set,
    )
    return carrier, SqsQueue(make_client("sqs", QUICK), found.issue_queue)


def every_file(found: Settings) -> "Iterator[Case]":
    from chalicelib.aws.every_file import every_file as read

    return read(make_client("dynamodb", PATIENT), found.records_table)


def outside(found: Settings, links: Links, keys_of: KeySource) -> "IssueOutside":
    from chalicelib.aws.issue_account import outside as joined

    clients = make_client("sesv2", PATIENT), make_client("sesv2", ONCE)
    return joined(clients, found, links, keys_of.people)


def objects(found: Settings) -> "Objects":
    from chalicelib.aws.objects import S3Objects

    return S3Objects(make_client("s3", SIGNED), found.export_bucket)
