"""What becomes of VPC peerings."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from crossconnect.cloud.decisions.claimed import numbers
from crossconnect.cloud.decisions.meeting import blocks_of, refuse_overlap
from crossconnect.cloud.decisions.patching import black_holes, refuse_more, refuse_naming, the_vpc
from crossconnect.cloud.kinds.peering import VpcPeering, VpcPeeringBody, VpcPeeringPatch
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import Change, conflict, forbidden, invalid, missing
from crossconnect.cloud.view import Context, View, born

OPEN_DAYS = 7
"""How long a request waits (AWS VPC Peering Guide, "VPC peering connection lifecycle")."""


def create(body: VpcPeeringBody, view: View, context: Context) -> Change:
    """A peering that is asked for; between VPCs of one project it is active at once."""
    vpc = the_vpc(body.vpc_id, view)
    project = body.peer_project_id or context.project_id
    peer = view.shared(Vpc, body.peer_vpc_id)
    if peer is None or peer.project_id != project:
        raise missing("vpc", body.peer_vpc_id, "/peer_vpc_id")
    if peer.id == vpc.id:
        raise invalid("vpc-peering.itself", f"{vpc.id} does not peer with itself", "/peer_vpc_id")
    for other in (*view.referring(VpcPeering, vpc.id, "vpc_id"), *view.referring(VpcPeering, vpc.id, "peer_vpc_id")):
        open_ = is_open(other, context.now) or other.status == "active"
        if open_ and {other.vpc_id, other.peer_vpc_id} == {vpc.id, peer.id}:
            raise conflict("vpc-peering.duplicate", f"{other.id} is of the same VPCs", "/peer_vpc_id")
    refuse_overlap(blocks_of(vpc), (("this peering", peer),), "/peer_vpc_id")
    _refuse_many(vpc.id, view, context, "/vpc_id")
    own = project == context.project_id
    id = context.new_id("pcx")
    (number,) = numbers(view, "link", id)
    peering = born(
        VpcPeering,
        id,
        context,
        body,
        vpc_id=vpc.id,
        peer_vpc_id=peer.id,
        peer_project_id=project,
        status="active" if own else "pending-acceptance",
        expires_at="" if own else _later(context.now),
        number=number.value,
    )
    return Change(put=(peering,), claims=(number,))


def update(peering: VpcPeering, patch: VpcPeeringPatch, view: View, context: Context) -> Change:
    """The peering, answered by the other VPC's project."""
    refuse_naming(peering, patch, context)
    if patch.status is msgspec.UNSET or patch.status == peering.status:
        return Change(put=(peering,))
    if context.project_id != peering.peer_project_id:
        message = f"{peering.id} is for project {peering.peer_project_id} to answer"
        raise forbidden("vpc-peering.not-yours", message, "/status")
    if not is_open(peering, context.now):
        what = "expired" if peering.status == "pending-acceptance" else peering.status
        raise conflict("vpc-peering.answered", f"{peering.id} is {what}, and waits for no answer", "/status")
    if patch.status == "active":
        vpc, peer = view.shared(Vpc, peering.vpc_id), view.get(Vpc, peering.peer_vpc_id)
        if vpc is None or peer is None:
            raise conflict("vpc-peering.vpc-gone", f"a VPC of {peering.id} is gone", "/status")
        refuse_overlap(blocks_of(peer), ((peering.id, vpc),), "/status")
        _refuse_many(peer.id, view, context, "/status")
    return Change(put=(msgspec.structs.replace(peering, status=patch.status, expires_at=""),))


def delete(peering: VpcPeering, view: View, context: Context) -> Change:
    """The peering, by either project; routes to it become black holes. The caller is told of its own routes only."""
    effects = black_holes((peering.vpc_id, peering.peer_vpc_id), peering.id, view)
    return Change(delete=(peering.id,), effects=effects)


def expire(peering: VpcPeering, now: str) -> VpcPeering | None:
    """A peering whose request has become void, to be put by who looks after time; none where it has not."""
    if peering.status != "pending-acceptance" or is_open(peering, now):
        return None
    return msgspec.structs.replace(peering, status="expired", updated_at=now)


def is_open(peering: VpcPeering, now: str) -> bool:
    """Whether a request waits for an answer, as of a time (RFC 3339)."""
    if peering.status != "pending-acceptance":
        return False
    return not peering.expires_at or datetime.fromisoformat(now) < datetime.fromisoformat(peering.expires_at)


def _later(now: str) -> str:
    then = datetime.fromisoformat(now) + timedelta(days=OPEN_DAYS)
    return then.isoformat().replace("+00:00", "Z")


def _refuse_many(vpc_id: str, view: View, context: Context, field: str) -> None:
    count = view.count_referring(VpcPeering, vpc_id, "vpc_id") + view.count_referring(VpcPeering, vpc_id, "peer_vpc_id")
    refuse_more(count + 1, limit(context, "peerings_per_vpc"), f"peerings of {vpc_id}", field)
