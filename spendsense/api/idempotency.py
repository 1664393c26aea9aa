"""`Idempotency-Key`: a request that comes again within a day is answered as before, and is not carried out again.

An operation says `once=True`, and its view does what it does within `request_transaction()`, whose first one in the
request writes the mark. So an action and its mark are committed together: a process that dies leaves both or neither.

the same key again                     → the same answer, with `Idempotency-Replayed: true`
the same key, another route or body    → 422 key-reused
while the first is still at it         → 409
the first died before it had answered  → 409 that says it was carried out

A refusal that stored nothing leaves no mark: the same key may be tried again. The database knows a key by its hash
alone, and the answer is sealed with the key itself: whoever reads the table learns nothing of anybody.
"""

import hashlib
import os
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Response, current_app, g, request
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.api.auth import access_of, current_caller, current_user
from spendsense.api.database import request_transaction
from spendsense.consent.people import lock_user
from spendsense.errors import Conflict, FieldError, InvalidInput, KeyReused
from spendsense.store import answers

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEY = re.compile(r"[\x21-\x7e]{16,200}")
LONGEST_RUN: Final = timedelta(seconds=30)  # the gateway has given up by then
KEPT_HEADERS: Final = ("ETag", "Location")
_NONCE_BYTES: Final = 12

PARAMETER: Final = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "A random text of your own, such as a UUID. The same request with the same key within 24 hours is "
    "answered as before and not carried out again; another request with it is refused with 422.",
    "schema": {
        "type": "string",
        "minLength": 16,
        "maxLength": 200,
        "pattern": "^[!-~]+$",
        "examples": ["5f0c9a3e-2b7d-4c11-9a64-0d1f6f3f7c52"],  # the parameter's own would be sent by Swagger UI
    },
}


class _Kept(msgspec.Struct):
    """An answer as it is kept."""

    status: int
    media_type: str
    body: bytes
    headers: dict[str, str]


class _AnsweredBefore(Exception):
    """Ends the transaction, and hands over the answer of before."""

    def __init__(self, kept: _Kept) -> None:
        self.kept = kept


def once(view: Callable[..., Response]) -> Callable[..., Response]:
    """The view, carried out once for each key of a caller. Without the header it is as it was."""

    @wraps(view)
    def carried_out_once(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return view(*args, **kwargs)
        if not KEY.fullmatch(key):
            fault = FieldError(HEADER, "Give 16 to 200 visible ASCII characters.")
            raise InvalidInput("This is no idempotency key.", [fault])
        claim = _Claim(key)
        g.claim = claim.mark
        try:
            response = view(*args, **kwargs)
        except _AnsweredBefore as before:
            return _response(before.kept)
        finally:
            g.pop("claim", None)
        if claim.is_marked:
            claim.keep(response)
        return response

    return carried_out_once


class _Claim:
    """One request under a key, before and after it is carried out."""

    def __init__(self, key: str) -> None:
        self.sub = current_caller().sub
        self.is_marked = False
        self._access = access_of(current_app, str(request.endpoint)) or frozenset()
        name = _digest(self.sub, key)
        self._key_hash, self._seal = _digest("name", name), AESGCM(_digest("seal", name))

    def mark(self, session: Session) -> None:
        """Marks the request as carried out, in the transaction that does so. Raises what ends it instead."""
        what = (request.method, request.path, request.query_string, request.mimetype, request.get_data())
        asked, at = _digest(*what), clock.now()
        caller_id = current_user(session).user_id if "consumer" in self._access else None
        before = answers.find(session, self._key_hash, at)
        if before is None:
            if caller_id is not None:
                lock_user(session, caller_id)
            answers.mark(session, self._key_hash, asked, caller_id, at)
            self.is_marked = True
            return
        if before.request_hash != asked:
            raise KeyReused("This key was used within the last 24 hours, with another request.")
        if before.answer is not None:
            raise _AnsweredBefore(self._opened(before.answer))
        if at - before.at < LONGEST_RUN:
            raise Conflict("This request is being carried out at the moment; ask again in a few seconds.")
        raise Conflict("This request was carried out, but its answer was not kept; read the present state.")

    def keep(self, response: Response) -> None:
        """Keeps the answer, sealed."""
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        kept = _Kept(response.status_code, response.mimetype or "", response.get_data(), headers)
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._seal.encrypt(nonce, msgspec.msgpack.encode(kept), self._key_hash)
        with request_transaction() as session:
            answers.keep(session, self._key_hash, sealed)

    def _opened(self, sealed: bytes) -> _Kept:
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return msgspec.msgpack.decode(self._seal.decrypt(nonce, rest, self._key_hash), type=_Kept)


def _response(kept: _Kept) -> Response:
    response = Response(kept.body, kept.status, kept.headers, mimetype=kept.media_type)
    response.headers[REPLAYED] = "true"
    return response


def _digest(*parts: str | bytes) -> bytes:
    """SHA-256 of the parts, each with its length, so that no two lists of parts are taken for one."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.digest()
