"""A test authority and certificates for 127.0.0.1, made by the openssl command in a folder."""

import ssl
import subprocess


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


class Authority:
    """`certificate` is what a client trusts; issue() makes what a server shows."""

    def __init__(self, folder, name="test authority"):
        self.folder = folder / name.replace(" ", "-")
        self.folder.mkdir()
        self.key, self.certificate = self.folder / "ca.key", self.folder / "ca.pem"
        openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", self.key, "-out", self.certificate, "-days", 2, "-subj", f"/CN={name}"),
            *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign"),
        )

    def issue(self, name, san="IP:127.0.0.1", days=2):
        """Paths of key and certificate; `days` below 0 is a certificate that has expired."""
        key, request = self.folder / f"{name}.key", self.folder / f"{name}.csr"
        certificate, extensions = self.folder / f"{name}.pem", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={san}\nextendedKeyUsage=serverAuth\n")
        openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", key, "-out", request, "-subj", f"/CN={name}"),
        )
        openssl(
            *("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key),
            *("-CAcreateserial", "-out", certificate, "-days", days, "-extfile", extensions),
        )
        return key, certificate


def server_context(key, certificate, *, version_max=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if version_max:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version_max
    return context
