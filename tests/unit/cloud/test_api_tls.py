"""`xc serve` with TLS, and how it starts: what is wrong with its configuration is said at once, with exit code 2."""

from __future__ import annotations

import datetime
import ipaddress
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cloud_api import API_YAML, Api
from crossconnect.cloud.client import Client
from crossconnect.cloud.kinds.vpc import Vpc, VpcBody
from crossconnect.errors import Unreachable


def certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "api")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    chain, private = directory / "chain.pem", directory / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, private


def test_https(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    api = Api(tmp_path / "region", arguments=["--tls-certificate", str(chain), "--tls-key", str(key)])
    try:
        assert api.url.startswith("https://")
        with Client(api.url, api.keys["acme/member"], verify=str(chain)) as client:
            assert client.collection(Vpc).create(VpcBody(cidr_blocks=("10.0.0.0/16",))).project_id == "acme"
        with Client(api.url, api.keys["acme/member"]) as client, pytest.raises(Unreachable, match="certificate"):
            next(client.collection(Vpc).list())
    finally:
        api.stop()


@pytest.mark.parametrize(
    ("files", "arguments", "said"),
    [
        ({"api.yaml": "listn: x\n"}, [], "listn"),
        ({"api.yaml": "listen: [\n"}, [], "cloud/api.yaml:"),
        ({"api.yaml": "zones: [a]\nburst: 0\n"}, [], "burst"),
        ({"policies/a.cedar": "permit(principal"}, [], "cloud/policies/a.cedar"),
        ({"policies/a.cedar": 'permit(principal, action == Action::"fly", resource);'}, [], "fly"),
        ({"api.yaml": "zones: [a]\ndefault_policies: false\n"}, [], "no policies"),
        (
            {"api.yaml": "zones: [a]\nissuers: [{issuer: i, audience: a, jwks: k, algorithms: [HS256]}]\n"},
            [],
            "HS256",
        ),
        ({"api.yaml": "zones: [a]\nissuers: [{issuer: i, audience: a, jwks: 'http://id.example/k'}]\n"}, [], "https"),
        ({}, ["--listen", "8470"], "'8470'"),
        ({}, ["--listen", "192.0.2.1:0"], "cannot listen"),
        ({}, ["--tls-certificate", "{root}/cloud/api.yaml"], "certificate"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else None,
)
def test_mistakes_in_the_configuration(tmp_path: Path, files: dict[str, str], arguments: list[str], said: str) -> None:
    (tmp_path / "cloud" / "policies").mkdir(parents=True)
    for name, text in {"api.yaml": API_YAML, **files}.items():
        (tmp_path / "cloud" / name).write_text(text)
    listen = [] if "--listen" in arguments else ["--listen", "127.0.0.1:0"]
    words = [word.replace("{root}", str(tmp_path)) for word in arguments]
    done = subprocess.run(
        [sys.executable, "-m", "crossconnect.cli", "serve", "-C", str(tmp_path), *listen, *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
