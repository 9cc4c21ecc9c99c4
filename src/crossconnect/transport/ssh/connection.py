"""A connection to a device whose host key is known; by asyncssh, with nothing taken from the user's own SSH files.

connect --> key exchange --> host key in known_hosts? --> who we are --> channels
                               no: Untrusted, with the fingerprint, before anything of ours was sent
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncssh

from crossconnect.errors import BadInput, CrossconnectError, Unauthorised, Unreachable, Unsupported, Untrusted
from crossconnect.transport.credentials import Vault, reveal
from crossconnect.transport.target import Target

CONNECT_S = 20.0
"""For everything until we are known: switches' processors take seconds for a key exchange."""
KEEPALIVE_S = 10.0
"""Of silence, after which the device is asked whether it lives; after three it does not."""


class _Client(asyncssh.SSHClient):
    """Remembers the host key that nobody knew."""

    key: asyncssh.SSHKey | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Asked for keys that are not in known_hosts. No."""
        self.key = key
        return False


async def connect(target: Target, port: int, vault: Vault | None = None) -> asyncssh.SSHClientConnection:
    """A connection. `port` is the protocol's own. Unreachable, Untrusted, Unauthorised, Unsupported, BadInput."""
    port = target.port or port
    client = _Client()
    known = _known_hosts(target)
    identity = _identity(target, vault)
    password = reveal(target.credential.password, vault) if target.credential.password else None
    where = f"{target.device} ({target.address} port {port})"
    try:
        async with asyncio.timeout(CONNECT_S):
            connection, _ = await asyncssh.create_connection(
                lambda: client,
                target.address,
                port,
                config=None,
                known_hosts=known,
                username=target.credential.user,
                password=password,
                client_keys=identity or None,
                agent_path=None,
                gss_host=None,
                keepalive_interval=KEEPALIVE_S,
                login_timeout=CONNECT_S,
                connect_timeout=CONNECT_S,
            )
    except TimeoutError as error:
        raise Unreachable(f"{where}: no session within {CONNECT_S:g} s") from error
    except (asyncssh.Error, OSError) as error:
        raise _meaning(error, where, target, port, client.key) from error
    return connection


def _known_hosts(target: Target) -> str | bytes | None:
    """What asyncssh is given: a file's name, an empty list, or None for no check."""
    if target.unchecked:
        return None
    if not target.known_hosts:
        return b""
    if not Path(target.known_hosts).is_file():
        raise BadInput(f"{target.known_hosts}, which is to have host keys, is no file")
    return target.known_hosts


def _identity(target: Target, vault: Vault | None) -> list[asyncssh.SSHKeyPair | asyncssh.SSHKey]:
    if not target.credential.key:
        return []
    reference = target.credential.key
    phrase = reveal(target.credential.passphrase, vault) if target.credential.passphrase else None
    try:
        key = asyncssh.import_private_key(reveal(reference, vault) + "\n", phrase)
        if target.credential.certificate:
            return list(asyncssh.load_keypairs([(key, target.credential.certificate)]))
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        # Not chained: what could not be read is the secret.
        raise BadInput(f"{reference} is no private key that can be read: {type(error).__name__}") from None
    except OSError as error:
        raise BadInput(f"{target.credential.certificate} cannot be read: {error.strerror}") from error
    return [key]


def _meaning(error: Exception, where: str, target: Target, port: int, key: asyncssh.SSHKey | None) -> CrossconnectError:
    match error:
        case asyncssh.HostKeyNotVerifiable() | asyncssh.KeyExchangeFailed() if key is not None:
            name = target.address if port == 22 else f"[{target.address}]:{port}"
            file = target.known_hosts or "a file, and name it as known_hosts in access.yaml"
            kind = key.get_algorithm()
            return Untrusted(
                f"{where} shows a host key that is not known: {kind} {key.get_fingerprint()}. Compare it with what the "
                f"device itself says (its console: ssh-keygen -lf, or show ssh host keys); if it is the same, add "
                f"`ssh-keyscan -p {port} {target.address}` to {file} (name there: {name}). If it was known before, the "
                "device was replaced, or somebody is in between"
            )
        case asyncssh.HostKeyNotVerifiable():
            return Untrusted(f"{where}: {error.reason}")
        case asyncssh.PermissionDenied():
            return Unauthorised(f"{where} does not take {target.credential.user}'s credentials")
        case asyncssh.KeyExchangeFailed() | asyncssh.ProtocolNotSupported():
            return Unsupported(f"{where} has no SSH algorithms in common with us: {error.reason[:200]}")
        case asyncssh.Error():
            return Unreachable(f"{where}: {error.reason[:200] or type(error).__name__}")
        case OSError():
            return Unreachable(f"{where}: {error.strerror or type(error).__name__}")
        case _:
            return Unreachable(f"{where}: {type(error).__name__}")
