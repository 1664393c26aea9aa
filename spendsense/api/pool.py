"""Verifies the tokens of the user pool that the Cognito secret names, and follows the secret when it changes."""

import threading
import time

from spendsense.api.tokens import Caller, KeyRing, PoolVerifier
from spendsense.aws.cognito import parse_pool
from spendsense.aws.secrets import Secret
from spendsense.errors import Unauthenticated

SECONDS_BETWEEN_DOUBTS = 60.0


class SecretPoolVerifier:
    """A verifier that reads its pool at the first token. A token that does not hold has the secret read again, at most
    once a minute; where that names another pool, client or keys, the token is tried once more."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._verifier: PoolVerifier | None = None
        self._doubted_at = float("-inf")
        self._lock = threading.Lock()

    def verify(self, token: str) -> Caller:
        """The caller. Raises Unauthenticated, and Unavailable where no token can be judged."""
        with self._lock:
            verifier = self._verifier = self._verifier or self._build()
        try:
            return verifier.verify(token)
        except Unauthenticated:
            newer = self._newer(verifier)
            if newer is None:
                raise
        return newer.verify(token)

    def _newer(self, tried: PoolVerifier) -> PoolVerifier | None:
        """The verifier of a secret that has changed; None when it has not, or was looked at a moment ago."""
        with self._lock:
            if self._verifier is not tried:  # another request has seen to it meanwhile
                return self._verifier
            if time.monotonic() - self._doubted_at < SECONDS_BETWEEN_DOUBTS:
                return None
            self._doubted_at = time.monotonic()
            if not self._secret.refresh():
                return None
            self._verifier = self._build()
            return self._verifier

    def _build(self) -> PoolVerifier:
        pool = parse_pool(self._secret)
        return PoolVerifier(KeyRing(pool.keys), pool.issuer, pool.client_id)
