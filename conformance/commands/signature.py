"""The signature of a bundle, where one lies beside it, made with sigstore: `sigstore sign acme.zip`."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from conformance.language import say
from conformance.text import TextError, printable_line, read_regular

_ENDING = ".sigstore.json"  #: as `sigstore sign` names it
_LARGEST = 1 << 22  #: bytes of a signature
_LARGEST_SIGNED = 1 << 29  #: bytes of a bundle
_ISSUER = "1.3.6.1.4.1.57264.1.1"  #: Fulcio's extension: who vouched for the identity


class SignatureError(Exception):
    """A signature is not one of the bundle, or cannot be verified; the message is one sentence."""


def signer_of(bundle: Path) -> str:
    """Who signed a bundle: the identity and who vouched for it, as the certificate has them; empty where no signature
    lies beside it. Nothing is fetched: the trusted roots are those that sigstore ships with. Raises SignatureError."""
    path = bundle.with_name(bundle.name + _ENDING)
    if not path.exists():
        return ""
    try:
        import sigstore.verify
    except ImportError:
        raise SignatureError(
            say("{path} cannot be verified without sigstore: install 'phanedge-conformance[sigstore]'", path)
        ) from None
    logging.getLogger(sigstore.__name__).setLevel(logging.ERROR)
    try:
        return _verified(read_regular(bundle, _LARGEST_SIGNED), read_regular(path, _LARGEST))
    except TextError as error:
        raise SignatureError(str(error)) from None
    except Exception as error:  # whatever its parsers raise for a file of others
        why = printable_line(str(error), 200)
        raise SignatureError(
            say("{path} is not a signature of {bundle} ({error}): sign it again", path, bundle.name, why)
        ) from None


def _verified(data: bytes, signature: bytes) -> str:
    """Who signed these bytes. Raises what sigstore raises where nobody did."""
    from sigstore.models import Bundle
    from sigstore.verify import Verifier, policy

    made = Bundle.from_json(signature)
    identity, issuer = _identity(made.signing_certificate)
    own = policy.Identity(identity=identity, issuer=issuer)
    Verifier.production(offline=True).verify_artifact(data, made, own)
    return f"{identity} ({issuer})"


def _identity(certificate: Any) -> tuple[str, str]:
    from cryptography.x509 import ObjectIdentifier, SubjectAlternativeName

    names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    issuer = certificate.extensions.get_extension_for_oid(ObjectIdentifier(_ISSUER)).value
    return str(next(iter(names)).value), issuer.value.decode()
