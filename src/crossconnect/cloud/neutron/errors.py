"""Refusals in Neutron's form: `{"NeutronError": {"type", "message", "detail"}}` with Neutron's own types where it has
one, since its clients tell by them what to do; and in Keystone's: `{"error": {"code", "title", "message"}}`."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.api.problem import Denied
from crossconnect.cloud.neutron.ids import in_neutrons_words
from crossconnect.cloud.resource import Problem, Refused

_TYPES = {
    "neutron-network.not-found": "NetworkNotFound",
    "network.not-found": "NetworkNotFound",
    "subnet.not-found": "SubnetNotFound",
    "network-interface.not-found": "PortNotFound",
    "port.not-found": "PortNotFound",
    "port-binding.not-found": "PortBindingNotFound",
    "port-binding.exists": "PortBindingAlreadyExists",
    "port-binding.active": "PortBindingAlreadyActive",
    "neutron-router.not-found": "RouterNotFound",
    "router.not-found": "RouterNotFound",
    "router-interface.not-found": "RouterInterfaceNotFound",
    "elastic-ip.not-found": "FloatingIPNotFound",
    "floatingip.not-found": "FloatingIPNotFound",
    "security-group.not-found": "SecurityGroupNotFound",
    "security-group-rule.not-found": "SecurityGroupRuleNotFound",
    "internet-gateway.none": "ExternalGatewayForFloatingIPNotFound",
    "neutron-network.in-use": "NetworkInUse",
    "subnet.in-use": "SubnetInUse",
    "network-interface.in-use": "PortInUse",
    "network-interface.owned": "ServicePortInUse",
    "neutron-router.in-use": "RouterInUse",
    "neutron-router.floating-ip": "RouterInterfaceInUseByFloatingIP",
    "neutron-router.route": "RouterInterfaceInUseByRoute",
    "security-group.in-use": "SecurityGroupInUse",
    "security-group.default": "SecurityGroupCannotRemoveDefault",
    "security-group-rule.duplicate": "SecurityGroupRuleExists",
    "address.in-use": "IpAddressAlreadyAllocated",
    "address.exhausted": "IpAddressGenerationFailure",
    "subnet.exhausted": "IpAddressGenerationFailure",
    "elastic-ip.exhausted": "ExternalIpAddressExhausted",
    "network-interface.mac-in-use": "MacAddressInUse",
    "quota.exceeded": "OverQuota",
    "limit.exceeded": "OverQuota",
    "precondition.failed": "RevisionNumberConstraintFailed",
}
_OF_STATUS = {
    400: "InvalidInput",
    401: "Unauthorized",
    403: "PolicyNotAuthorized",
    404: "HTTPNotFound",
    405: "HTTPMethodNotAllowed",
    409: "Conflict",
    412: "RevisionNumberConstraintFailed",
    413: "RequestTooLarge",
    415: "UnsupportedContentType",
    429: "OverRequestLimit",
    503: "ServiceUnavailable",
}
SUBSTITUTES = {422: 400}
"""Neutron knows no 422."""


def bad(message: str, field: str = "") -> Refused:
    """A request that Neutron's own rules, or the mapping, do not let through."""
    return Refused(400, Problem("neutron.invalid-input", message, field))


def absent(what: str, id: str) -> Refused:
    """What a path names and there is not; `what` as the stem of the code."""
    return Refused(404, Problem(f"{what}.not-found", f"{what.replace('-', ' ')} {id[:64]} could not be found"))


def told(error: Denied | Refused, status: int) -> tuple[int, bytes]:
    """(status, body) of Neutron's answer to what is not carried out."""
    status, kind, code, message = _words(error, status)
    return status, msgspec.json.encode({"NeutronError": {"type": kind, "message": message, "detail": code}})


def told_by_keystone(error: Denied | Refused, status: int) -> tuple[int, bytes]:
    """(status, body) of Keystone's, whose clients show nothing of another form (Identity API v3, "Errors")."""
    status, kind, _, message = _words(error, status)
    return status, msgspec.json.encode({"error": {"code": status, "title": kind, "message": message}})


def _words(error: Denied | Refused, status: int) -> tuple[int, str, str, str]:
    """(status, Neutron's type, our code, message)."""
    status = SUBSTITUTES.get(status, status)
    if isinstance(error, Refused):
        code, messages = error.problems[0].code, "; ".join(problem.message for problem in error.problems)
    else:
        code, messages = error.code.code, error.message
    if error_uses := getattr(error, "uses", ()):
        messages += ": " + ", ".join(f"{use.kind.replace('_', ' ')} {use.id}" for use in error_uses[:20])
    kind = _TYPES.get(code) or _OF_STATUS.get(status, "NeutronException")
    return status, kind, code, in_neutrons_words(messages)
