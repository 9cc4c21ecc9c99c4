"""Secrets of a HashiCorp Vault (or OpenBao): `vault:secret/data/switches/eos#password`.

Source: Vault's HTTP API, "KV secrets engine", versions 1 and 2: what is read is `data`, in version 2 `data.data`.
"""

from __future__ import annotations

import os

import httpx
import msgspec

from crossconnect.errors import BadInput, Unauthorised, Unreachable
from crossconnect.transport.credentials import Vault

TIMEOUT_S = 10.0


class _Answer(msgspec.Struct):
    data: dict[str, msgspec.Raw]


def vault_of_environment() -> Vault | None:
    """The vault that `VAULT_ADDR` names, by `VAULT_TOKEN`; None where there is none. Its certificate is checked."""
    address, token = os.environ.get("VAULT_ADDR"), os.environ.get("VAULT_TOKEN")
    if not address or not token:
        return None

    def read(path: str, field: str) -> str:
        return _read(address, token, path, field)

    return read


def _read(address: str, token: str, path: str, field: str) -> str:
    what = f"vault:{path}#{field}"
    try:
        url = f"{address.rstrip('/')}/v1/{path.strip('/')}"
        answer = httpx.get(url, headers={"X-Vault-Token": token}, timeout=TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(f"{what}: the vault does not answer: {type(error).__name__}") from None
    if answer.status_code in (401, 403):
        raise Unauthorised(f"{what}: the vault does not let us")
    if answer.status_code != 200:
        raise BadInput(f"{what}: the vault answers with {answer.status_code}")
    try:
        fields = msgspec.json.decode(answer.content, type=_Answer).data
        if set(fields) == {"data", "metadata"}:
            fields = msgspec.json.decode(fields["data"], type=dict[str, msgspec.Raw])
        secret = msgspec.json.decode(fields[field], type=str)
    except (msgspec.DecodeError, KeyError):
        raise BadInput(f"{what}: there is no such text in it") from None
    return secret
