"""The page docs/reference/cloud-ovn.md: what each resource of the cloud is in OVN, from the compiler's docstrings."""

from __future__ import annotations

import inspect
import sys
import textwrap
from types import ModuleType

from crossconnect.cloud.ovn import chains, inline, insertions, inspection, network_acls, security_groups, units
from crossconnect.cloud.ovn.egress_only import PRIORITY as EGRESS_ONLY
from crossconnect.cloud.ovn.features import Features
from crossconnect.cloud.ovn.flow_logs import REJECT_PRIORITY
from crossconnect.cloud.ovn.parts import UnitFunction
from crossconnect.cloud.ovn.rows import KEY, OWN, RESOURCE
from crossconnect.cloud.ovn.subnets import SERVICES_PRIORITY
from crossconnect.cloud.resource import Resource

INTRODUCTION = f"""# The cloud in OVN

Each resource of the cloud becomes rows of OVN's northbound database. Its parts are made by functions of the compiler
(`crossconnect.cloud.ovn`); here is what each of them makes, in the words of its docstring, with OVN's names of tables
and columns. [Why it is so](../design/0011-ovn-rows.md).

**Whose rows are whose.** `external_ids` of each row has `{KEY}`, which is unique in its table, and
`{RESOURCE}`, the resource (`region` for the region's own). The UUID is a hash of table and key and ends in
`{OWN}`; tables without `external_ids` (`Load_Balancer_Group`, `Sample`) have only that. Nothing else is ever
changed or deleted.

**Names.** A router is called like its VPC, NAT gateway, transit router, private gateway, endpoint or service; a switch
like its subnet; a port like its interface, or its `iface_id`. Port groups and address sets are called like their
group, network ACL or prefix list, with `_` for `-`, so that matches need no quotes.

**Versions.** 23.03 to 26.03; of 26.03 take 26.03.2 or later: northd of 26.03.0 and 26.03.1 ends by an assertion
(`ods_assign_array_index`) when it sees one switch or router go and another come at once, as it does when it is busy
(mended upstream by f49251b71). Started with `--monitor`, as Debian's services do, it is back within a second, and
nothing is lost but that time.

**What cannot be** makes the resource `failed` with the reason, and nothing else. What depends on something that is not
there waits until it is.
"""


ACRONYMS = {"acl", "dhcp", "dns", "ip", "nat", "vpc"}


def ovn_page() -> str:
    """All of it."""
    lines = [INTRODUCTION, *_priorities(), *_features(), "## The region itself\n", *_table(units.UNITS_OF_REGION)]
    for kind, functions in units.UNITS.items():
        lines += [f"\n## {_words(kind)}\n"]
        lines += _table(functions) if functions else [units.ELSEWHERE[kind]]
    lines += ["\n# How the parts work together\n"]
    for module in _modules():
        title, _, rest = (module.__doc__ or "").partition("\n")
        if rest.strip():
            name = module.__name__.rpartition(".")[2].replace("_", " ").capitalize()
            lines += [f"\n## {_acronyms(name)}\n", f"{title}\n{rest.rstrip()}"]
    return "\n".join(lines) + "\n"


def _words(kind: type[Resource]) -> str:
    text = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind.__name__)
    return _acronyms(text.strip().capitalize())


def _acronyms(text: str) -> str:
    return " ".join(word.upper() if word.lower() in ACRONYMS else word for word in text.replace("acls", "ACLs").split())


def _table(functions: tuple[UnitFunction, ...]) -> list[str]:
    rows = [f"| `{_name(function)}` | {_cell(inspect.getdoc(function) or '')} |" for function in functions]
    return ["| made by | what |", "|---|---|", *rows]


def _name(function: UnitFunction) -> str:
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"


def _modules() -> list[ModuleType]:
    """The modules of the functions, each once, in their order."""
    functions = (*units.UNITS_OF_REGION, *(f for made in units.UNITS.values() for f in made))
    return [sys.modules[name] for name in dict.fromkeys(function.__module__ for function in functions)]


def _priorities() -> list[str]:
    rows = [
        ("ACL", f"{network_acls.ACL_TOP} - n", "entry n of a network ACL, at the router's ports; 0: what none matches"),
        ("ACL", SERVICES_PRIORITY, "DHCP and questions to the resolver"),
        ("ACL", EGRESS_ONLY, "connections that would begin behind an egress-only gateway: dropped"),
        ("ACL", security_groups.RULE_PRIORITY, "rules of security groups"),
        ("ACL", REJECT_PRIORITY, "what no rule allows, where a flow log records it"),
        ("ACL", security_groups.DROP_PRIORITY, "what no rule allows"),
        ("ACL", f"{inline.TOP} - n, in the last tier", "rule n of an inline service insertion; 0: what none chooses"),
        ("policy", f"{network_acls.POLICY_TOP} - n", "entry n of a network ACL; 1: what none matches"),
        ("policy", f"{insertions.RULES_TOP} - n", "rule n of a service insertion"),
        ("policy", inspection.PRIORITY, "what goes to, or comes from, targets behind appliances"),
        ("policy", chains.PASSED_ON, "what appliances of a chain send on, and goes to no further one"),
        ("policy", f"{network_acls.POLICY_TOP} - m", "what they send on of a rule that m others of it come before"),
        ("policy", network_acls.POLICY_TOP, "what other appliances send on; what is balanced inside a target's subnet"),
    ]
    lines = ["## Priorities\n", "| of | priority | what |", "|---|---|---|"]
    return [*lines, *(f"| {table} | {priority} | {what} |" for table, priority, what in rows), ""]


def _features() -> list[str]:
    """What depends on the version."""
    source = textwrap.dedent(inspect.getsource(Features))
    lines = ["## What depends on OVN's version\n", "Looked up in the schema, not in the version.\n"]
    lines += ["| feature | what |", "|---|---|"]
    for name in Features.__struct_fields__:
        doc = source.partition(f"{name}: bool = False\n")[2].partition('"""')[2].partition('"""')[0]
        lines.append(f"| `{name}` | {_cell(doc)} |")
    return [*lines, ""]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
