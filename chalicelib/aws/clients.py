"""Clients of AWS, made of a session that is quicker to start than boto3's own."""

import gzip
import json
from functools import cache
from typing import Any, Final, Literal, get_args

import boto3
from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session

Service = Literal["dynamodb", "s3", "secretsmanager", "sesv2", "sqs"]


ONE_TRY: Final[Any] = {"mode": "standard", "total_max_attempts": 1}
"""The retries of a client that must not offer a mail twice."""

_tried_once: Final[list[Any]] = []


class _Files(JSONFileLoader):
    """Reads the descriptions of services that come with botocore.

    Botocore's own makes each object an OrderedDict, by a call of Python for every one of them;
    dictionaries keep their order too.
    """

    def load_file(self, file_path: str) -> Any:
        for ending, opened in ((".json", open), (".json.gz", gzip.open)):
            try:
                with opened(file_path + ending, "rb") as file:
                    return json.loads(file.read())
            except FileNotFoundError:
                continue
        return None


class _Descriptions(Loader):
    """Finds the description of a service where it stands.

    Botocore's own looks through the folders of all services first, four hundred of them, to say
    the names of the others when there is no such service.
    """

    FILE_LOADER_CLASS = _Files

    def list_available_services(self, type_name: str) -> list[str]:
        return list(get_args(Service))


@cache
def _session() -> boto3.Session:
    core = Session()
    core.register_component("data_loader", _Descriptions())
    return boto3.Session(botocore_session=core)


def make_client(service: Service, config: Config | None = None) -> Any:
    """Make a client of a service in the region and with the rights of this process."""
    client = _session().client(service, config=config)
    if config is not None and config.retries == ONE_TRY:  # type: ignore[attr-defined]
        _tried_once.append(client)
    return client


def connect_anew() -> None:
    """Close the connections of the clients that try once; each opens another one for its next call.

    A connection dies unnoticed while Lambda holds the function still between two invocations: a
    client that tries again never shows it, and one that must not would lose its first call.
    """
    for client in _tried_once:
        client.close()
