"""A directory of rendered configurations: replaced as a whole, and cheap where little has changed.

    out/.crossconnect-render       what was rendered from what (JSON)
    out/<device>/<file>

A device whose configuration is the one that was rendered before, and whose files nobody has touched since, is neither
rendered nor written again: its files are linked into the new tree.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from crossconnect import __version__
from crossconnect.cli.replacing import exchange, fresh_directory
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.errors import BadInput

MARKER = ".crossconnect-render"


class FileRecord(msgspec.Struct, frozen=True):
    """A file as it was written: size in octets and modification time, as Git's index keeps them."""

    size: int
    modified_ns: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a directory holds. `sources` maps a device to the hash of the configuration that its files came from."""

    version: str = __version__
    sources: dict[str, str] = {}
    files: dict[str, dict[str, FileRecord]] = {}


class Written(msgspec.Struct, frozen=True):
    """How many devices were rendered, and how many taken over."""

    rendered: int
    unchanged: int


def write_devices(
    directory: Path,
    devices: Iterable[DeviceConfiguration],
    render: Callable[[DeviceConfiguration], Mapping[str, str]],
    *,
    replace_all: bool,
    variant: str = "",
) -> Written:
    """Render devices into `directory/<device>/`, so that a reader sees the old tree or the new one, never a mixture.

    With `replace_all`, devices that are not among `devices` are dropped. `variant` names what `render` makes of a
    device beside its configuration: files of another variant are not taken over. BadInput when the directory holds
    something that was not written by this function.
    """
    directory = directory.absolute()  # `.` has no name of its own
    if directory.is_symlink() or directory == Path.cwd():
        raise BadInput(f"{directory} cannot be replaced as a whole; choose a directory below it")
    directory.parent.mkdir(parents=True, exist_ok=True)
    with fresh_directory(directory, "render") as fresh:
        old = _manifest(directory)
        sources: dict[str, str] = {}
        files: dict[str, dict[str, FileRecord]] = {}
        rendered = 0
        for device in devices:
            source = hashlib.sha256(variant.encode() + msgspec.msgpack.encode(device)).hexdigest()
            sources[device.name] = source
            if old.sources.get(device.name) == source and _take_over(directory, fresh, device.name, old):
                files[device.name] = old.files[device.name]
                continue
            files[device.name] = _write(fresh / device.name, render(device))
            rendered += 1
        if not replace_all:
            for name in old.files.keys() - files.keys():
                if _take_over(directory, fresh, name, old):
                    sources[name], files[name] = old.sources[name], old.files[name]
        (fresh / MARKER).write_bytes(msgspec.json.encode(Manifest(sources=sources, files=files)))
        exchange(fresh, directory)
    return Written(rendered, len(files) - rendered)


def _manifest(directory: Path) -> Manifest:
    """What stands in the directory; empty when there is none, or when another version has written it."""
    if not directory.exists():
        return Manifest()
    if not directory.is_dir():
        raise BadInput(f"{directory} is a file; choose another directory")
    try:
        manifest = msgspec.json.decode((directory / MARKER).read_bytes(), type=Manifest)
    except FileNotFoundError:
        if any(directory.iterdir()):
            reason = f"{directory} was not written by 'xc render' and is not empty; choose another directory"
            raise BadInput(reason) from None
        return Manifest()
    except msgspec.DecodeError:
        return Manifest()
    return manifest if manifest.version == __version__ else Manifest()


def _take_over(directory: Path, fresh: Path, name: str, old: Manifest) -> bool:
    """Link a device's files into the new tree, unless one of them is not as it was written."""
    # Plain strings: thousands of files, for each of which a Path object costs as much as the system calls.
    source, target = f"{directory}/{name}/", f"{fresh}/{name}/"
    try:
        for file, record in old.files[name].items():
            status = os.stat(source + file)
            if (status.st_size, status.st_mtime_ns) != (record.size, record.modified_ns):
                return False
        os.mkdir(target)
        for file in old.files[name]:
            os.link(source + file, target + file)
    except OSError:
        # A file is missing, or the file system has no hard links: render it again.
        shutil.rmtree(target, ignore_errors=True)
        return False
    return True


def _write(target: Path, texts: Mapping[str, str]) -> dict[str, FileRecord]:
    target.mkdir()
    records: dict[str, FileRecord] = {}
    for name, text in texts.items():
        with open(f"{target}/{name}", "wb") as file:
            file.write(text.encode())
            file.flush()
            status = os.fstat(file.fileno())
        records[name] = FileRecord(status.st_size, status.st_mtime_ns)
    return records
