"""What is signed says names letter by letter, and nothing of people, pictures or places."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import manifests
from provenance.c2pa_sdk.signing import Signing
from provenance.manifests import Party
from tests.provenance.emitted import KINDS, Emitted, beside, emitted, licensor, prepared
from tests.provenance.first_opinion import read
from tests.provenance.media import MADE
from tests.provenance.second_opinion import opinion
from tests.provenance.test_manifests import ASSET, GRANT


def texts(said: Any) -> Iterator[str]:
    """Yield every text in a document, names of fields too."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, dict | list):
        for each in said:
            yield from texts(each)
        if isinstance(said, dict):
            yield from texts([*said.values()])


@pytest.mark.parametrize("kind", KINDS)
def test_no_picture_no_place_of_ours_and_nobodys_address_is_in_it(kind: str) -> None:
    reading = read(emitted(kind))
    assert reading is not None
    for text in texts([reading.report, reading.crjson]):
        assert "thumbnail" not in text
        assert tempfile.gettempdir() not in text
        assert not re.search(r"[\w.+-]@[\w-]+\.", text)


TITLES = {
    "long, in Korean": "꿈꾸는숲" * 75,
    "from right to left": "\u202eفيلم عن السلام\u202c שלום",
    "pictures": "👩‍👩‍👧‍👦 🎬 🇰🇷",
    "HTML": "<script>alert(1)</script></title>&amp;\"'",
    "end of XML text": "]]><!--",
    "SQL": "'; DROP TABLE grants; --",
    "control characters": "a\r\n\t\0\x1b[31mb",
    "not composed": "e\u0301 and é",
}


def named(mime: str, title: str) -> Emitted:
    """Return a file of this type where title, work, licensor and licensee are called this."""
    party = partial(Party, name=title)
    definition = manifests.definition(
        replace(ASSET, format=mime, title=title, work=title),
        replace(GRANT, licensor=party("ABCDEFGH"), licensee=party("QRSTVWXY")),
    )
    if mime not in MADE:
        return beside(b"Hello\n", definition)
    file = prepared(mime)
    return file.filled(Signing().inside(file.place, definition, licensor()).manifest)


def assert_named(file: Emitted, title: str) -> None:
    reading, found = read(file), opinion(file)
    assert reading is not None
    assert (reading.state, found.state) == ("Trusted", "Trusted")
    newest = reading.crjson["manifests"][0]
    metadata, grant = (
        newest["assertions"][label] for label in ("cawg.metadata", "com.edgecode.grant")
    )
    assert {
        found.title,
        newest["claim.v2"]["dc:title"],
        metadata["dc:title"],
        metadata["plus:Licensor"][0]["plus:LicensorName"],
        grant["licensor"]["name"],
        grant["licensee"]["name"],
    } == {title}


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
@pytest.mark.parametrize("mime", ["application/pdf", "image/svg+xml", "text/plain", "video/mp4"])
def test_names_are_read_as_they_were_signed(mime: str, title: str) -> None:
    assert_named(named(mime, title), title)


@settings(max_examples=30)
@given(title=st.text(min_size=1, max_size=300))
def test_any_name_is_read_as_it_was_signed(title: str) -> None:
    assert_named(named("text/plain", title), title)
