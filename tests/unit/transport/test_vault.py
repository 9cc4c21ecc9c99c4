"""Secrets of a vault, by HTTP. Input: references, and a server that answers as Vault's KV engines 1 and 2 do. Output:
the secret, or one error without it and without the token."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from crossconnect.errors import BadInput, CrossconnectError, Unauthorised, Unreachable
from crossconnect.transport.vault import vault_of_environment

TOKEN = "hvs.of-a-test"
ANSWERS: dict[str, Any] = {
    "/v1/kv/switches": {"data": {"password": "of version 1", "number": 7}},
    "/v1/secret/data/switches": {"data": {"data": {"password": "of version 2"}, "metadata": {"version": 3}}},
    "/v1/broken": "no object",
}


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = ANSWERS.get(self.path)
        status = 403 if self.headers["X-Vault-Token"] != TOKEN else 404 if found is None else 200
        body = json.dumps(found if status == 200 else {"errors": []}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("VAULT_ADDR", f"{url}/")
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    yield url
    server.shutdown()
    thread.join()
    server.server_close()


def _read(path: str, field: str) -> str:
    read = vault_of_environment()
    assert read is not None
    return read(path, field)


@pytest.mark.usefixtures("address")
def test_both_versions_of_the_engine() -> None:
    assert _read("kv/switches", "password") == "of version 1"
    assert _read("/secret/data/switches/", "password") == "of version 2"


@pytest.mark.usefixtures("address")
@pytest.mark.parametrize(
    ("path", "field", "words"),
    [
        ("kv/switches", "key", "there is no such text"),
        ("kv/switches", "number", "there is no such text"),
        ("broken", "password", "there is no such text"),
        ("kv/nowhere", "password", "answers with 404"),
    ],
)
def test_what_is_not_there(path: str, field: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as error:
        _read(path, field)
    assert f"vault:{path}#{field}" in str(error.value)


def test_a_token_that_is_not_taken(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "hvs.another")
    with pytest.raises(Unauthorised) as error:
        _read("kv/switches", "password")
    assert "hvs" not in str(error.value)


def test_a_vault_that_does_not_answer(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
    with pytest.raises(Unreachable) as error:
        _read("kv/switches", "password")
    assert TOKEN not in str(error.value)


def test_without_an_address_or_a_token_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VAULT_ADDR", raising=False)
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    assert vault_of_environment() is None
    assert issubclass(Unauthorised, CrossconnectError)
