"""`xc cloud`: which API, with which credential; and what is said when it refuses."""

from __future__ import annotations

import functools
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from crossconnect.cli.output import say
from crossconnect.cloud.client import ApiProblem
from crossconnect.cloud.client.transport import Transport
from crossconnect.errors import BadInput

ENDPOINT = "http://127.0.0.1:8470"
MISTAKES = (400, 413, 415, 422)
"""Statuses that say that what was typed cannot be meant: exit code 2."""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the profiles' file."""

    endpoint: str = ENDPOINT
    key: str = ""
    project: str = ""
    certificates: str = ""
    """File with certificates to trust beside the machine's own."""


def profiles_file() -> Path:
    """`~/.config/crossconnect/cloud.yaml`, or where XDG_CONFIG_HOME leads."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "crossconnect" / "cloud.yaml"


def read_profile(name: str) -> Profile:
    """A profile by name; the one named `default`, or an empty one, where no name is given."""
    path = profiles_file()
    if not path.exists():
        if name:
            raise BadInput(f"there is no profile {name!r}: {path} does not exist")
        return Profile()
    import yaml

    try:
        profiles = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")) or {}, dict[str, Profile])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise BadInput(f"{path} is no file of profiles: {error}") from error
    if any(profile.key for profile in profiles.values()) and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        say(f"note: {path} has keys in it, and others may read it; chmod 600 {path}")
    if name and name not in profiles:
        raise BadInput(f"there is no profile {name!r} in {path}; there are {', '.join(sorted(profiles)) or 'none'}")
    return profiles.get(name or "default", Profile())


def connection_options(function: Callable[..., int]) -> Callable[..., int]:
    """Options that say where the API is, given to the command as `transport`. What the API refuses is printed, and ends
    the command with its exit code."""

    @click.option("--endpoint", default="", envvar="XC_CLOUD_ENDPOINT", help=f"The API.  [default: {ENDPOINT}]")
    @click.option(
        "--project", default="", envvar="XC_CLOUD_PROJECT", help="For which project.  [default: the key's own]"
    )
    @click.option(
        "--profile", default="", envvar="XC_CLOUD_PROFILE", help="Entry of ~/.config/crossconnect/cloud.yaml."
    )
    @functools.wraps(function)
    def connected(*, endpoint: str, project: str, profile: str, **others: Any) -> int:
        chosen = read_profile(profile)
        key = os.environ.get("XC_CLOUD_KEY", "") or chosen.key
        if not key:
            raise BadInput("no key: set XC_CLOUD_KEY, or write one into a profile (docs/tutorials/first-vpc.md)")
        certificates = os.environ.get("XC_CLOUD_CERTIFICATES", "") or chosen.certificates
        transport = Transport(endpoint or chosen.endpoint, key, project or chosen.project, verify=_verify(certificates))
        try:
            return function(transport=transport, **others)
        except ApiProblem as problem:
            return explain(problem)
        finally:
            transport.close()

    return connected


def _verify(certificates: str) -> str | bool:
    if certificates and not Path(certificates).is_file():
        raise BadInput(f"there is no file {certificates} with certificates")
    return certificates or True


def explain(problem: ApiProblem) -> int:
    """Say on stderr what the API refused and why; the exit code."""
    details = problem.details
    for error in details.errors or ():
        at = f"{error.field}: " if error.field else ""
        say(f"error {error.code}: {at}{error.message}")
    if not details.errors:
        say(f"error {details.code}: {details.detail}")
    for use in details.uses:
        say(f"    used by: {use.kind.replace('_', '-')} {use.id or '(of another project)'} ({use.field})")
    if details.status >= 500:
        say(f"    request: {details.request_id}")
    return 2 if details.status in MISTAKES else 1
