"""The VPC resolver's other half, on each hypervisor: what OVN does not answer itself.

    machine -- VPC's router -- services switch -- OVN answers from its records, where it can
                                    `-- localport -- namespace of the VPC -- agent -- the provider's resolvers

OVN 23.03 leaves alone whatever it does not answer: public names, questions with EDNS (RFC 6891), by TCP, of other types
than addresses. All of that comes to the hypervisor's own end of the services switch, in a network namespace per VPC, so
that tenants with the same addresses stay apart. The agent answers names of the VPC and of its private zones from the
same records, says no to what is missing in them, and asks the provider's resolvers about the rest from outside of that
namespace: no packet of a tenant ever gets there.

    message     pure: questions and answers on the wire (RFC 1035)
    answering   pure: records and a question to an answer, or to "ask others"
    placement   pure: rows of the southbound database to the VPCs that are here
    plumbing    pure: a VPC's namespace and port as commands
    sockets     sockets of a namespace
    server      one VPC's questions (UDP and TCP)
    agent       the southbound database, namespaces, servers

`python -m crossconnect.cloud.resolver FILE` runs it; FILE is a `ResolverConfiguration` in JSON.
"""

from crossconnect.cloud.resolver.answering import Known, answer_of
from crossconnect.cloud.resolver.message import Question, Reply, read_question, write_reply
from crossconnect.cloud.resolver.placement import DOMAINS_KEY, Place, ResolverConfiguration, places_of

__all__ = [
    "DOMAINS_KEY",
    "Known",
    "Place",
    "Question",
    "Reply",
    "ResolverConfiguration",
    "answer_of",
    "places_of",
    "read_question",
    "write_reply",
]
