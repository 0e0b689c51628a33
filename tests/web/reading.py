"""Reading pages as somebody who is signed in."""

import re
from html import unescape
from typing import Any

from django.test import Client

from accounts.access import Actor


def signed_in(actor: Actor) -> Client:
    """Return a client with the session of a member."""
    assert actor.user is not None
    client = Client()
    client.force_login(actor.user)
    return client


def text(response: Any) -> str:
    """Return a page's markup with runs of white space as one space."""
    return " ".join(response.content.decode().split())


def words(response: Any) -> str:
    """Return what a page says, without its markup."""
    said = unescape(re.sub(r"<[^>]*>", " ", text(response)))
    return re.sub(r" (?=[.,:;])", "", " ".join(said.split()))
