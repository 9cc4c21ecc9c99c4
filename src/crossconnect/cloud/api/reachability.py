"""Whether a packet arrives: a question with a body, that changes nothing."""

from __future__ import annotations

import functools

import msgspec

from crossconnect.cloud.api import body
from crossconnect.cloud.api import parameters as p
from crossconnect.cloud.api.operation import Answer, Call, Operation, Reply, Shape
from crossconnect.cloud.reach import Analyser, Reachability, ReachabilityBody, reachability, told
from crossconnect.cloud.service import Service

EXAMPLE = {
    "source": "eni-0c3ba5f1d92e7a846",
    "destination": "198.51.100.7",
    "protocol": "tcp",
    "destination_port": 443,
}
_HOP = {
    "number": 0,
    "layer": "vpc",
    "point": "security-group",
    "passes": False,
    "component": "eni-0c3ba5f1d92e7a846",
    "decided_by": "sg-7d21c05be94fa3168",
    "message": "no rule of sg-7d21c05be94fa3168 allows it (egress)",
    "project_id": "acme",
}
_ANSWER = {
    "outcome": "unreachable",
    "explanation": "no rule of sg-7d21c05be94fa3168 allows it (egress)",
    "decided_by": "sg-7d21c05be94fa3168",
    "asked": {"source": "10.0.1.4", "source_port": 40000, "destination": "198.51.100.7", "destination_port": 443},
    "protocol": "tcp",
    "there": [_HOP],
    "back": [],
}


def operation(service: Service, analyser: Analyser) -> Operation:
    """`POST /v1/reachability`."""
    return Operation(
        name="analyse_reachability",
        method="POST",
        path="/v1/reachability",
        summary="Whether a packet arrives and its answer comes back: each hop, and which rule of it decides",
        tag="reachability",
        action="get",
        kind="reachability",
        handler=functools.partial(analyse, service, analyser),
        parameters=(p.PROJECT_ID,),
        body=Shape(record=ReachabilityBody, media_types=(body.JSON,), example=EXAMPLE),
        replies={
            200: Reply(
                description="The answer. A tenant sees its own hops; operators and auditors of the region, asking for "
                "no project, all of them.",
                shape=Shape(record=Reachability, example=_ANSWER),
                headers=("Cache-Control",),
            )
        },
        problems=(404, 408, 413, 415, 422),
        of_region=True,
    )


async def analyse(service: Service, analyser: Analyser, call: Call) -> Answer:
    """POST of a question. It is asked of one moment of the store."""
    body.expect_type(call.headers.get("content-type", ""), body.JSON)
    asked = body.decode(call.body, ReachabilityBody)
    call.reached = True
    whole = not call.project_id
    found = await service.ask(
        call.caller, "reachability", lambda view: reachability(asked, analyser, view, whole=whole)
    )
    shown = found if whole else told(found, call.project_id)
    return Answer(body=msgspec.json.encode(shown), headers=(("cache-control", "no-store"),))
