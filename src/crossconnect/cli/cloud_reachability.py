"""`xc cloud reachability`, and the same question to a region's files and database (`xc trace`)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click
import msgspec

from crossconnect.cli.cloud_connection import connection_options
from crossconnect.cli.flow_options import flow_options
from crossconnect.cli.output import emit, output_option
from crossconnect.cli.reachability_text import reachability_text, say_outcome
from crossconnect.cloud.client.paging import JSON
from crossconnect.cloud.client.transport import Transport
from crossconnect.cloud.reach import Reachability, ReachabilityBody
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput
from crossconnect.simulate import Failures


def body_of(source: str, destination: str, flow: dict[str, Any]) -> ReachabilityBody:
    """The question, from arguments and options."""
    return ReachabilityBody(
        source=source,
        destination=destination,
        protocol=flow["protocol"],
        destination_port=flow["port"],
        source_port=flow["source_port"],
        icmp_type=flow["icmp_type"],
        network=flow["network"],
    )


@click.command("reachability")
@click.argument("source")
@click.argument("destination")
@flow_options
@output_option
@connection_options
def command(transport: Transport, source: str, destination: str, output: str, **flow: Any) -> int:
    """Whether a packet from SOURCE to DESTINATION arrives and its answer comes back: every hop, and the rule that
    decides there.

    SOURCE is a network interface or elastic IP, by id, or an address outside; DESTINATION one of these, a load balancer
    or a service endpoint. No packet is sent. Exit code 0 where it arrives, 1 where it does not.
    """
    octets = msgspec.json.encode(body_of(source, destination, flow))
    got = transport.send("POST", "/v1/reachability", None, octets, JSON)
    answer = msgspec.json.decode(got.content, type=Reachability)
    emit(got.json(), output, lambda: reachability_text(answer))
    return say_outcome(answer)


def from_database(
    root: Path, database: str, blueprint: Blueprint, failures: Failures, asked: ReachabilityBody
) -> Reachability:
    """The answer from the database of a region's API and the region's files, with all that an operator may see."""
    from crossconnect.cli.commands.serve import api_file, database_of
    from crossconnect.cloud.neutron.registry import STORED
    from crossconnect.cloud.provided import cloud_of
    from crossconnect.cloud.reach import Analyser, reachability
    from crossconnect.cloud.reach.fabric import Fabric
    from crossconnect.cloud.registry import KINDS
    from crossconnect.cloud.resource import Refused
    from crossconnect.cloud.service import Caller, Service, Settings

    region = cloud_of(blueprint)
    if region is None:
        raise BadInput("the region's fabric carries no cloud that reaches the internet (design.cloud)")
    place = database_of(root, api_file(root), database)
    if "://" not in place and not Path(place).exists():
        raise BadInput(f"there is no database {place} of 'xc serve'; --cloud names another one")
    analyser = Analyser(region=region, fabric=Fabric(blueprint, failures))

    async def ask() -> Reachability:
        service = await Service.open(place, {**KINDS, **STORED}, Settings(zones=()))
        try:
            caller = Caller(principal="xc trace", project_id="", roles=("operator",), admin=True)
            return await service.ask(
                caller, "reachability", lambda view: reachability(asked, analyser, view, whole=True)
            )
        finally:
            await service.close()

    try:
        return asyncio.run(ask())
    except Refused as error:
        raise BadInput(str(error)) from error
