"""Services of the management plane: somebody to serve, and somebody who can log in."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import management_codes as codes
from crossconnect.intent.validate.subject import Known, Subject


def management_findings(subject: Subject) -> Iterator[Finding]:
    """What is wrong with SNMP, AAA, users and exports."""
    management = subject.region.management
    for name, service, field in (
        ("SNMP", management.snmp, "users"),
        ("AAA", management.aaa, "servers"),
        ("sFlow", management.sflow, "collectors"),
        ("IPFIX", management.ipfix, "collectors"),
    ):
        path = f"management/{name.lower()}"
        if service is not None and not getattr(service, field) and not subject.unread(path, field):
            yield found(codes.SERVICE_EMPTY, subject.place(path), f"{name} is asked for, and has no {field}")
    yield from _snmp(subject)
    yield from _logins(subject)


def _snmp(subject: Subject) -> Iterator[Finding]:
    snmp = subject.region.management.snmp
    if snmp is None:
        return
    names = {user.name for user in snmp.users}
    users = Known(subject, "SNMP user", codes.SNMP_USER_UNKNOWN, names, ("snmp_users",))
    for index, receiver in enumerate(snmp.receivers):
        path = f"management/snmp/receivers/{index}/user"
        yield from users.unknown(receiver.user, f"SNMP receiver {receiver.address}", path)


def _logins(subject: Subject) -> Iterator[Finding]:
    management = subject.region.management
    for index, user in enumerate(management.users):
        path = f"management/users/#{index}"
        if not user.password and not user.ssh_keys and not subject.unread(path, "password", "ssh_keys"):
            place = subject.place(path, f"management/users/{user.name}")
            yield found(codes.USER_WITHOUT_LOGIN, place, f"user {user.name} has no password and no key")
    if management.aaa is not None and len({server.protocol for server in management.aaa.servers}) > 1:
        words = "AAA servers are of both protocols, tacacs and radius"
        yield found(codes.AAA_MIXED, subject.place("management/aaa/servers"), words)
    restricted = "management/aaa" if management.aaa is not None else "management/users" if management.users else ""
    unread = subject.unread("management", "users")
    if restricted and not unread and not any(user.role == "administrator" for user in management.users):
        words = "no local user is an administrator"
        yield found(codes.NO_ADMINISTRATOR, subject.place(restricted), words)
