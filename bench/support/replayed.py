"""What the calls of an issue cost with nothing between them: the same requests, signed and sent."""

import http.client
import time
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEPT: Final = 40
"""Requests that are kept: some eight bulks and what belongs to them."""

ROUNDS: Final = 100

_KEPT_HEADERS: Final = ("Content-Type", "X-Amz-Target")


class Sent(NamedTuple):
    service: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Replayed:
    """The first requests that clients send while it is `on`."""

    kept: list[Sent] = field(default_factory=list)
    on: bool = False

    def watch(self, client: Any) -> None:
        service = client.meta.service_model.signing_name

        def keep(request: Any, **_: object) -> None:
            if self.on and len(self.kept) < KEPT:
                found = {k: request.headers[k] for k in _KEPT_HEADERS if k in request.headers}
                headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in found.items()}
                sent = Sent(service, request.method, request.url, headers, request.body)
                self.kept.append(sent)

        client.meta.events.register("before-send.*.*", keep)

    def cpu_of_a_bulk(self) -> float:
        """Return the seconds of CPU that the requests take, for each bulk among them."""
        connection = http.client.HTTPConnection(urlsplit(self.kept[0].url).netloc)
        key = Credentials("bench", "bench")
        began = time.process_time()
        for _ in range(ROUNDS):
            for sent in self.kept:
                once = AWSRequest(sent.method, sent.url, dict(sent.headers), sent.body)
                SigV4Auth(key, sent.service, "ca-central-1").add_auth(once)
                path = urlsplit(sent.url).path or "/"
                connection.request(sent.method, path, sent.body, dict(once.headers))
                connection.getresponse().read()
        spent = time.process_time() - began
        return spent / ROUNDS / sum(sent.service == "ses" for sent in self.kept)
