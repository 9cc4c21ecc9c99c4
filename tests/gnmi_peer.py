"""A gNMI target to test against: a process of its own, made of the published files (gnmi-pb), with TLS.

It keeps a tree, a start-up file, and one pending commit with its timer, as the commit-confirmed extension has it
(openconfig/reference, rpc/gnmi/gnmi-commit-confirmed.md, 0.1.0). What it does when it is told to by paths:

    /fault/refuse   Set: INVALID_ARGUMENT         /fault/die    Set: done, then the process dies without an answer
    /fault/hang     Get, Set: no answer in time   /fault/large  Get: an answer of 80 MiB

On the same port it pings (`gnoi_peer`), unless its `services` have no `gnoi`.
"""

from __future__ import annotations

import concurrent.futures
import copy
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import grpc
from gnmi_pb import gnmi_ext_pb2, gnmi_pb2, gnmi_pb2_grpc

import gnoi_peer
from ports import free_port

USER, PASSWORD = "rollout", "correct-horse"
DEFAULT_S = 600


class _Commit:
    def __init__(self, name: str, before: dict[str, Any], seconds: float, fire: Any) -> None:
        self.name, self.before, self._fire = name, before, fire
        self.arm(seconds)

    def arm(self, seconds: float) -> None:
        self.timer = threading.Timer(seconds, self._fire, (self,))
        self.timer.daemon = True
        self.timer.start()


class Peer(gnmi_pb2_grpc.gNMIServicer):
    """The servicer. `startup` is what it begins with, and what it begins with again."""

    def __init__(self, startup: Path) -> None:
        self._startup = startup
        self._tree: dict[str, Any] = json.loads(startup.read_text()) if startup.exists() else {}
        self._commit: _Commit | None = None
        self._changed = threading.Condition()

    def Capabilities(self, request: Any, context: Any) -> Any:  # noqa: N802 - the published name
        self._known(context)
        return gnmi_pb2.CapabilityResponse(
            supported_models=[gnmi_pb2.ModelData(name="peer", organization="tests", version="1")],
            supported_encodings=[gnmi_pb2.JSON_IETF, gnmi_pb2.PROTO],
            gNMI_version="0.10.0",
        )

    def Get(self, request: Any, context: Any) -> Any:  # noqa: N802
        self._known(context)
        updates = []
        for path in request.path:
            self._fault(path, context)
            with self._changed:
                value = "x" * (80 << 20) if _names(path) == ["fault", "large"] else at(self._tree, path)
            if value is not None:
                updates.append(gnmi_pb2.Update(path=path, val=_typed(value)))
        return gnmi_pb2.GetResponse(notification=[gnmi_pb2.Notification(timestamp=time.time_ns(), update=updates)])

    def Set(self, request: Any, context: Any) -> Any:  # noqa: N802
        self._known(context)
        commits = [extension.commit for extension in request.extension if extension.HasField("commit")]
        with self._changed:
            if commits and commits[0].WhichOneof("action") != "commit":
                self._decide(commits[0], context)
                return gnmi_pb2.SetResponse(timestamp=time.time_ns())
            if self._commit is not None:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"commit {self._commit.name} is ongoing")
            if commits and not commits[0].id:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a commit has an id")
            before, candidate = self._tree, copy.deepcopy(self._tree)
            results = self._apply(candidate, request, context)
            self._tree = candidate
            if commits:
                duration = commits[0].commit.rollback_duration
                seconds = duration.seconds + duration.nanos / 1e9 or DEFAULT_S
                self._commit = _Commit(commits[0].id, before, seconds, self._expire)
            else:
                self._save()
            self._changed.notify_all()
        if any(_names(update.path) == ["fault", "die"] for update in request.update):
            os._exit(9)
        return gnmi_pb2.SetResponse(timestamp=time.time_ns(), response=results)

    def Subscribe(self, requests: Any, context: Any) -> Any:  # noqa: N802
        self._known(context)
        wanted = next(requests).subscribe
        paths = [subscription.path for subscription in wanted.subscription]
        seen: list[Any] = []
        first = True
        while context.is_active():
            with self._changed:
                values = [copy.deepcopy(at(self._tree, path)) for path in paths]
            for index, (path, value) in enumerate(zip(paths, values, strict=True)):
                if first or seen[index] != value:
                    yield gnmi_pb2.SubscribeResponse(update=_notification(path, value))
            if first:
                yield gnmi_pb2.SubscribeResponse(sync_response=True)
            if wanted.mode == gnmi_pb2.SubscriptionList.ONCE:
                return
            seen, first = values, False
            with self._changed:
                self._changed.wait(0.1)

    def _apply(self, tree: dict[str, Any], request: Any, context: Any) -> list[Any]:
        results = []
        operation = gnmi_pb2.UpdateResult
        for path in request.delete:
            remove(tree, path)
            results.append(operation(path=path, op=operation.DELETE))
        for updates, kind in ((request.replace, operation.REPLACE), (request.update, operation.UPDATE)):
            for update in updates:
                self._fault(update.path, context)
                put(tree, update.path, _plain(json.loads(update.val.json_ietf_val)), replace=kind == operation.REPLACE)
                results.append(operation(path=update.path, op=kind))
        return results

    def _decide(self, commit: Any, context: Any) -> None:
        pending = self._commit
        if pending is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no commit is waiting for confirmation")
        if commit.id != pending.name:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"the commit that waits is {pending.name}")
        action = commit.WhichOneof("action")
        if action == "set_rollback_duration":
            seconds = commit.set_rollback_duration.rollback_duration.seconds
            if seconds <= 0:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a rollback duration is needed")
            pending.timer.cancel()
            pending.arm(seconds)
            return
        pending.timer.cancel()
        self._commit = None
        if action == "cancel":
            self._tree = pending.before
        else:
            self._save()
        self._changed.notify_all()

    def _expire(self, commit: _Commit) -> None:
        with self._changed:
            if self._commit is commit:
                self._tree, self._commit = commit.before, None
                self._changed.notify_all()

    def _save(self) -> None:
        self._startup.write_text(json.dumps(self._tree))

    def _fault(self, path: Any, context: Any) -> None:
        match _names(path):
            case ["fault", "hang"]:
                while context.is_active():
                    time.sleep(0.05)
            case ["fault", "refuse"]:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the value is not accepted")

    def _known(self, context: Any) -> None:
        given = {key: value for key, value in context.invocation_metadata() if key in ("username", "password")}
        if given != {"username": USER, "password": PASSWORD}:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")


