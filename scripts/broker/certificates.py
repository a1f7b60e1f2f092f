"""An authority for one cluster and the certificates of its brokers, as PEM.

The key of the authority is used here and kept nowhere: what it signed can be trusted,
and nobody can sign more.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .wanting import LOCALHOST

VALID_DAYS = 3650
HERE = (x509.IPAddress(ipaddress.ip_address(LOCALHOST)), x509.DNSName("localhost"))
# A broker is asked by clients, and asks other brokers.
BOTH_SIDES = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


def issue(brokers: Iterable[int]) -> tuple[str, dict[int, str]]:
    """The authority's certificate, and by broker its key and the certificates up to it."""
    signer = ec.generate_private_key(ec.SECP256R1())
    name = named("Huiyin trial authority")
    authority = usable(begun(name, name, signer, signer), authority=True).sign(
        signer, hashes.SHA256()
    )
    keystores = {}
    for number in brokers:
        key = ec.generate_private_key(ec.SECP256R1())
        signed = (
            usable(begun(named(f"broker {number}"), name, key, signer), authority=False)
            .add_extension(x509.SubjectAlternativeName(HERE), critical=False)
            .add_extension(x509.ExtendedKeyUsage(BOTH_SIDES), critical=False)
            .sign(signer, hashes.SHA256())
        )
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        keystores[number] = secret.decode() + pem(signed) + pem(authority)
    return pem(authority), keystores


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    """A certificate from an hour ago on, with whose it is and who signs it."""
    now = datetime.now(UTC)
    signs = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .add_extension(signs, critical=False)
    )


def usable(
    certificate: x509.CertificateBuilder, *, authority: bool
) -> x509.CertificateBuilder:
    """What it may be used for: to sign certificates, or to open connections."""
    constraints = x509.BasicConstraints(ca=authority, path_length=0 if authority else None)
    usage = x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return certificate.add_extension(constraints, critical=True).add_extension(
        usage, critical=True
    )


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
