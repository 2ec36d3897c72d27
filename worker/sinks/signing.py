"""Signatures as the Standard Webhooks specification has them (https://www.standardwebhooks.com): version 1, HMAC-SHA256."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256

PREFIX = "whsec_"
# The specification's bounds: 192 to 512 bits.
_SHORTEST, _LONGEST = 24, 64


def keys_of(secrets: str) -> tuple[bytes, ...]:
    """The keys of secrets that stand between spaces or lines, each `whsec_` and base64. Raises `ValueError`, which repeats none."""
    keys = tuple(map(_key, secrets.split()))
    if not keys:
        raise ValueError(f"a receiver needs one: {PREFIX} and {_SHORTEST} to {_LONGEST} random bytes in base64")
    return keys


def signatures(keys: Sequence[bytes], *, id_: str, timestamp: int, body: bytes) -> str:
    """What the header `webhook-signature` says: `v1,` and base64 for each key, between spaces."""
    head = f"{id_}.{timestamp}.".encode()
    return " ".join(f"v1,{b64encode(_code(key, head, body)).decode()}" for key in keys)


def _code(key: bytes, head: bytes, body: bytes) -> bytes:
    code = hmac.new(key, head, sha256)
    code.update(body)
    return code.digest()


def _key(secret: str) -> bytes:
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith(PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        # The words of the decoder, and its traceback, would lead to the secret.
        raise ValueError(f"should be {PREFIX} and base64 of {_SHORTEST} to {_LONGEST} bytes") from None
    return key
