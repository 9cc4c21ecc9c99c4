"""Small kinds for tests of the store and the service, which know no kind: networks, ports with addresses in them, and
letters that two projects see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from crossconnect.cloud.resource import (
    Body,
    Change,
    Claim,
    Effect,
    Kind,
    Patch,
    Reference,
    Resource,
    conflict,
    forbidden,
    invalid,
    missing,
)
from crossconnect.cloud.view import Context, View, born


class Network(Resource, frozen=True, kw_only=True):
    """So many addresses, from 0."""

    size: int
    public: bool = False


class NetworkBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    size: int = 16
    public: bool = False


class NetworkPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    size: int | msgspec.UnsetType = msgspec.UNSET


class Port(Resource, frozen=True, kw_only=True):
    """An address of a network, and other ports that it names."""

    network_id: str
    address: int
    peer_ids: tuple[str, ...] = ()
    owner_id: str = ""


class PortBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    network_id: str
    address: int | None = None
    peer_ids: tuple[str, ...] = ()
    owner_id: str = ""


class PortPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    address: int | msgspec.UnsetType = msgspec.UNSET
    peer_ids: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class Letter(Resource, frozen=True, kw_only=True):
    """Names another project's network."""

    network_id: str
    to_project_id: str
    to_network_id: str
    read: bool = False


class LetterBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    network_id: str
    to_network_id: str


class LetterPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    read: bool | msgspec.UnsetType = msgspec.UNSET


def _network_create(body: NetworkBody, view: View, context: Context) -> Change:
    if body.size < 1:
        raise invalid("network.size", "a network has an address", "/size")
    id = context.new_id("net")
    return Change(put=(born(Network, id, context, body, size=body.size, public=body.public),))


def _network_update(network: Network, patch: NetworkPatch, view: View, context: Context) -> Change:
    size = network.size if patch.size is msgspec.UNSET else patch.size
    return Change(put=(msgspec.structs.replace(network, size=size),))


def _network_delete(network: Network, view: View, context: Context) -> Change:
    owned = view.referring(Port, network.id, "owner_id")
    return Change(delete=(network.id, *(port.id for port in owned)), effects=(Effect("gone", cuts=True),))


def _port_create(body: PortBody, view: View, context: Context) -> Change:
    network = view.get(Network, body.network_id)
    if network is None:
        raise missing("network", body.network_id, "/network_id")
    address = body.address
    if address is None:
        address = view.next_free(network.id, 0, network.size - 1)
        if address is None:
            raise conflict("network.full", "no address is free", "/network_id")
    elif not 0 <= address < network.size or not view.is_free(network.id, address):
        raise conflict("address.taken", f"{address} is not to be had", "/address")
    port = born(
        Port,
        context.new_id("port"),
        context,
        body,
        network_id=network.id,
        address=address,
        peer_ids=body.peer_ids,
        owner_id=body.owner_id,
    )
    return Change(put=(port,), claims=(Claim(network.id, address, port.id),))


def _port_update(port: Port, patch: PortPatch, view: View, context: Context) -> Change:
    claims: tuple[Claim, ...] = ()
    releases: tuple[Claim, ...] = ()
    if patch.address is not msgspec.UNSET and patch.address != port.address:
        if not view.is_free(port.network_id, patch.address):
            raise conflict("address.taken", f"{patch.address} is not to be had", "/address")
        releases = (Claim(port.network_id, port.address, port.id),)
        claims = (Claim(port.network_id, patch.address, port.id),)
        port = msgspec.structs.replace(port, address=patch.address)
    if patch.peer_ids is not msgspec.UNSET:
        port = msgspec.structs.replace(port, peer_ids=patch.peer_ids)
    return Change(put=(port,), claims=claims, releases=releases)


def _port_references(port: Port) -> Iterator[Reference]:
    yield Reference("network_id", port.network_id)
    for n, id in enumerate(port.peer_ids):
        yield Reference(f"peer_ids/{n}", id)
    if port.owner_id:
        yield Reference("owner_id", port.owner_id, owned=True)


def _letter_create(body: LetterBody, view: View, context: Context) -> Change:
    to = view.shared(Network, body.to_network_id)
    if to is None:
        raise missing("network", body.to_network_id, "/to_network_id")
    return Change(
        put=(
            born(
                Letter,
                context.new_id("letter"),
                context,
                body,
                network_id=body.network_id,
                to_project_id=to.project_id,
                to_network_id=to.id,
            ),
        )
    )


def _letter_update(letter: Letter, patch: LetterPatch, view: View, context: Context) -> Change:
    if patch.read is not msgspec.UNSET:
        if context.project_id != letter.to_project_id:
            raise forbidden("letter.not-yours", "only who gets a letter can have read it", "/read")
        letter = msgspec.structs.replace(letter, read=patch.read)
    return Change(put=(letter,))


def _letter_references(letter: Letter) -> Iterator[Reference]:
    yield Reference("network_id", letter.network_id)
    yield Reference("to_network_id", letter.to_network_id)


def _only(resource: Resource, view: View, context: Context) -> Change:
    return Change(delete=(resource.id,))


def _network_seen(network: Network) -> tuple[str, ...]:
    return ("*",) if network.public else ()


NETWORK = Kind(
    name="network",
    path="networks",
    prefix="net",
    resource=Network,
    body=NetworkBody,
    patch=NetworkPatch,
    references=lambda network: (),
    create=_network_create,
    update=_network_update,
    delete=_network_delete,
    quota=50,
    seen_by=_network_seen,
    filters=("public",),
)
PORT = Kind(
    name="port",
    path="ports",
    prefix="port",
    resource=Port,
    body=PortBody,
    patch=PortPatch,
    references=_port_references,
    create=_port_create,
    update=_port_update,
    delete=_only,
    quota=100_000,
    filters=("address",),
)
LETTER = Kind(
    name="letter",
    path="letters",
    prefix="letter",
    resource=Letter,
    body=LetterBody,
    patch=LetterPatch,
    references=_letter_references,
    create=_letter_create,
    update=_letter_update,
    delete=_only,
    quota=10,
    seen_by=lambda letter: (letter.to_project_id,),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (NETWORK, PORT, LETTER)}
