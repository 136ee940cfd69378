"""A connection that died between two invocations costs no letter its first try."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from chalice.test import Client

import app as application
from chalicelib.aws import clients, patience
from chalicelib.aws.ses import SesMailer
from chalicelib.core.errors import OutcomeUnknown
from chalicelib.core.ports import Mail
from chalicelib.services import Services
from environment import ENVIRONMENT

MAIL = Mail(to="ada@example.org", subject="s", text="t", html="h", lang="fr", tag="CASE_1_1_x")


class FreezingSes:
    """An SES whose connections die while a function is frozen: the next call over one of them gets
    no answer, and only then does the caller see it."""

    def __init__(self) -> None:
        self.frozen = 0
        self.connections = 0
        self.taken = 0
        ses = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                self.born = ses.frozen
                ses.connections += 1

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                if self.born < ses.frozen:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                ses.taken += 1
                body = json.dumps({"MessageId": "m"}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def freeze(self) -> None:
        self.frozen += 1

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def ses(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FreezingSes]:
    found = FreezingSes()
    monkeypatch.setattr(clients, "_tried_once", [])
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", found.url)
    clients._session.cache_clear()
    yield found
    clients._session.cache_clear()
    found.close()


def mailer() -> SesMailer:
    client = clients.make_client("sesv2", patience.ONCE)
    return SesMailer(
        client, sender="a@example.org", reply_to="b@example.org", configuration_set="c"
    )


def test_each_invocation_sends_over_a_connection_of_its_own(ses: FreezingSes) -> None:
    found = mailer()
    for invocation in range(1, 4):
        clients.connect_anew()
        found.send(MAIL)
        found.send(MAIL)
        assert ses.connections == invocation, "within an invocation the connection is kept"
        ses.freeze()
    assert ses.taken == 6
    with pytest.raises(OutcomeUnknown):
        found.send(MAIL)


@pytest.mark.parametrize("config", [patience.ONCE, patience.FIFTY_ONCE])
def test_every_client_that_tries_once_is_renewed_and_no_other(
    ses: FreezingSes, config: Any
) -> None:
    client = clients.make_client("sesv2", config)
    clients.make_client("sesv2", patience.PATIENT)
    clients.make_client("dynamodb", patience.QUICK)
    assert clients._tried_once == [client]


class Closed:
    def __init__(self) -> None:
        self.times = 0

    def close(self) -> None:
        self.times += 1


def test_every_function_begins_with_fresh_connections(
    service: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Closed()
    monkeypatch.setattr(clients, "_tried_once", [watched])
    monkeypatch.setattr(application, "services", lambda: service)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with Client(application.app) as client:
        events = client.events
        client.lambda_.invoke("sweep", events.generate_cw_event("aws.events", "x", {}, []))
        client.lambda_.invoke("settle_mail", events.generate_sqs_event([]))
        client.http.get("/health")
    assert watched.times == 3
