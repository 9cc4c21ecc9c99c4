"""The Python client beside the kinds: projects, keys, the audit record, and changes that are followed through the end
of a server."""

from __future__ import annotations

import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cloud_api import Api, free_port, shared_api
from crossconnect.cloud.api.records import (
    ApiKeyBody,
    ApiKeyPatch,
    CommitItem,
    ProjectBody,
    ProjectPatch,
    StatesItem,
)
from crossconnect.cloud.client import ApiProblem, Client
from crossconnect.cloud.kinds.vpc import Vpc, VpcBody
from crossconnect.errors import Unreachable

VPC = VpcBody(cidr_blocks=("10.0.0.0/16",))


@pytest.fixture(scope="module")
def api() -> Api:
    return shared_api()


def test_projects_and_keys(api: Api) -> None:
    id, run = f"c-{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
    with Client(api.url, api.keys["operator"]) as operator:
        made = operator.projects.create(ProjectBody(id=id, name="shop", tags={"run": run}, quotas={"vpc": 1}))
        assert (made.id, made.quotas["vpc"].limit) == (id, 1)
        again = operator.projects.create(ProjectBody(id=f"{id}-2", tags={"run": run}), idempotency_key=run)
        assert operator.projects.create(ProjectBody(id=f"{id}-2", tags={"run": run}), idempotency_key=run) == again
        assert [one.id for one in operator.projects.list(tags=[f"run={run}"], page=1)] == [id, f"{id}-2"]
        changed = operator.projects.update(id, ProjectPatch(quotas={"vpc": 2}), if_match=made.revision)
        assert operator.projects.get(id).quotas["vpc"].limit == 2
        with pytest.raises(ApiProblem) as stale:
            operator.projects.update(id, ProjectPatch(name="x"), if_match=made.revision)
        assert stale.value.details.code == "precondition.failed"
        with Client(api.url, api.keys["operator"], id) as keys_of_it:
            key = keys_of_it.keys.create(ApiKeyBody(name="admin", roles=("admin",)))
        with Client(api.url, key.key) as tenant:
            assert tenant.caller().project_id == id
            vpc = tenant.collection(Vpc).create(VPC)
            planned = tenant.keys.plan_create(ApiKeyBody(name="robot"))
            assert (len(planned.changed), planned.cuts) == (1, False)
            second = tenant.keys.create(ApiKeyBody(name="robot", tags={"a": "b"}))
            assert [one.id for one in tenant.keys.list(tags=["a=b"])] == [second.id]
            named = tenant.keys.update(second.id, ApiKeyPatch(name="other"), if_match=second.revision)
            assert tenant.keys.get(second.id) == named
            tenant.keys.revoke(second.id, if_match=named.revision)
            assert tenant.keys.get(second.id).revoked_at
            with pytest.raises(ApiProblem) as used:
                operator.projects.delete(id, if_match=changed.revision)
            assert vpc.id in {use.id for use in used.value.details.uses}
            tenant.collection(Vpc).delete(vpc.id)
            operator.projects.delete(id, if_match=changed.revision)
            with pytest.raises(ApiProblem) as dead:
                tenant.caller()
            assert dead.value.details.status == 401


def test_the_audit_record(api: Api) -> None:
    with Client(api.url, api.keys["acme/admin"]) as client:
        vpc = client.collection(Vpc).create(VPC)
        number = 0
        end = time.monotonic() + 60
        while True:
            lines = list(client.audit(number, page=7))
            assert [line.number for line in lines] == sorted({line.number for line in lines})
            assert {line.project_id for line in lines} <= {"acme"}
            if vpc.id in {line.resource_id for line in lines}:
                break
            assert time.monotonic() < end
            number = lines[-1].number if lines else number
            time.sleep(0.2)


def wait_for(met: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not met():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_changes_are_followed_through_the_end_of_a_server(tmp_path: Path) -> None:
    """Input: a reader, and a server that is killed between two VPCs and started again at the same address. Output: the
    reader has each commit once, and knows when they are available; one that begins where it is has nothing twice."""
    api = Api(tmp_path / "region", arguments=("--listen", f"127.0.0.1:{free_port()}"))
    commits: list[CommitItem] = []
    states: list[StatesItem] = []
    try:
        with Client(api.url, api.keys["acme/admin"]) as client:
            changes = client.changes()

            def all_events() -> Iterator[CommitItem | StatesItem]:
                nonlocal changes
                while True:
                    try:
                        yield from changes
                    except Unreachable:  # a server on a busy machine takes longer to start than a reader waits for it
                        changes = client.changes(changes.position)

            def read() -> None:
                for event in all_events():
                    if isinstance(event, CommitItem):
                        commits.append(event)
                        if any(change.kind == "vpc" and change.action == "delete" for change in event.changes):
                            return
                    else:
                        states.append(event)

            reader = threading.Thread(target=read, daemon=True)
            reader.start()
            first = client.collection(Vpc).create(VPC)
            wait_for(lambda: first.revision in {one.number for one in commits})
            api.stop(signal.SIGKILL)
            api.start()
            second = client.collection(Vpc).create(VPC)
            wait_for(lambda: second.revision in {one.number for one in commits})
            api.realise()
            wait_for(lambda: any(one.realised >= second.revision for one in states))
            told = {one.id: one.state for event in states for one in event.resources}
            assert told[second.id] == "available"
            client.collection(Vpc).delete(first.id)
            reader.join(90)
            assert not reader.is_alive()
            numbers = [one.number for one in commits]
            assert numbers == sorted(set(numbers))
            assert numbers == [first.revision, second.revision, changes.position]
            changes.close()
            later = client.changes(changes.position)
            assert isinstance(next(later), StatesItem), "nothing comes twice; where things stand comes first"
            later.close()
    finally:
        api.stop(signal.SIGKILL)
