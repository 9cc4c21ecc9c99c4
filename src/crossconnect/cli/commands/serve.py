"""`xc serve`: the tenants' API of a region, in one process."""

from __future__ import annotations

import functools
import gc
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import uvloop

from crossconnect.cli.output import print_findings, say
from crossconnect.cli.region import region_option
from crossconnect.cloud.api.app import OtherApi
from crossconnect.cloud.api.server import Configuration, no_other, serve
from crossconnect.cloud.api.settings import API_FILE, ApiFile, limit_of, read_policies, read_settings
from crossconnect.cloud.neutron.collection import Region
from crossconnect.cloud.neutron.dialect import NeutronDialect
from crossconnect.cloud.neutron.operations import neutron_operations
from crossconnect.cloud.neutron.registry import STORED
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.service import Service, Settings
from crossconnect.errors import BadInput
from crossconnect.intent.tree import read_region

TENANT_MTU = 1442
"""Of tenants' interfaces: 1500 octets less Geneve's 58 (RFC 8926 over IPv4)."""


@click.command("serve")
@region_option
@click.option("--listen", default="", help="Address and port, 127.0.0.1:8470 where nothing else is said; port 0: any.")
@click.option("--database", default="", help="SQLite file, or postgresql://user@host/database for several processes.")
@click.option(
    "--tls-certificate", type=click.Path(exists=True, dir_okay=False), help="Certificate chain in PEM: serve HTTPS."
)
@click.option(
    "--tls-key", type=click.Path(exists=True, dir_okay=False), help="Its key in PEM, where not in the same file."
)
@click.option(
    "--trust-proxy", multiple=True, help="Address of a proxy whose X-Forwarded-For and -Proto are believed; repeatable."
)
def command(
    root: Path,
    listen: str,
    database: str,
    tls_certificate: str | None,
    tls_key: str | None,
    trust_proxy: tuple[str, ...],
) -> int:
    """Serve the API of the region's cloud until interrupted. What is not said by options is said by the region's
    cloud/api.yaml; policies are in its cloud/policies/*.cedar."""
    file = api_file(root)
    host, port = _address(listen or file.listen)
    settings = service_settings(root, file)
    configuration = Configuration(
        host=host,
        port=port,
        database=database_of(root, file, database),
        kinds=KINDS,
        stored=STORED,
        other_apis=functools.partial(_neutron, file, settings) if file.neutron else no_other,
        settings=settings,
        policies=read_policies(root, file),
        limit=limit_of(file),
        issuers=file.issuers,
        certificate=tls_certificate or "",
        private_key=tls_key or "",
        proxies=trust_proxy,
    )
    if host not in ("127.0.0.1", "::1", "localhost") and not tls_certificate:
        say(f"note: {host} is more than this machine; without --tls-certificate keys cross the network in clear")
    gc.enable()  # the command line ends soon and does without; this does not
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )
    uvloop.run(serve(configuration, lambda url: say(f"serving {url}, documented at {url}/openapi.json")))
    return 0


def _neutron(file: ApiFile, settings: Settings, service: Service) -> tuple[OtherApi, ...]:
    region = Region(pools=file.public_prefixes, zones=settings.zones, mtu=TENANT_MTU)
    operations = neutron_operations(service, region, file.region_name, lambda: datetime.now(UTC))
    return (OtherApi(operations, NeutronDialect()),)


def api_file(root: Path) -> ApiFile:
    """The region's cloud/api.yaml; what is wrong with it is printed, and BadInput."""
    file, findings = read_settings(root)
    print_findings(findings)
    if file is None:
        raise BadInput(f"{API_FILE} cannot be used")
    return file


def database_of(root: Path, file: ApiFile, option: str) -> str:
    """The database: of the option, relative to this directory; or of the file, relative to the region's."""
    if option:
        return option
    return file.database if "://" in file.database else str(root / file.database)


def service_settings(root: Path, file: ApiFile) -> Settings:
    """What the region gives to the cloud."""
    zones = file.zones
    if not zones:
        region, findings = read_region(root)
        if region is None:
            print_findings(findings, limit=20)
            raise BadInput(f"the region in {root} cannot be read, and {API_FILE} names no zones")
        zones = tuple(site.name for site in region.sites)
    return Settings(zones=zones, public_prefixes=file.public_prefixes, quotas=file.quotas)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise BadInput(f"{text!r} is no address and port, as in 127.0.0.1:8470 or [::1]:8470")
    return host.strip("[]"), int(port)
