"""Where a server listens: `unix:PATH`, `tcp:HOST:PORT`, `ssl:HOST:PORT`, as OVSDB's tools write it (ovsdb(7))."""

from __future__ import annotations

import re
import ssl

import msgspec

from crossconnect.errors import BadInput

_NETWORK = re.compile(r"(?P<kind>tcp|ssl):(?:\[(?P<bracketed>[^]]+)\]|(?P<host>[^:\[\]]+)):(?P<port>[0-9]{1,5})")


class Remote(msgspec.Struct, frozen=True):
    """One server's address: a socket's `path`, or `host` and `port`, with TLS or without."""

    path: str = ""
    host: str = ""
    port: int = 0
    tls: bool = False

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ssl' if self.tls else 'tcp'}:{host}:{self.port}"


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """Files for `ssl:` remotes, PEM.

    The server's certificate must be signed by one of `ca`, as OVSDB's own tools have it: the authority is private, and
    certificates there seldom carry a host's name. Where they do, `server_name` makes the name count as well.
    `verify=False` accepts any server, and is for finding out why one is not accepted.
    """

    ca: str
    certificate: str = ""
    key: str = ""
    server_name: str = ""
    verify: bool = True


def parse_remotes(text: str) -> tuple[Remote, ...]:
    """Remotes from a list separated by commas. BadInput when one of them is none."""
    found: list[Remote] = []
    for one in text.split(","):
        word = one.strip()
        network = _NETWORK.fullmatch(word)
        if network and int(network["port"]) in range(1, 1 << 16):
            host = network["bracketed"] or network["host"]
            found.append(Remote(host=host, port=int(network["port"]), tls=network["kind"] == "ssl"))
        elif word.startswith("unix:") and len(word) > len("unix:"):
            found.append(Remote(path=word.removeprefix("unix:")))
        else:
            raise BadInput(f"{word!r} is not unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT")
    return tuple(found)


def tls_context(tls: Tls) -> ssl.SSLContext:
    """A client's context. BadInput when a file cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = bool(tls.server_name) and tls.verify
    context.verify_mode = ssl.CERT_REQUIRED if tls.verify else ssl.CERT_NONE
    try:
        context.load_verify_locations(tls.ca)
        if tls.certificate:
            context.load_cert_chain(tls.certificate, tls.key or None)
    except OSError as e:  # ssl.SSLError is one
        raise BadInput(f"TLS files {tls.ca}, {tls.certificate}, {tls.key}: {e}") from e
    return context
