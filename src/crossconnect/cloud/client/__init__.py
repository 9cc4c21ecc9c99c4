"""A client of the API in Python: typed by the kinds' own records, so that there is nothing per kind to write.

with Client("http://127.0.0.1:8470", key) as client:
    vpcs = client.collection(Vpc)
    vpc = vpcs.create(VpcBody(cidr_blocks=("10.0.0.0/16",)), wait_s=30)
    for event in client.changes(after=vpc.revision):
        ...
"""

from crossconnect.cloud.client.client import Client, Collection
from crossconnect.cloud.client.following import Changes
from crossconnect.cloud.client.planning import Plan
from crossconnect.cloud.client.tenancy import Keys, Projects
from crossconnect.cloud.client.transport import ApiProblem, Reply

__all__ = ["ApiProblem", "Changes", "Client", "Collection", "Keys", "Plan", "Projects", "Reply"]
