"""A region under Git, running as real FRR, each switch reached over an sshd of its own as a real host would be.

    xc ... --access access.yaml --> 127.0.0.1:PORT --> sshd in the switch's namespaces --> vtysh --> FRR

sshd has the switch's files and processes, and listens in the network of whoever runs the test: so no port of the switch
is one that the design does not know. What it runs is in the switch's network: pings leave from there.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

from patience import converges

from crossconnect.cli.region import load_or_exit
from crossconnect.lab import Lab, LabOptions, confirmed_change, up
from crossconnect.nos.rendering import render_files
from crossconnect.nos.secrets import revealed
from ssh_peers import Sshd, listens, wait_for
from transit_region import BORDERS, SECRET, write_region


class LiveRegion:
    """The region's directory, its lab, and how its switches are reached."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.root = directory / "region"
        write_region(self.root)
        before, after = (load_or_exit(self.root, revision).blueprint for revision in ("HEAD~1", "HEAD"))
        self.texts = {
            side: {d.name: revealed(render_files(d)["frr.conf"], self._secrets()) for d in blueprint.devices}
            for side, blueprint in (("old", before), ("new", after))
        }
        options = LabOptions(
            name="apply-access", run_root=str(directory), backend="namespace", lldp=False, bfd="as-configured"
        )
        self.lab: Lab = up(before, options, secrets=self._secrets())
        assert converges(self.lab)
        self.sshds = {device.name: self._sshd(device.name) for device in before.devices}
        known = "".join(sshd.known_hosts.read_text() for sshd in self.sshds.values())
        (directory / "known_hosts").write_text(known)
        self.access = self.write_access("access.yaml")

    @staticmethod
    def _secrets() -> dict[str, str]:
        return {"env:TRANSIT_KEY": SECRET}

    def _sshd(self, name: str) -> Sshd:
        process = self.lab.process(name)
        inside = ("nsenter", "-t", str(process), "-m", "-u", "-p", "--")
        numbers = Path(f"/proc/{process}/status").read_text().partition("NSpid:")[2].splitlines()[0].split()
        sshd = Sshd(
            self.directory / "ssh" / name,
            prefix=(*inside, "sh", "-c", 'mkdir -p /run/sshd; exec "$@"', "sh"),
            command=f'exec nsenter --net=/proc/{numbers[-1]}/ns/net sh -c "$SSH_ORIGINAL_COMMAND"',
        )
        sshd.start()
        return sshd

    def write_access(self, file: str, known_hosts: str = "known_hosts") -> Path:
        """An access file. All switches have the same address here, and ports of their own."""
        lines = [f"defaults: {{user: root, address: 127.0.0.1, known_hosts: {known_hosts}}}", "devices:"]
        for name, sshd in self.sshds.items():
            lines.append(f"  {name}: {{port: {sshd.port}, key: 'file:{sshd.directory / 'user'}'}}")
        path = self.directory / file
        path.write_text("\n".join(lines) + "\n")
        return path

    def silence(self, name: str) -> None:
        """End a switch's sshd; the switch goes on."""
        sshd = self.sshds[name]
        listed = subprocess.run(
            ["pgrep", "-f", str(sshd.directory / "sshd_config")], capture_output=True, text=True, check=True
        )
        for number in listed.stdout.split():
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself meanwhile
                os.kill(int(number), signal.SIGKILL)
        wait_for(lambda: not listens(sshd.address, sshd.port), "sshd does not end")
        sshd.stop()

    def runs(self, side: str) -> list[str]:
        """Borders that run the configuration of a side, and start with it."""

        def kept(name: str) -> str:
            return (self.lab.node_directory(name) / "etc-frr" / "frr.conf").read_text()

        texts = self.texts[side]
        return [
            name
            for name in BORDERS
            if not confirmed_change.remaining(self.lab, name, texts[name]) and kept(name) == texts[name]
        ]

    def restore(self) -> None:
        """As before the plan, whatever a test has left."""
        for name in BORDERS:
            text = self.texts["old"][name]
            confirmed_change.restore(self.lab, name, confirmed_change.Change("", "", text, ""))

    def secrets_in(self, texts: Iterable[str]) -> list[str]:
        """Secrets that stand in a text: the session's password, and lines of the private keys."""
        keys = [
            line
            for sshd in self.sshds.values()
            for line in (sshd.directory / "user").read_text().splitlines()
            if line and not line.startswith("-----")
        ]
        # The first line of each key is its format, the same for all of them.
        secrets = {SECRET, *(line for line in keys if keys.count(line) == 1)}
        return [secret for text in texts for secret in secrets if secret in text]
