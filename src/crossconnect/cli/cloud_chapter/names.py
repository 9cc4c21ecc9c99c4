"""What machines ask their VPC's resolver, and who must answer what.

machine --10.0.1.2, in every subnet of every tenant--> OVN: names of interfaces, private zones
                                                        agent of the hypervisor: what is not plain, public names
                                                         '--> the provider's name server, in the centre's node
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import msgspec

from crossconnect.cli.cloud_chapter.tenants import Tenant
from crossconnect.cloud.addresses import resolver
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.lab.ovn import OvnLab
from crossconnect.lab.ovn.names import NO_SUCH_NAME, ask, heard, start_name_server
from crossconnect.lab.ovn.resolvers import start_resolver
from crossconnect.report import CloudName

ZONE = "corp.example.com"
"""A private zone of both tenants; the domain is a public one, too."""
PUBLIC = "www.example.com"
KNOWN = {PUBLIC: "192.0.2.53", f"vpn.{ZONE}": "192.0.2.54"}
"""What the provider's name server knows. It must not be asked for the second: that is inside a private zone."""
WITHIN_S, AGAIN_S = 10.0, 0.1
NOBODY = "no such name, and nobody else is asked"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for what, and what the answer must be."""

    machine: str
    name: str
    wanted: str
    why: str
    type: str = "A"
    how: tuple[str, ...] = ()


def start_resolvers(lab: OvnLab, hypervisors: Sequence[str]) -> None:
    """The provider's name server, and the resolver's agent of each hypervisor."""
    name_server = start_name_server(lab, KNOWN)
    for chassis in hypervisors:
        start_resolver(lab, chassis, [name_server])


def ask_names(lab: OvnLab, acme: Tenant, shop: Vpc, globex: Tenant, same: Vpc) -> Iterator[CloudName]:
    """Make the zones, and ask for what must be known and what must not."""
    acme.zone(shop, ZONE, "db", acme.machines["db1"])
    globex.zone(same, ZONE, "db", globex.machines["app2"])
    lab.settle()
    for question in _questions(acme, globex):
        yield _answered(lab, question, (acme.machines | globex.machines)[question.machine].block)


def _questions(acme: Tenant, globex: Tenant) -> Iterator[Question]:
    db1, app2 = acme.machines["db1"].address, globex.machines["app2"].address
    interface, reverse = f"ip-{db1.replace('.', '-')}.internal", ".".join(reversed(db1.split("."))) + ".in-addr.arpa"
    db = f"db.{ZONE}"
    yield Question(machine="web1", name=interface, wanted=db1, why="the interface of db1")
    yield Question(machine="web1", name=reverse, type="PTR", wanted=interface, why="the same, asked backwards")
    yield Question(machine="web1", name=db, wanted=db1, why="acme's private zone")
    yield Question(machine="app1", name=db, wanted=app2, why="globex' private zone, of the same name")
    yield Question(machine="web2", name=db, how=("tcp",), wanted=db1, why="by TCP: the agent of its hypervisor")
    for machine in ("web1", "app1"):
        yield Question(machine=machine, name=PUBLIC, wanted=KNOWN[PUBLIC], why="the provider's name server")
    yield Question(machine="web1", name=f"vpn.{ZONE}", wanted=NOBODY, why="private zones end at the VPC")


def _answered(lab: OvnLab, question: Question, block: str) -> CloudName:
    """The answer; while it is a wrong one, asked again for a while, for agents hear of changes a little after OVN."""
    server = resolver(block)
    deadline = time.monotonic() + WITHIN_S
    while (said := _said(lab, question, server)) != question.wanted and time.monotonic() < deadline:
        time.sleep(AGAIN_S)
    asked = f"{question.machine} asks {server} for {question.name}"
    return CloudName(what=asked, why=question.why, wanted=question.wanted, answer=said)


def _said(lab: OvnLab, question: Question, server: str) -> str:
    before = heard(lab)
    answer = ask(lab, question.machine, server, question.name, question.type, *question.how)
    if answer.error or answer.values:
        return answer.error or ", ".join(answer.values)
    if answer.code == NO_SUCH_NAME:
        return NOBODY if heard(lab) == before else "no such name"
    return f"nothing, code {answer.code}"
