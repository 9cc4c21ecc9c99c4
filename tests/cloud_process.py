"""The whole below the API in one process, to be killed: `cloud_process.py STORE REMOTE SEED COMMANDS`.

Random commands of one tenant go through the service to an SQLite file and on to the northbound. It says `done` when all
is realised.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sys

from cloud_documents import REGION
from crossconnect.cloud.kinds.elastic_ip import ElasticIpBody
from crossconnect.cloud.kinds.network_interface import NetworkInterfaceBody
from crossconnect.cloud.kinds.security_group import SecurityGroupBody, SecurityGroupRuleBody
from crossconnect.cloud.kinds.subnet import SubnetBody
from crossconnect.cloud.kinds.vpc import VpcBody
from crossconnect.cloud.realise import Options
from crossconnect.cloud.realise.following import Following, compilers
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.service import Caller, Service, Settings
from crossconnect.transport.ovsdb import Backoff, Session
from crossconnect.transport.ovsdb import Options as SessionOptions

ROOT = Caller(principal="root", project_id="", admin=True)
TENANT = Caller(principal="ruth", project_id="red")
SETTINGS = Settings(zones=("a", "b"), public_prefixes=("203.0.113.0/24",))
QUICK = Backoff(0.02, 0.1)
NOT_DELETED = ("vpc", "route_table", "network_acl")


async def command(service: Service, chance: random.Random) -> None:
    """One command, which may be refused."""
    _, documents = await service.snapshot()
    of = {name: [one.id for one in documents if one.kind == name] for name in KINDS}
    vpc, subnet, group = (chance.choice(of[name] or [""]) for name in ("vpc", "subnet", "security_group"))
    peer = chance.choice(["0.0.0.0/0", "10.0.0.0/8", group])
    port = chance.randrange(1, 60_000)
    bodies = {
        "vpc": VpcBody(cidr_blocks=("10.0.0.0/16",)),
        "subnet": SubnetBody(vpc_id=vpc, cidr_block=f"10.0.{chance.randrange(16)}.0/24"),
        "security_group": SecurityGroupBody(vpc_id=vpc),
        "security_group_rule": SecurityGroupRuleBody(
            security_group_id=group, direction="ingress", protocol="tcp", from_port=port, to_port=port, peer=peer
        ),
        "network_interface": NetworkInterfaceBody(subnet_id=subnet),
        "elastic_ip": ElasticIpBody(),
    }
    doomed = [one for one in documents if one.kind not in NOT_DELETED]
    if doomed and chance.random() < 0.3:
        gone = chance.choice(doomed)
        await service.delete(KINDS[gone.kind], TENANT, gone.id)
    else:
        name = chance.choices([*bodies], [1 if len(of["vpc"]) < 3 else 0, 2, 2, 4, 8, 1])[0]
        await service.create(KINDS[name], TENANT, bodies[name])


async def main(store: str, remote: str, seed: int, commands: int) -> None:
    chance = random.Random(seed)
    service = await Service.open(store, KINDS, SETTINGS)
    try:
        await service.create_project(ROOT, "red")
    except Refused as refused:
        if refused.status != 409:
            raise
    async with (
        Session(remote, "OVN_Northbound", SessionOptions(backoff=QUICK)) as session,
        Following(service, KINDS, session, compilers(REGION), str(os.getpid()), Options(backoff=QUICK)) as following,
    ):
        for _ in range(commands):
            with contextlib.suppress(Refused):
                await command(service, chance)
            await asyncio.sleep(0.002)
        while True:
            number, realised = await service.position()
            if number == realised and following.realiser.number == number:
                break
            await asyncio.sleep(0.01)
        print(following.reason or "done", flush=True)
    await service.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3], *map(int, sys.argv[3:5])))
