"""Who may call which route. A route that does not say so stops the start; a caller that it does not name is refused."""

from collections.abc import Callable, Mapping
from typing import Any, Final, ParamSpec, TypeVar, cast

from flask import Flask, current_app, g, request
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.api.tokens import Caller, Role, TokenVerifier
from spendsense.consent import ledger
from spendsense.consent.people import normalise_email, user_for_token
from spendsense.errors import ConfigurationError, Forbidden, InvalidInput, Unauthenticated
from spendsense.store import identity
from spendsense.store.identity import DatabaseRole, Identity
from spendsense.store.models import User

Access = frozenset[Role]
PUBLIC: Access = frozenset()
LEAST_FIRST: Final[Mapping[Role, DatabaseRole]] = {
    "consumer": DatabaseRole.CONSUMER,
    "auditor": DatabaseRole.AUDITOR,
    "operator": DatabaseRole.OPERATOR,
}
STATEMENT_SECONDS: Final = 25  # API Gateway gives up after 29

P = ParamSpec("P")
R = TypeVar("R")


def allow(*roles: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Names the roles that may call a view. Anyone who holds one of them may."""
    if not roles:
        raise ConfigurationError("allow() names no role; a public route says @allow_anyone.")
    return _declare(frozenset(roles))


def allow_anyone(view: Callable[P, R]) -> Callable[P, R]:
    """Makes a view public: no token is asked for or read."""
    return _declare(PUBLIC)(view)


def identify(app: Flask, verifier: TokenVerifier) -> None:
    """Has the token of every request that needs one verified, and the database told who asks."""
    app.extensions["spendsense.verifier"] = verifier
    app.before_request(_verify_token)
    app.teardown_request(_act_as_before)


def protect(app: Flask) -> None:
    """Has every caller's role checked before the view runs. Comes after `identify`."""
    app.before_request(_check_role)


def check_every_route(app: Flask) -> None:
    """Raises ConfigurationError that names the first route which does not say who may call it."""
    for rule in app.url_map.iter_rules():
        if access_of(app, rule.endpoint) is None:
            raise ConfigurationError(f"The route {rule.rule} does not say who may call it (@allow or @allow_anyone).")


def access_of(app: Flask, endpoint: str) -> Access | None:
    """The roles that may call an endpoint; empty: anyone; None: not declared."""
    return getattr(app.view_functions[endpoint], "access", None)


def current_user(session: Session, needs: str | None = None) -> User:
    """The person who calls. Raises ConsentMissing unless they agree to the purpose `needs` at this moment."""
    caller = current_caller()
    user = user_for_token(session, caller.sub, caller.email, caller.email_verified)
    if needs is not None:
        ledger.require(session, user.user_id, needs, clock.now())
    return user


def current_caller() -> Caller:
    """The bearer of the verified token. Raises Unauthenticated on a public route, where none was read."""
    caller = cast(Caller | None, g.get("caller"))
    if caller is None:
        raise Unauthenticated("This needs a token.")
    return caller


def require_role(caller: Caller, access: Access) -> None:
    """Raises Forbidden unless the caller holds one of the roles."""
    if not access & caller.roles:
        raise Forbidden("This is not open to the role of the caller.")


def _declare(access: Access) -> Callable[[Callable[P, R]], Callable[P, R]]:
    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        cast(Any, view).access = access
        return view

    return decorate


def _verify_token() -> None:
    g.pop("caller", None)
    g.acting = identity.act_as(_identity())  # nobody, until a token says who
    if request.url_rule is None or _is_automatic_options():
        return
    if access_of(current_app, request.url_rule.endpoint) == PUBLIC:
        return
    g.caller = cast(TokenVerifier, current_app.extensions["spendsense.verifier"]).verify(_bearer_token())
    identity.act_as(_identity(g.caller))  # somebody of no role yet


def _check_role() -> None:
    if "caller" not in g:
        return
    access = access_of(current_app, str(request.endpoint)) or PUBLIC
    require_role(g.caller, access)
    identity.act_as(_identity(g.caller, access & g.caller.roles))


def _act_as_before(_error: BaseException | None) -> None:
    if (token := g.pop("acting", None)) is not None:
        identity.act_as_before(token)


def _identity(caller: Caller | None = None, roles: Access = PUBLIC) -> Identity:
    """For whom the database is asked: the caller, in the least of these roles of theirs; without a caller, nobody."""
    role: Role = next((one for one in LEAST_FIRST if one in roles), "consumer")
    sub = caller.sub if caller else ""
    return Identity(LEAST_FIRST[role], sub, _email_of(caller), statement_seconds=STATEMENT_SECONDS)


def _email_of(caller: Caller | None) -> str:
    """The caller's verified email as a record has it; empty where there is none, or it could be no record's."""
    if caller is None or not caller.email or not caller.email_verified:
        return ""
    try:
        return normalise_email(caller.email)
    except InvalidInput:
        return ""


def _is_automatic_options() -> bool:
    """Whether Flask itself answers this OPTIONS request, without running a view."""
    return request.method == "OPTIONS" and bool(getattr(request.url_rule, "provide_automatic_options", False))


def _bearer_token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("This needs a token: send it as 'Authorization: Bearer …'.")
    return token.strip()
