"""A NETCONF server over real SSH that answers as Junos is documented to: hello, loads, compares, commits, the history.

Shapes of the answers: Juniper's "NETCONF XML Management Protocol Developer Guide" and "Junos XML Management Protocol
Developer Guide"; the history's words and the clock's attribute as NAPALM reads them from real devices. It knows
texts as wholes, and no statement of Junos.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

import asyncssh

from crossconnect.transport.credentials import Credential
from crossconnect.transport.netconf.framing import END
from crossconnect.transport.netconf.xml import parsed, text_of
from crossconnect.transport.target import Target

HELLO = (
    "<hello><capabilities><capability>urn:ietf:params:xml:ns:netconf:base:1.0</capability><capability>"
    "urn:ietf:params:xml:ns:netconf:capability:candidate:1.0</capability><capability>"
    "urn:ietf:params:xml:ns:netconf:capability:confirmed-commit:1.0</capability><capability>"
    "http://xml.juniper.net/netconf/junos/1.0</capability></capabilities><session-id>3911</session-id></hello>"
)

ENGINE = "<routing-engine><name>re0</name><{}/></routing-engine>"


class JunosWorld:
    """The device: what runs, the candidate, who has the lock, the history."""

    def __init__(self, old: str, new: str, commands: str, undo: str) -> None:
        self.texts = {commands: new, undo: old}
        self.active = self.candidate = self.before = old
        self.history: list[str] = ["by root via cli"]
        self.asked: list[str] = []
        self.locked_by = ""
        self.refuses = ""
        """Words with which a commit is refused."""
        self.forgets_timer = False
        self.now = 1_700_000_000
        self.committed_at = self.now

    def answer(self, rpc: Element) -> str:
        """The inside of the reply."""
        operation = rpc[0]
        self.asked.append(operation.tag)
        match operation.tag:
            case "lock" if self.locked_by:
                return (
                    "<rpc-error><error-severity>error</error-severity><error-message>configuration database locked by: "
                    f"{self.locked_by}</error-message></rpc-error>"
                ).replace("<rpc-error>", "<rpc-error><error-tag>lock-denied</error-tag>")
            case "load-configuration":
                return self._load(operation)
            case "get-configuration":
                return self._compare()
            case "commit-configuration":
                return self._commit(operation)
            case "get-commit-information":
                entries = "".join(
                    f"<commit-history><sequence-number>{n}</sequence-number><user>xc</user><client>netconf</client>"
                    f'<date-time seconds="{self.committed_at}">t</date-time><log>{log}</log></commit-history>'
                    for n, log in enumerate(reversed(self.history))
                )
                return f"<commit-information>{entries}</commit-information>"
            case "get-system-uptime-information":
                return (
                    "<system-uptime-information><current-time>"
                    f'<date-time seconds="{self.now}">t</date-time></current-time></system-uptime-information>'
                )
            case "command":
                return '<output>{"bgp-information": []}</output>'
            case "discard-changes":
                self.candidate = self.active
        return "<ok/>"

    def passes(self, seconds: int) -> None:
        """Time goes by; what nobody has confirmed is taken back."""
        self.now += seconds
        if "commit confirmed" in self.history[-1] and self.now >= self.committed_at + 60 * self.minutes:
            self._became(self.before, "by root via other")

    def _became(self, text: str, log: str) -> None:
        self.before, self.active, self.candidate, self.committed_at = self.active, text, text, self.now
        self.history.append(log)

    def _load(self, operation: Element) -> str:
        if (rollback := operation.get("rollback")) is not None:
            self.candidate = self.active if rollback == "0" else self.before
        elif operation.get("action") == "override":
            self.candidate = "".join(operation.itertext())
        else:
            lines = "".join(operation.itertext())
            if lines not in self.texts:
                words = "<error-severity>error</error-severity><error-message>syntax error</error-message>"
                inner = f"<rpc-error>{words}</rpc-error><load-error-count>1</load-error-count>"
                return f"<load-configuration-results>{inner}</load-configuration-results>"
            self.candidate = self.texts[lines]
        return "<load-configuration-results><ok/></load-configuration-results>"

    def _compare(self) -> str:
        lines = ""
        if self.candidate != self.active:
            lines = "\n[edit system]\n-  host-name a;\n+  host-name b;\n"
        output = f"<configuration-output>{lines}</configuration-output>"
        return f"<configuration-information>{output}</configuration-information>"

    def _commit(self, operation: Element) -> str:
        if self.refuses:
            return (
                "<commit-results><rpc-error><error-severity>error</error-severity><error-message>"
                f"{self.refuses}</error-message></rpc-error></commit-results>"
            )
        if operation.find("check") is not None:
            if "commit confirmed" in self.history[-1]:
                raise AssertionError("a check would confirm the pending commit")
            return f"<commit-results>{ENGINE.format('commit-check-success')}</commit-results>"
        log = text_of(operation, "log")
        if operation.find("confirmed") is not None and not self.forgets_timer:
            self.minutes = int(text_of(operation, "confirm-timeout"))
            log = f"{log} commit confirmed, rollback in {self.minutes}mins"
        self._became(self.candidate, log)
        return f"<commit-results>{ENGINE.format('commit-success')}</commit-results>"


class JunosPeer:
    """An SSH server in front of a world."""

    def __init__(self, world: JunosWorld, directory: Path) -> None:
        self.world, self.directory = world, directory
        self.host, self.user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def __aenter__(self) -> JunosPeer:
        keys = self.directory / "authorized"
        keys.write_bytes(self.user.export_public_key())
        (self.directory / "user").write_bytes(self.user.export_private_key())
        self._acceptor = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[self.host],
            authorized_client_keys=str(keys),
            process_factory=self._serve,
            encoding=None,
        )
        known = self.host.export_public_key().decode()
        (self.directory / "known_hosts").write_text(f"[127.0.0.1]:{self._acceptor.get_port()} {known}")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._acceptor is not None
        self._acceptor.close()
        await self._acceptor.wait_closed()

    def target(self) -> Target:
        """How it is reached."""
        assert self._acceptor is not None
        return Target(
            device="leaf-1",
            nos="junos",
            address="127.0.0.1",
            port=self._acceptor.get_port(),
            known_hosts=str(self.directory / "known_hosts"),
            credential=Credential(user="xc", key=f"file:{self.directory / 'user'}"),
        )

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        assert process.subsystem == "netconf"
        process.stdout.write(HELLO.encode() + b"\n" + END)
        buffer = b""
        while piece := await process.stdin.read(65536):
            buffer += piece
            while END in buffer:
                message, _, buffer = buffer.partition(END)
                root = parsed(message)
                if root.tag == "rpc":
                    inner = self.world.answer(root)
                    number = root.get("message-id")
                    process.stdout.write(f'<rpc-reply message-id="{number}">{inner}</rpc-reply>\n'.encode() + END)
        process.exit(0)
