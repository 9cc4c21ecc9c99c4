"""How Neutron's and Keystone's clients speak: where their credential is, and how they are told what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from litestar import Request as HttpRequest

from crossconnect.cloud.api.operation import Answer, Operation
from crossconnect.cloud.api.problem import Denied
from crossconnect.cloud.api.problems import QUERY_UNKNOWN
from crossconnect.cloud.neutron.errors import told, told_by_keystone
from crossconnect.cloud.neutron.identity import secret_of
from crossconnect.cloud.neutron.requests import BASE_URL, plain
from crossconnect.cloud.resource import Refused

TOKENS = "/identity/v3/auth/tokens"


class NeutronDialect:
    """`X-Auth-Token` is the credential, `X-Project-Id` the project; answers to mistakes are NeutronErrors."""

    _told = staticmethod(told)

    async def headers(self, operation: Operation, request: HttpRequest) -> Mapping[str, str]:
        """As the gate wants them. Who asks for a token has the credential in the body."""
        found = {name.lower(): value for name, value in request.headers.items()}
        host = found.get("host", "")
        found[BASE_URL] = f"{request.scope['scheme']}://{host}"
        token = found.get("x-auth-token", "")
        if operation.path == TOKENS and operation.method == "POST":
            token = secret_of(plain(await request.body()))
        if token:
            found["authorization"] = f"Bearer {token}"
        if found.get("x-project-id"):
            found["project-id"] = found["x-project-id"]
        return found

    def expect(self, operation: Operation, values: Mapping[str, Sequence[str]]) -> None:
        """Each collection looks at its own query. What is ours is not Neutron's: a request that says `dry_run` would
        be judged as one, and carried out all the same."""
        if "dry_run" in values:
            raise Denied(QUERY_UNKNOWN, "there is no parameter 'dry_run' in this API; the VPC API has it")

    def problem(
        self, error: Denied | Refused, status: int, headers: tuple[tuple[str, str], ...], request_id: str
    ) -> Answer:
        """A NeutronError."""
        status, body = self._told(error, status)
        if status == 401:
            headers = tuple((name, value) for name, value in headers if name.lower() != "www-authenticate")
            headers = (*headers, ("www-authenticate", 'Keystone uri="/identity/v3"'))
        return Answer(status=status, body=body, headers=(*headers, ("x-openstack-request-id", request_id)))


class KeystoneDialect(NeutronDialect):
    """The same, and answers to mistakes are Keystone's."""

    _told = staticmethod(told_by_keystone)
