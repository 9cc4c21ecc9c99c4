"""What can be wrong with ACLs and with services of the management plane."""

from crossconnect.finding import Code, Severity

_E, _W = Severity.ERROR, Severity.WARNING

ACL_UNKNOWN = Code("intent.acl-unknown", _E, "An ACL is named that is not defined.", "Define it under `acls` in edge/.")
ACL_EMPTY = Code(
    "intent.acl-empty",
    _E,
    "An ACL has no entries, so it drops everything.",
    "Add entries; one with `action: drop` alone says the same on purpose.",
)
ACL_ENTRY_CONTRADICTION = Code(
    "intent.acl-entry-contradiction",
    _E,
    "An entry of an ACL has conditions that no packet meets together, or that its protocol does not have.",
    "Correct the protocol or the family, or take the condition out.",
)
ACL_ENTRY_UNREACHABLE = Code(
    "intent.acl-entry-unreachable",
    _W,
    "An entry of an ACL never decides, since one above it matches every packet.",
    "Move it up, or remove it.",
)
SNMP_USER_UNKNOWN = Code(
    "intent.snmp-user-unknown",
    _E,
    "An SNMP receiver names a user that is not defined.",
    "Define it under `management.snmp.users`.",
)
SERVICE_EMPTY = Code(
    "intent.service-empty",
    _E,
    "A service of the management plane has nobody to serve: no user, server or collector.",
    "Name one, or leave the service out.",
)
AAA_MIXED = Code(
    "intent.aaa-mixed",
    _E,
    "AAA servers are of both protocols; who decides while one of them does not answer is then another on every system.",
    "Use TACACS+ or RADIUS for all.",
)
USER_WITHOUT_LOGIN = Code(
    "intent.user-without-login",
    _E,
    "A user has no password and no key, so nobody can log in as it.",
    "Refer to the hash of a password, or add an SSH key.",
)
NO_ADMINISTRATOR = Code(
    "intent.no-administrator",
    _W,
    "Logins are restricted, and no local user is an administrator: nobody can repair a device that its servers cannot "
    "be reached from.",
    "Add a user with the role `administrator`.",
)
EXTRA_UNKNOWN = Code(
    "intent.extra-unknown",
    _E,
    "A file of extra configuration is called by something that is neither a device nor a role.",
    "Call it `<device>.<nos>` or `<role>.<nos>`, as in leaf.frr.",
)
EXTRA_UNUSED = Code(
    "intent.extra-unused",
    _W,
    "A file of extra configuration is for a network operating system that none of its devices runs.",
    "Rename it, or remove it.",
)
EXTRA_MALFORMED = Code(
    "intent.extra-malformed",
    _E,
    "A file of extra configuration has control characters.",
    "Take them out.",
)

CODES = (
    ACL_UNKNOWN,
    ACL_EMPTY,
    ACL_ENTRY_CONTRADICTION,
    ACL_ENTRY_UNREACHABLE,
    SNMP_USER_UNKNOWN,
    SERVICE_EMPTY,
    AAA_MIXED,
    USER_WITHOUT_LOGIN,
    NO_ADMINISTRATOR,
    EXTRA_UNKNOWN,
    EXTRA_UNUSED,
    EXTRA_MALFORMED,
)
