"""The realiser beside the API: what is decided here is brought into OVN's northbound database by the same process.

With several processes each follows the store, and one of them writes (`cloud.realise`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable

from crossconnect.cloud.neutron.registry import STORED
from crossconnect.cloud.realise.following import Following, compilers
from crossconnect.cloud.region import CloudRegion
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.service import Service
from crossconnect.transport.ovsdb import Options, Session, Tls

DATABASE = "OVN_Northbound"
SOUTHBOUND = "OVN_Southbound"
LOOK_S = 6.0
"""Between two looks at whether all is well: a session knows after 10 s that nobody answers."""

log = logging.getLogger("crossconnect.cloud.api")


def beside(
    region: CloudRegion, remotes: str, tls: Tls | None, southbound: str = ""
) -> Callable[[Service], contextlib.AbstractAsyncContextManager[Callable[[], str]]]:
    """What to run beside the API, for the databases at `remotes` (`tcp:192.0.2.1:6641,...`, `unix:nb.sock`, `ssl:...`).
    It gives a function that says why nothing is being realised; empty while all is well. `southbound`: where the
    southbound databases are, for what health checks find; empty: not read."""

    @contextlib.asynccontextmanager
    async def run(service: Service) -> AsyncIterator[Callable[[], str]]:
        async with contextlib.AsyncExitStack() as stack:
            session = await stack.enter_async_context(Session(remotes, DATABASE, Options(tls=tls)))
            checks = None
            if southbound:
                # A follower's word is good enough, and there is always one.
                options = Options(tls=tls, leader=False)
                checks = await stack.enter_async_context(Session(southbound, SOUTHBOUND, options))
            compiler = compilers(region, southbound=checks is not None)
            kinds, token = {**KINDS, **STORED}, secrets.token_hex(8)
            made = await stack.enter_async_context(
                Following(service, kinds, session, compiler, token, southbound=checks)
            )

            def reason() -> str:
                return made.reason or made.realiser.reason

            complaining = asyncio.create_task(complain(reason))
            stack.callback(complaining.cancel)
            yield reason

    return run


async def complain(reason: Callable[[], str], every_s: float = LOOK_S) -> None:
    """Log why nothing is being realised, once where it stays the same reason; until cancelled. What is over by the
    second look is the ordinary beginning, or a server that is started anew."""
    before = said = ""
    while True:
        await asyncio.sleep(every_s)
        now = reason()
        if now and before and now != said:
            log.warning("nothing is realised: %s", now)
            said = now
        elif said and not now:
            log.warning("what is made is realised again")
            said = ""
        before = now
