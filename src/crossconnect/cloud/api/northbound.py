"""The realiser beside the API: what is decided here is brought into OVN's northbound database by the same process.

With several processes each follows the store, and one of them writes (`cloud.realise`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from crossconnect.cloud.api.realising import Realising
from crossconnect.cloud.neutron.registry import STORED
from crossconnect.cloud.realise.following import Following, compilers
from crossconnect.cloud.realise.realiser import Realiser
from crossconnect.cloud.region import CloudRegion
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.service import Service
from crossconnect.transport.ovsdb import Options, Session, Tls

DATABASE = "OVN_Northbound"
SOUTHBOUND = "OVN_Southbound"
LOOK_S = 6.0
"""Between two looks at whether all is well: a session knows after 10 s that nobody answers."""

log = logging.getLogger("crossconnect.cloud.api")


class _Realising:
    """What the API asks."""

    def __init__(self, following: Following) -> None:
        self._following = following

    def __call__(self) -> str:
        """Why nothing is being realised."""
        return self._following.reason or self._following.realiser.reason

    async def lacking(self, number: int, timeout_s: float) -> Sequence[str]:
        """Who has not installed a change."""
        return await self._following.lacking(number, timeout_s)


def beside(
    region: CloudRegion, remotes: str, tls: Tls | None, southbound: str = ""
) -> Callable[[Service], contextlib.AbstractAsyncContextManager[Realising]]:
    """What to run beside the API, for the databases at `remotes` (`tcp:192.0.2.1:6641,...`, `unix:nb.sock`, `ssl:...`).
    `southbound`: where the southbound databases are, for what health checks find, and what which chassis has installed;
    empty: not read."""

    @contextlib.asynccontextmanager
    async def run(service: Service) -> AsyncIterator[Realising]:
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
            realising = _Realising(made)
            stack.callback(asyncio.create_task(complain(realising)).cancel)
            stack.enter_context(_compared_on_demand(made.realiser))
            yield realising

    return run


@contextlib.contextmanager
def _compared_on_demand(realiser: Realiser) -> Iterator[None]:
    """SIGHUP has everything compared at once, as is done at the start and every ten minutes: after somebody's hand was
    in the database. The process that writes does it, others when they come to it."""
    if threading.current_thread() is not threading.main_thread():  # signals are told there only
        yield
        return
    loop, running = asyncio.get_running_loop(), set[asyncio.Task[None]]()

    async def compare() -> None:
        found = await realiser.compare()
        counts = f"{found.inserted} rows inserted, {found.updated} updated, {found.deleted} deleted"
        log.warning("compared everything, on demand: %s", counts)

    def asked() -> None:
        task = loop.create_task(compare())
        running.add(task)
        task.add_done_callback(running.discard)

    loop.add_signal_handler(signal.SIGHUP, asked)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        for task in running:
            task.cancel()


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
