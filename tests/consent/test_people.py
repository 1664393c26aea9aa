"""Who a token names: a known sub, an imported record that it claims, or somebody new."""

import sys

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from spendsense.consent.people import find_or_create_user, find_user, normalise_email, user_for_token
from spendsense.errors import Forbidden, InvalidInput, NotFound
from spendsense.store.models import Progress, User


def test_an_email_is_one_person_whatever_its_case(session: Session) -> None:
    first = find_or_create_user(session, " Ann@Example.COM ")
    assert find_or_create_user(session, "ann@example.com").user_id == first.user_id
    assert first.email == "ann@example.com"
    assert session.get(Progress, first.user_id) is not None


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "an n@example.com",
        "a\x00@b.c",
        "a" * 250 + "@b.example",
        "\u212aim@b.example",
    ],
)
def test_what_can_be_no_email_is_refused(email: str) -> None:
    with pytest.raises(InvalidInput):
        normalise_email(email)


def test_no_letter_beyond_ascii_becomes_one_of_it() -> None:
    for letter in map(chr, range(128, sys.maxunicode + 1)):
        try:
            assert not normalise_email(f"{letter}@b.example").isascii(), letter
        except InvalidInput:
            pass  # half a character, a space, and the Kelvin sign


def test_a_person_who_is_not_there_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        find_user(session, "nobody@example.com")


def test_the_first_verified_email_claims_an_imported_record(session: Session) -> None:
    imported = find_or_create_user(session, "ann@example.com")
    assert user_for_token(session, "sub-1", "Ann@example.com", True).user_id == imported.user_id
    assert user_for_token(session, "sub-1", None, False).user_id == imported.user_id  # an access token, from then on


def test_somebody_new_gets_a_record(session: Session) -> None:
    assert user_for_token(session, "sub-1", "new@example.com", True).sub == "sub-1"


@pytest.mark.parametrize(("email", "is_verified"), [(None, True), ("ann@example.com", False)])
def test_without_a_verified_email_nobody_is_made_or_claimed(
    session: Session, email: str | None, is_verified: bool
) -> None:
    find_or_create_user(session, "ann@example.com")
    with pytest.raises(Forbidden):
        user_for_token(session, "sub-1", email, is_verified)
    assert session.scalar(select(func.count()).select_from(User).where(User.sub.is_not(None))) == 0


def test_a_claimed_email_is_not_claimed_again(session: Session) -> None:
    user_for_token(session, "sub-1", "ann@example.com", True)
    with pytest.raises(Forbidden):
        user_for_token(session, "sub-2", "ann@example.com", True)
