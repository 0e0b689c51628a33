"""A forgotten password: a letter through a real mail server, and no link anywhere else."""

import re
from collections.abc import Iterator
from email import message_from_string, policy

import pytest
from django.test import Client
from pytest_django import Settings  # type: ignore[attr-defined]

from accounts.models import Membership, User
from tests import factories
from tests.doubles.mail_server import MailServer, mail_server

pytestmark = pytest.mark.django_db

ASK = "/accounts/password/reset/"
NEW_PASSWORD = "a brand new password"
LINK = r"http://testserver(/accounts/password/reset/key/\S+)"


def text_of(letter: str) -> str:
    """Return the words of a letter as they are read."""
    body = message_from_string(letter, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
def person() -> User:
    return Membership.objects.get(organisation=factories.lab().organisation).user


@pytest.fixture
def post(settings: Settings) -> Iterator[MailServer]:
    """A mail server, set as an operator sets it."""
    with mail_server() as server:
        settings.MAILERS = {
            "default": {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": {"host": "127.0.0.1", "port": server.port, "timeout": 5},
            }
        }
        settings.DEFAULT_FROM_EMAIL = "Edgecode <edgecode@site.example>"
        yield server


def test_the_letter_brings_a_link_that_sets_a_new_password(
    client: Client, post: MailServer, person: User, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = client.post(ASK, {"email": person.email})
    assert asked.status_code == 302
    (letter,) = post.letters
    assert "From: Edgecode <edgecode@site.example>" in letter
    assert f"To: {person.email}" in letter
    assert "Subject: A new password for Edgecode" in letter
    assert "Hello" not in text_of(letter)
    link = re.search(LINK, text_of(letter))
    assert link is not None, letter
    page = client.get(link[1], follow=True)
    address = page.redirect_chain[-1][0]
    done = client.post(address, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert done.status_code == 302
    person.refresh_from_db()
    assert person.check_password(NEW_PASSWORD)
    said = capsys.readouterr()
    assert "/reset/key/" not in said.out + said.err


def test_an_unknown_address_reads_the_same(client: Client, post: MailServer, person: User) -> None:
    known = client.post(ASK, {"email": person.email}, follow=True)
    unknown = client.post(ASK, {"email": "nobody@lumen.example"}, follow=True)
    assert unknown.redirect_chain == known.redirect_chain
    assert "/reset/key/" not in text_of(post.letters[-1])
    assert "No account has this address" in text_of(post.letters[-1])
    client.post(ASK, {"email": person.email}, headers={"Accept-Language": "ko"})
    assert "비밀번호" in text_of(post.letters[-1])
    for _try in range(6):
        often = client.post(ASK, {"email": "nobody@lumen.example"})
    assert often.status_code == 429
    assert "Too many tries" in often.content.decode()


def test_a_mail_server_that_fails_is_told_to_both_sides(
    client: Client, post: MailServer, person: User, caplog: pytest.LogCaptureFixture
) -> None:
    post.refuses = True
    asked = client.post(ASK, {"email": person.email})
    assert asked.status_code == 503
    assert "The e-mail was not sent" in asked.content.decode()
    assert "451" in caplog.text
    assert "/reset/key/" not in caplog.text
    assert "@" not in caplog.text
    assert "Traceback" not in caplog.text


def test_without_a_mail_server_the_page_says_so_and_nothing_is_sent(
    client: Client, person: User, settings: Settings, post: MailServer
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"debug": False})
    for page in (client.get(ASK), client.post(ASK, {"email": person.email})):
        assert page.status_code == 200
        assert "This site sends no e-mail." in page.content.decode()
    assert post.letters == []
