"""`xc render`: every device's configuration files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crossconnect.cli.output import say
from crossconnect.cli.region import load_or_exit, region_option
from crossconnect.cli.render_directory import write_devices

if TYPE_CHECKING:
    from crossconnect.device.configuration import DeviceConfiguration


@click.command("render")
@click.argument("devices", nargs=-1)
@region_option
@click.option(
    "-d", "--directory", type=click.Path(path_type=Path), default=Path("out"), show_default=True, help="Where to."
)
@click.option(
    "--frr",
    type=click.Choice(["8.4", "10"]),
    default="8.4",
    show_default=True,
    help="Version of those devices that run FRR: what one version needs, another may misread.",
)
@click.option("--print", "to_stdout", is_flag=True, help="Print to stdout instead of writing files.")
def command(devices: tuple[str, ...], root: Path, directory: Path, frr: str, to_stdout: bool) -> int:
    """Render the configuration of all devices (or of DEVICES) into DIRECTORY/<device>/.

    Secrets stay references. The directory is replaced as a whole, or not at all.
    """
    from crossconnect.nos.frr.network_os import SYSTEM_10
    from crossconnect.nos.rendering import render_files

    ready = load_or_exit(root)
    known = {d.name: d for d in ready.blueprint.devices}
    for name in devices:
        if name not in known:
            raise click.UsageError(f"the region has no device '{name}'; 'xc show devices' lists them")
    chosen = [known[name] for name in devices] or list(known.values())

    def files_of(device: DeviceConfiguration) -> dict[str, str]:
        return render_files(device, SYSTEM_10 if device.nos == "frr" and frr == "10" else None)

    if to_stdout:
        for device in chosen:
            for name, text in files_of(device).items():
                print(f"# ---- {device.name}/{name}")
                print(text, end="")
        return 0
    written = write_devices(directory, chosen, files_of, replace_all=not devices, variant=frr)
    say(f"wrote {directory}: {written.rendered} devices rendered, {written.unchanged} unchanged")
    return 0
