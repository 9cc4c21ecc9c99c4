"""`xc serve`: the tenants' API of a region, in one process."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from crossconnect.cli.output import print_findings, say
from crossconnect.cli.region import load_or_exit, region_option
from crossconnect.cloud.api.app import OtherApi
from crossconnect.cloud.api.northbound import beside
from crossconnect.cloud.api.server import Beside, Configuration, no_other, serve
from crossconnect.cloud.api.settings import (
    API_FILE,
    ApiFile,
    as_run,
    audit_days_of,
    limit_of,
    read_policies,
    read_settings,
    refuse_unusable,
)
from crossconnect.cloud.neutron.collection import Region
from crossconnect.cloud.neutron.dialect import KeystoneDialect, NeutronDialect
from crossconnect.cloud.neutron.facts import BASE
from crossconnect.cloud.neutron.identity import IDENTITY
from crossconnect.cloud.neutron.operations import neutron_operations
from crossconnect.cloud.neutron.registry import STORED
from crossconnect.cloud.provided import cloud_of, settings_of, vrfs_of, without_fabric
from crossconnect.cloud.reach import Analyser
from crossconnect.cloud.region import CloudRegion
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.service import Service, Settings
from crossconnect.errors import BadInput
from crossconnect.intent.files import REGION_FILE
from crossconnect.transport.ovsdb import Tls

NEUTRON_WAIT_S = 10.0
"""How long Neutron's commands wait for the northbound database, which Neutron's own do, too."""
COLLECTED_S = 20.0
"""From when on the garbage collector works. Before, all of the region is read, compiled and compared: with 10,000
interfaces it would take a seventh of that time, and find nothing."""
WHOLE_S = 3600.0
"""How often the garbage collector looks at everything."""
SWITCH_S = 0.0005
"""After which a thread lets another one that waits go on (Python: 5 ms). The store's writer lets go at each statement,
some twenty for an interface, and would wait so long for each while requests are read."""
_FILE = click.Path(exists=True, dir_okay=False)


@click.command("serve")
@region_option
@click.option("--listen", default="", help="Address and port, 127.0.0.1:8470 where nothing else is said; port 0: any.")
@click.option("--database", default="", help="SQLite file, or postgresql://user@host/database for several processes.")
@click.option(
    "--northbound", default="", help="OVN's northbound databases: tcp:ADDRESS:PORT,..., ssl:..., or unix:PATH."
)
@click.option(
    "--southbound",
    default="",
    help="OVN's southbound databases, likewise: read for what health checks of appliances find, and what which "
    "hypervisor has installed (?wait=hypervisors).",
)
@click.option("--northbound-tls", nargs=3, type=_FILE, help="For ssl: our certificate, its key, certificates to trust.")
@click.option("--tls-certificate", type=_FILE, help="Certificate chain in PEM: serve HTTPS.")
@click.option("--tls-key", type=_FILE, help="Its key in PEM, where not in the same file.")
@click.option(
    "--trust-proxy", multiple=True, help="Address of a proxy whose X-Forwarded-For and -Proto are believed; repeatable."
)
def command(
    root: Path, database: str, northbound: str, northbound_tls: tuple[str, str, str] | None, **http: Any
) -> int:
    """Serve the API of the region's cloud until interrupted, and bring what it decides into OVN. What is not said by
    options is said by the region's cloud/api.yaml; policies are in its cloud/policies/*.cedar."""
    file = api_file(root)
    provided = _provided(root, file)
    remotes = northbound or file.northbound
    neutron = functools.partial(_neutron, file, provided, NEUTRON_WAIT_S if remotes else 0.0)
    host, port = _address(http["listen"] or file.listen)
    configuration = Configuration(
        host=host,
        port=port,
        database=database_of(root, file, database),
        kinds=KINDS,
        stored=STORED,
        other_apis=neutron if file.neutron else no_other,
        settings=provided.settings,
        analyser=provided.analyser,
        policies=read_policies(root, file),
        limit=limit_of(file),
        issuers=file.issuers,
        certificate=http["tls_certificate"] or "",
        private_key=http["tls_key"] or "",
        proxies=http["trust_proxy"],
    )
    if host not in ("127.0.0.1", "::1", "localhost") and not configuration.certificate:
        say(f"note: {host} is more than this machine; without --tls-certificate keys cross the network in clear")
    realiser = _realiser(provided, remotes, http["southbound"] or file.southbound, northbound_tls)
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )
    sys.setswitchinterval(SWITCH_S)
    asyncio.run(serve(configuration, _started, realiser))
    return 0


