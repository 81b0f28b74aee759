"""A mail server for tests: prints its port, then each mail that it receives, as lines of JSON.

Usage: receive_mail.py [CERTIFICATE]. With a file to write its certificate to, it insists on STARTTLS. Ends when its
standard input does.
"""

import asyncio
import datetime
import email
import email.policy
import ipaddress
import json
import logging
import ssl
import sys
import tempfile

from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "127.0.0.1"


def say(value):
    print(json.dumps(value), flush=True)


class Printer:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = {kind: mail.get_body((kind,)) for kind in ("plain", "html")}
        say(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "headers": {name.lower(): str(value) for name, value in mail.items()},
                "text": body["plain"] and body["plain"].get_content(),
                "html": body["html"] and body["html"].get_content(),
                "tls": session.ssl is not None,
            }
        )
        return "250 OK"


def tls_context(certificate_file):
    """TLS with a certificate that nobody signed but itself, left where whoever is to trust it finds it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A mail server for tests")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    with open(certificate_file, "wb") as file:
        file.write(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as chain:
        chain.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        chain.write(certificate)
        chain.flush()
        context.load_cert_chain(chain.name)
    return context


async def main():
    # Tests refuse the certificate on purpose.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)
    options = {"enable_SMTPUTF8": True}
    if len(sys.argv) > 1:
        options.update(tls_context=tls_context(sys.argv[1]), require_starttls=True)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Printer(), loop=loop, **options), HOST, 0)
    say({"port": server.sockets[0].getsockname()[1]})
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
