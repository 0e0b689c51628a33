"""The parts that the journeys of likenesses are made of, and people who sign by a link."""

import re
from typing import Any

import requests

from demo.calls import Caller
from tests.journeys.conftest import Place, small_film

DRAFT: dict[str, Any] = {
    "uses": ["train.finetune", "generate.likeness"],
    "attributes": ["face", "voice"],
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2036-01-01T00:00:00Z",
    "description": "Her face and voice in up to five short films, in which she reads letters.",
    "terms": {"projects": ["나야, 문희"], "media": ["film"], "survives_death": True},
}
_TIMEOUT = 30


class Signer:
    """Somebody at a browser, without an account, who has a link."""

    def __init__(self, address: str, language: str = "en") -> None:
        self.address, self.language = address, language
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Accept-Language"] = language

    def read(self) -> requests.Response:
        return self._session.get(self.address, timeout=_TIMEOUT)

    def pdf(self, language: str = "") -> requests.Response:
        name = f"form-{language or self.language}.pdf"
        return self._session.get(self.address + name, timeout=_TIMEOUT)

    def sign(self, name: str = "Somebody", **changes: str) -> requests.Response:
        """Mark every term, type the name, and press Sign."""
        page = self.read().text
        fields = dict(re.findall(r'name="(csrfmiddlewaretoken|form_sha256)" value="([^"]+)"', page))
        marks = dict.fromkeys(re.findall(r'name="(mark_\w+)"', page), "on")
        data = {"name": name, "role": "As recorded", **fields, **marks, **changes}
        return self._send(self.address, data)

    def decline(self, reason: str = "") -> requests.Response:
        page = self.read().text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        data = {"csrfmiddlewaretoken": token[1] if token else "", "reason": reason}
        return self._send(f"{self.address}decline/", data)

    def _send(self, address: str, data: dict[str, str]) -> requests.Response:
        headers = {"Referer": self.address}
        return self._session.post(address, data=data, headers=headers, timeout=_TIMEOUT)


def represented(agency: Caller, name: str = "나문희", **more: Any) -> tuple[str, str]:
    """Register a performer, face and voice; return the codes of performer and likeness."""
    performer = agency.post("performers/", name=name, born=more.pop("born", "1950-03-01"))["code"]
    if more:
        agency.post(f"performers/{performer}/change/", **more)
    likeness = agency.post(
        "likenesses/",
        performer=performer,
        attributes=["face", "voice"],
        description="Reference set",
    )["code"]
    return performer, likeness


def speaks(agency: Caller, performer: str, holder: str, basis: str = "self", **more: Any) -> str:
    """Record who may sign; return the code."""
    given = {"holder": holder, "basis": basis} | more
    code: str = agency.post(f"performers/{performer}/authorities/", **given)["code"]
    return code


def offered(agency: Caller, likeness: str, **changes: Any) -> str:
    """Draft a consent and offer it; return its code."""
    code: str = agency.post(f"likenesses/{likeness}/drafts/", **(DRAFT | changes))["code"]
    agency.post(f"consents/{code}/offer/")
    return code


def links(agency: Caller, consent: str, language: str = "en") -> dict[str, Signer]:
    """Make the links; return who signs by each, by holder."""
    made = agency.post(f"consents/{consent}/invite/")["invitations"]
    return {each["holder"]: Signer(each["address"], language) for each in made}


def live(agency: Caller, likeness: str, **changes: Any) -> str:
    """Return a consent that everybody who must has signed by a link."""
    consent = offered(agency, likeness, **changes)
    for signer in links(agency, consent).values():
        signer.sign()
    assert state(agency, consent) == "live"
    return consent


def state(agency: Caller, consent: str) -> str:
    return str(agency.get(f"consents/{consent}/")["state"])


def reference_film(agency: Caller, likeness: str) -> str:
    sent = agency.upload(
        f"likenesses/{likeness}/assets/", small_film(), source_type="digitalCapture"
    )
    return str(sent["code"])


def entries(place: Place, stream: str) -> list[str]:
    """Return the kinds of a stream's entries as the public log has them, oldest first, once the
    whole log was found to keep every rule of the auditor's program."""
    place.work()
    from tests.ledger.test_semantics import replay  # needs Django's apps loaded

    assert replay() == []
    from ledger.models import Event  # needs Django's apps loaded

    found = Event.objects.filter(stream=stream, entry__isnull=False).order_by("entry__index")
    return list(found.values_list("kind", flat=True))