def _started(url: str) -> None:
    say(f"serving {url}, documented at {url}/openapi.json")
    asyncio.get_running_loop().call_later(COLLECTED_S, _collect)


def _collect() -> None:
    """The command line ends soon and does without a garbage collector; this does not. What is there by now stays."""
    gc.callbacks.append(_Settled())
    gc.freeze()
    gc.enable()


class _Settled:
    """Keeps what has outlived a full collection out of the next ones: with 10,000 interfaces each would stop all
    requests for half a second. Once in an hour one looks at everything, for cycles that became garbage later."""

    def __init__(self) -> None:
        self._whole_s = time.monotonic()

    def __call__(self, phase: str, collection: Mapping[str, int]) -> None:
        """The collector has begun, or ended."""
        if phase != "stop" or collection["generation"] < 2:
            return
        if time.monotonic() - self._whole_s > WHOLE_S:
            self._whole_s = time.monotonic()
            gc.unfreeze()  # the next one is whole
        else:
            gc.freeze()


def api_file(root: Path) -> ApiFile:
    """The region's cloud/api.yaml; what is wrong with it is printed, and BadInput."""
    file, findings = read_settings(root)
    print_findings(findings)
    if file is None:
        raise BadInput(f"{API_FILE} cannot be used")
    refuse_unusable(file, KINDS)
    return file


def database_of(root: Path, file: ApiFile, option: str) -> str:
    """The database: of the option, relative to this directory; or of the file, relative to the region's. BadInput where
    a file of SQLite could not be, since its directory is not there."""
    found = option or (file.database if "://" in file.database else str(root / file.database))
    if "://" not in found and not (directory := Path(found).parent).is_dir():
        raise BadInput(f"the database cannot be {found}: there is no directory {directory}")
    return found


class _Provided(NamedTuple):
    """What the region gives to the cloud."""

    settings: Settings
    analyser: Analyser

    @property
    def region(self) -> CloudRegion:
        """As the cloud sees it."""
        return self.analyser.region

    @property
    def whole(self) -> bool:
        """Whether its fabric carries a cloud: without, there are no hypervisors and no gateway nodes."""
        return self.analyser.fabric is not None


def _provided(root: Path, file: ApiFile) -> _Provided:
    """Out of the region's files; of cloud/api.yaml alone where that names zones and there is no region."""
    cloud, fabric, vrfs, name, sites = None, None, {}, "", ()
    if (root / REGION_FILE).exists() or not file.zones:
        ready = load_or_exit(root)
        cloud, vrfs, name = cloud_of(ready.blueprint), vrfs_of(ready.blueprint), ready.region.name
        sites = tuple(site.name for site in ready.region.sites)
        if cloud is not None:
            from crossconnect.cloud.reach.fabric import Fabric

            fabric = Fabric(ready.blueprint)
    zones = file.zones or (tuple(zone.name for zone in cloud.zones) if cloud else ()) or sites
    region = as_run(cloud or without_fabric(name, zones, file.public_prefixes), file)
    settings = msgspec.structs.replace(
        settings_of(region, zones, file.public_prefixes, file.quotas, vrfs), audit_days=audit_days_of(file)
    )
    return _Provided(settings, Analyser(region=region, fabric=fabric))


def _neutron(file: ApiFile, provided: _Provided, wait_s: float, service: Service) -> tuple[OtherApi, ...]:
    """Neutron's API over the same service."""
    settings = provided.settings
    region = Region(pools=settings.public_prefixes, zones=settings.zones, mtu=provided.region.mtu, realised_s=wait_s)
    operations = neutron_operations(service, region, file.region_name, lambda: datetime.now(UTC))
    return tuple(
        OtherApi(tuple(one for one in operations if one.path.startswith(prefix)), dialect, (prefix,))
        for prefix, dialect in ((BASE, NeutronDialect()), (IDENTITY, KeystoneDialect()))
    )


def _realiser(provided: _Provided, remotes: str, southbound: str, files: tuple[str, str, str] | None) -> Beside | None:
    if not remotes:
        say("note: without --northbound nothing is realised: what is made stays pending")
        return None
    if not provided.whole:
        say("note: the region's fabric carries no cloud (design.cloud): OVN is told all, and no machine acts on it")
    tls = Tls(certificate=files[0], key=files[1], ca=files[2]) if files else None
    return beside(provided.region, remotes, tls, southbound)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise BadInput(f"{text!r} is no address and port, as in 127.0.0.1:8470 or [::1]:8470")
    return host.strip("[]"), int(port)
