"""Pings that an SR Linux sends: its gRPC server beside whatever else is spoken to it.

    over gNMI: the session that is there          by JSON-RPC: one of its own, when the first ping is wanted

JSON-RPC runs no ping. Where the access file says `grpc_port`, the device's gRPC server is asked beside it, as the same
user. It may not be there, or be closed: then JSON-RPC still answers, so that is a refusal of the pings, not silence.
"""

from __future__ import annotations

import msgspec

from crossconnect.errors import Rejected, Unsupported
from crossconnect.nos.gnoi_ping import request_of
from crossconnect.nos.network_os import Query
from crossconnect.transport.credentials import Vault
from crossconnect.transport.gnmi.errors import NoAnswer
from crossconnect.transport.gnmi.ping import ping
from crossconnect.transport.gnmi.session import Session
from crossconnect.transport.target import Target


async def ask_for_ping(session: Session, query: Query) -> bytes:
    """What `nos.gnoi_ping` reads. Raises what `ping` does."""
    return msgspec.json.encode(await ping(session, request_of(query.ask)))


class Pings:
    """Beside JSON-RPC."""

    def __init__(self, target: Target, vault: Vault | None) -> None:
        self._place, self._can = target.place, bool(target.grpc_port)
        self._session = Session(msgspec.structs.replace(target, port=target.grpc_port), vault, greets=False)
        self._is_open, self._silent = False, ""

    async def ask(self, query: Query) -> bytes:
        """Rejected where there is nobody to ask, for all pings of this session after the first."""
        if not self._can:
            raise Rejected(f"{self._place}: JSON-RPC sends no ping; its gRPC server does, where `grpc_port` is given")
        if self._silent:
            raise Rejected(self._silent)
        try:
            if not self._is_open:
                await self._session.__aenter__()
                self._is_open = True
            return await ask_for_ping(self._session, query)
        except (NoAnswer, Unsupported) as error:
            self._silent = str(error)
            raise Rejected(self._silent) from None

    async def close(self) -> None:
        """Disconnect, where anything was asked."""
        await self._session.__aexit__(None, None, None)
