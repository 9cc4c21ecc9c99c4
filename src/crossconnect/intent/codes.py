"""Every kind of finding of this room: what reading, validating, expanding and allocating have to say."""

from __future__ import annotations

from crossconnect.finding import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

# The tree and its files.
NO_REGION = Code(
    "intent.no-region", _E, "The directory holds no region.yaml, so there is no region in it.", "Run `xc init` there."
)
FILE_UNREADABLE = Code(
    "intent.file-unreadable", _E, "A file of the tree cannot be read.", "Check that it exists and its permissions."
)
FILE_TOO_LARGE = Code("intent.file-too-large", _E, "A file is over the size that is read.", "Split the file.")
FILE_ENCODING = Code("intent.file-encoding", _E, "A file is not UTF-8.", "Save the file as UTF-8.")
FILE_UNKNOWN = Code(
    "intent.file-unknown",
    _W,
    "A file or directory is none that a region's tree has, so it is not read.",
    "Move it to where it is read (fabric/, tenancy/, edge/, checks/, name ending in .yaml), or out of the tree.",
)
DIRECTORY_RESERVED = Code(
    "intent.directory-reserved",
    _N,
    "A directory is set aside for a later version; nothing in it is read by this one.",
    "Keep it if you prepare for that version; this one does without.",
)

# YAML.
YAML_SYNTAX = Code("intent.yaml-syntax", _E, "A file is not YAML from some line on.", "Correct the line.")
YAML_DUPLICATE_KEY = Code(
    "intent.yaml-duplicate-key", _E, "A mapping has a key twice; YAML forbids it.", "Keep one of the two."
)
YAML_FEATURE = Code(
    "intent.yaml-feature",
    _E,
    "A file uses a YAML feature that regions do without: anchors, aliases, merge keys, tags, directives, several "
    "documents, keys that are not text, or nesting beyond 32 levels.",
    "Write the value out.",
)

# Types of values.
FIELD_UNKNOWN = Code(
    "intent.field-unknown", _E, "A field that the model does not have.", "Remove it, or correct its name."
)
FIELD_MISSING = Code("intent.field-missing", _E, "A field that must be given is not.", "Add the field.")
VALUE_TYPE = Code("intent.value-type", _E, "A value is of another type than its field.", "Give the expected type.")
VALUE_CHOICE = Code(
    "intent.value-choice", _E, "A value is not one of those the field allows.", "Use one of the allowed values."
)

# Syntax of values that are text.
ADDRESS_MALFORMED = Code(
    "intent.address-malformed",
    _E,
    "Text where an address or prefix is expected is none.",
    "Write it as in 10.1.1.1, 10.1.1.1/24, 10.1.1.0/24 or 2001:db8::1.",
)
MAC_MALFORMED = Code(
    "intent.mac-malformed",
    _E,
    "Text where a MAC address is expected is none that an interface can have.",
    "Write six octets as in 02:00:00:00:00:01; the first one even, since an odd one is a group address.",
)
COMMUNITY_MALFORMED = Code(
    "intent.community-malformed",
    _E,
    "A community is neither standard (65000:1), large (65000:1:2) nor well known by name.",
    "Write two numbers up to 65535, three up to 4294967295, or a name such as no-export.",
)
RANGE_MALFORMED = Code(
    "intent.range-malformed", _E, "A range of numbers is not `first-last` in rising order.", "Write it as 100-199."
)
NAME_MALFORMED = Code(
    "intent.name-malformed",
    _E,
    "A name has other characters than lower-case letters, digits and `-`, or is too long.",
    "Use lower-case letters, digits and `-`, beginning with a letter or digit.",
)
REFERENCE_MALFORMED = Code(
    "intent.reference-malformed",
    _E,
    "A reference is not in the form that its field has, such as `tenant/vrf` or `device:port`.",
    "Write it in the form that is expected.",
)
SECRET_IN_CLEAR = Code(
    "intent.secret-in-clear",
    _E,
    "A field for a secret holds something that is not a reference to one; secrets do not belong into Git.",
    "Put the secret into the environment or a file and write env:NAME or file:PATH; change it if it was committed.",
)
AS_PATH_MALFORMED = Code(
    "intent.as-path-malformed",
    _E,
    "An AS path expression cannot be used.",
    "Write a POSIX expression over AS numbers, `_` for a boundary, as in _64512_ or ^65010$.",
)
DESCRIPTION_MALFORMED = Code(
    "intent.description-malformed",
    _E,
    "A description cannot be put into a device's configuration.",
    "Shorten it to one line of printable characters.",
)

# Numbers out of range.
NUMBER_RANGE = Code(
    "intent.number-range", _E, "A number is out of the range its field has.", "Use a number of the range."
)
VLAN_RANGE = Code("intent.vlan-range", _E, "A VLAN id is not from 1 to 4094.", "Use an id from 1 to 4094.")
VNI_RANGE = Code("intent.vni-range", _E, "A VNI is not from 1 to 16777215.", "Use a VNI from 1 to 16777215.")
ASN_RANGE = Code(
    "intent.asn-range",
    _E,
    "An ASN is out of range or reserved.",
    "Use a public ASN of your own, or a private one: 64512-65534 or 4200000000-4294967294 (RFC 6996).",
)
MTU_RANGE = Code("intent.mtu-range", _E, "An MTU is under 1280 or over 65535 octets.", "Use an MTU of the range.")

# The lock.
LOCK_EDITED = Code(
    "intent.lock-edited",
    _E,
    "The numbers in region.lock are not those that xc wrote: somebody edited the file.",
    "Restore it with `git checkout region.lock`; to give an object a number of your choice, write it at the object.",
)
LOCK_MALFORMED = Code(
    "intent.lock-malformed",
    _E,
    "region.lock cannot be read.",
    "Restore it with `git checkout region.lock`; do not delete it, or everything may be renumbered.",
)
LOCK_CONFLICTED_HINT = "Take either side whole (`git checkout --ours region.lock`) and run `xc lock`."
