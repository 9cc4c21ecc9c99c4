"""What becomes of DHCP options."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.decisions.names import domain
from crossconnect.cloud.decisions.patching import patched
from crossconnect.cloud.kinds.dhcp_options import SERVERS_MAX, DhcpOptions, DhcpOptionsBody, DhcpOptionsPatch
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.resource import Change, Effect, invalid
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import canonical_address, unroutable

_SERVERS = ("domain_name_servers", "ntp_servers")


def create(body: DhcpOptionsBody, view: View, context: Context) -> Change:
    """DHCP options, which no VPC uses yet."""
    options = born(
        DhcpOptions,
        context.new_id("dopt"),
        context,
        body,
        domain_name=domain(body.domain_name, "/domain_name") if body.domain_name else "",
        domain_name_servers=servers(body.domain_name_servers, "domain_name_servers"),
        ntp_servers=servers(body.ntp_servers, "ntp_servers"),
    )
    return Change(put=(options,))


def update(options: DhcpOptions, patch: DhcpOptionsPatch, view: View, context: Context) -> Change:
    """The options; machines hear of them when they renew their leases."""
    changed = patched(options, patch, "domain_name", *_SERVERS)
    fields: dict[str, object] = {field: servers(getattr(changed, field), field) for field in _SERVERS}
    fields["domain_name"] = domain(changed.domain_name, "/domain_name") if changed.domain_name else ""
    changed = msgspec.structs.replace(changed, **fields)
    effects: tuple[Effect, ...] = ()
    if changed != options and (users := view.referring(Vpc, options.id, "dhcp_options_id")):
        message = f"machines of {', '.join(v.id for v in users)} are told with their next lease"
        effects = (Effect(message, resource_id=options.id),)
    return Change(put=(changed,), effects=effects)


def servers(texts: tuple[str, ...], field: str) -> tuple[str, ...]:
    """Addresses that machines are told of servers, in canonical form. Refused: too many, twice the same, none of a
    host."""
    if len(texts) > SERVERS_MAX:
        raise invalid("dhcp-options.servers-too-many", f"{len(texts)} servers; at most {SERVERS_MAX}", f"/{field}")
    found: list[str] = []
    for n, text in enumerate(texts):
        try:
            one = canonical_address(text)
        except ValueError as error:
            raise invalid("address.malformed", f"{text!r} is no address: {error}", f"/{field}/{n}") from None
        if why := unroutable(one):
            raise invalid("address.unusable", f"{one} is {why}", f"/{field}/{n}")
        if one in found:
            raise invalid("address.duplicate", f"{one} is there twice", f"/{field}/{n}")
        found.append(one)
    return tuple(found)