def _names(path: Any) -> list[str]:
    return [element.name for element in path.elem]


def _plain(value: Any) -> Any:
    """Without modules in front of names (RFC 7951 4), as the peer keeps them."""
    if isinstance(value, dict):
        return {name.rpartition(":")[2]: _plain(child) for name, child in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _typed(value: Any) -> Any:
    return gnmi_pb2.TypedValue(json_ietf_val=json.dumps(value).encode())


def _notification(path: Any, value: Any) -> Any:
    if value is None:
        return gnmi_pb2.Notification(timestamp=time.time_ns(), delete=[path])
    return gnmi_pb2.Notification(timestamp=time.time_ns(), update=[gnmi_pb2.Update(path=path, val=_typed(value))])


def _step(here: Any, element: Any, make: bool) -> Any:
    """What is below an element: an entry of a list where it has keys."""
    if not element.key:
        if make and element.name not in here:
            here[element.name] = {}
        return here.get(element.name)
    entries = here.setdefault(element.name, []) if make else here.get(element.name, [])
    for entry in entries:
        if all(str(entry.get(key)) == value for key, value in element.key.items()):
            return entry
    if make:
        entries.append(dict(element.key))
        return entries[-1]
    return None


def at(tree: Any, path: Any) -> Any:
    for element in path.elem:
        tree = _step(tree, element, False) if isinstance(tree, dict) else None
        if tree is None:
            return None
    return tree


def put(tree: dict[str, Any], path: Any, value: Any, *, replace: bool) -> None:
    if not path.elem:
        if replace:
            tree.clear()
        tree.update(value)
        return
    parent: Any = tree
    for element in path.elem[:-1]:
        parent = _step(parent, element, True)
    last = path.elem[-1]
    if isinstance(value, dict):
        here = _step(parent, last, True)
        if replace:
            here.clear()
            here.update(dict(last.key))
        here.update(value)
    else:
        parent[last.name] = value


def remove(tree: Any, path: Any) -> None:
    for element in path.elem[:-1]:
        tree = _step(tree, element, False)
        if tree is None:
            return
    last = path.elem[-1]
    if last.key:
        keys = last.key.items()
        kept = [e for e in tree.get(last.name, []) if not all(v in ("*", str(e.get(k))) for k, v in keys)]
        tree[last.name] = kept
        if not kept:
            del tree[last.name]
    else:
        tree.pop(last.name, None)


class PeerProcess:
    """The peer as a process that can be killed and started anew on the same port."""

    def __init__(
        self,
        directory: Path,
        certificate: Path,
        key: Path,
        client_authority: Path | None = None,
        services: str = "gnmi gnoi",
    ) -> None:
        self._directory, self._files = directory, [str(certificate), str(key), str(client_authority or ""), services]
        # A port of its own: one out of the kernel's range somebody else may have by the time that it is started anew.
        self.port = free_port()
        self.start()

    def start(self) -> None:
        command = [sys.executable, __file__, str(self._directory), str(self.port), *self._files]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the peer does not start"
        self.port = int(line)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def wait(self) -> int:
        """Until it has died by itself."""
        return self._process.wait(120)


def main(directory: str, port: str, certificate: str, key: str, client_authority: str, services: str) -> None:
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(8),
        options=[("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)],
    )
    if "gnmi" in services.split():
        gnmi_pb2_grpc.add_gNMIServicer_to_server(Peer(Path(directory) / "startup.json"), server)
    if "gnoi" in services.split():
        gnoi_peer.add_to(server, USER, PASSWORD)
    credentials = grpc.ssl_server_credentials(
        [(Path(key).read_bytes(), Path(certificate).read_bytes())],
        Path(client_authority).read_bytes() if client_authority else None,
        require_client_auth=bool(client_authority),
    )
    print(server.add_secure_port(f"127.0.0.1:{port}", credentials), flush=True)
    server.start()
    server.wait_for_termination()


assert gnmi_ext_pb2.Commit.DESCRIPTOR.fields_by_name["set_rollback_duration"].number == 5

if __name__ == "__main__":
    main(*sys.argv[1:])
