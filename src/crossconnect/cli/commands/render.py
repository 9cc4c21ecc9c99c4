"""`xc render`: every device's configuration files."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from crossconnect.cli.output import say
from crossconnect.cli.region import load_or_exit, region_option
from crossconnect.errors import BadInput

MARKER = ".crossconnect-render"


@click.command("render")
@click.argument("devices", nargs=-1)
@region_option
@click.option(
    "-d", "--directory", type=click.Path(path_type=Path), default=Path("out"), show_default=True, help="Where to."
)
@click.option("--print", "to_stdout", is_flag=True, help="Print to stdout instead of writing files.")
def command(devices: tuple[str, ...], root: Path, directory: Path, to_stdout: bool) -> int:
    """Render the configuration of all devices (or of DEVICES) into DIRECTORY/<device>/.

    Secrets stay references. The directory is replaced as a whole, or not at all.
    """
    from crossconnect.nos.registry import render_files

    ready = load_or_exit(root)
    known = {d.name: d for d in ready.blueprint.devices}
    for name in devices:
        if name not in known:
            raise click.UsageError(f"the region has no device '{name}'; 'xc show devices' lists them")
    chosen = [known[name] for name in devices] or list(known.values())
    files = {device.name: render_files(device) for device in chosen}
    if to_stdout:
        for device, texts in files.items():
            for name, text in texts.items():
                print(f"# ---- {device}/{name}")
                print(text, end="")
        return 0
    write_directory(directory, files, replace_all=not devices)
    say(f"wrote {len(files)} devices to {directory}")
    return 0


def write_directory(directory: Path, files: Mapping[str, Mapping[str, str]], *, replace_all: bool) -> None:
    """Write `device/file` texts so that a reader sees the old tree or the new one, never a mixture.

    Refuses to replace a directory that it has not written itself.
    """
    if directory.exists() and any(directory.iterdir()) and not (directory / MARKER).exists():
        raise BadInput(f"{directory} was not written by 'xc render' and is not empty; choose another directory")
    directory.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        fresh.chmod(0o755)
        if not replace_all and directory.exists():
            shutil.copytree(directory, fresh, dirs_exist_ok=True)
        (fresh / MARKER).write_text("written by xc render; replaced as a whole\n", encoding="utf-8")
        for device, texts in files.items():
            shutil.rmtree(fresh / device, ignore_errors=True)
            for name, text in texts.items():
                target = fresh / device / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
        old = fresh.with_name(fresh.name + ".old")
        if directory.exists():
            directory.rename(old)
        fresh.rename(directory)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
