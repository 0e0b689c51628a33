"""Lists of files in a studio's own bucket, and the daily look at them, on a real S3 server."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Invalid, NotFound
from catalog.models import Asset, ReferenceLook, Title, Upload
from catalog.objects_s3 import S3ObjectStore
from catalog.reference_list import (
    MOST_ROWS,
    Registered,
    Standing,
    buckets_of,
    look_pending,
    look_soon,
    register_list,
)
from catalog.references import register_reference
from catalog.upload_checks import check_uploads_pending
from config.env import Environment
from tests import factories
from tests.accounts.witness import refused
from tests.api.callers import caller
from tests.catalog.media import film
from tests.web.reading import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
BUCKET = "edgecode-test"
KEYS = ("list/하나.mp4", "list/two, with comma.mp4")


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def title(studio: Actor) -> Title:
    return factories.title(studio)


@pytest.fixture(autouse=True)
def theirs(s3: Environment, bucket: S3ObjectStore, studio: Actor) -> Iterator[S3ObjectStore]:
    """The studio's bucket with two films in it; our own files lie in a folder."""
    assert studio.organisation is not None
    changes = {
        "object_store": "local",
        "s3_bucket": None,
        "external_buckets": {BUCKET: studio.organisation.code, "rivals": "7K3F2Q9D"},
    }
    for key, name in zip(KEYS, ("bikes", ""), strict=True):
        put(bucket, key, (film(name) if name else film()).read_bytes())
    with override_settings(ENV=s3.model_copy(update=changes)):
        yield bucket
    for key in KEYS:
        bucket._client.delete_object(Bucket=BUCKET, Key=key)


def put(bucket: S3ObjectStore, key: str, content: bytes) -> None:
    bucket._client.put_object(Bucket=BUCKET, Key=key, Body=content)


def send(actor: Actor, text: str, **defaults: str) -> Registered:
    given = {"bucket": BUCKET, "source_type": "digitalCapture"} | defaults
    return register_list(actor=actor, lines=text.splitlines(), defaults=given)


def listed(title: Title) -> str:
    return f'title,key\n{title.code},{KEYS[0]}\nEC {title.code},"{KEYS[1]}"\n'


def look() -> None:
    """Look at everything now."""
    ReferenceLook.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    look_pending()


def states() -> dict[str, str]:
    return dict(ReferenceLook.objects.values_list("asset__object_key", "state"))


def test_a_list_is_registered_once(studio: Actor, title: Title) -> None:
    assert buckets_of(studio) == [BUCKET]
    assert send(studio, listed(title)) == Registered(new=2)
    assert send(studio, listed(title)) == Registered(known=2)  # while they are being hashed
    while check_uploads_pending():
        pass
    assert set(Asset.objects.values_list("object_key", flat=True)) == set(KEYS)
    assert send(studio, listed(title)) == Registered(known=2)
    assert Upload.objects.count() == 2


def test_a_line_that_is_refused_stops_no_other(studio: Actor, title: Title) -> None:
    other = factories.title(factories.studio())
    lines = [
        "Key,Title,bucket",
        f"list/none.mp4,{title.code},",
        f"{KEYS[0]},{other.code},",
        f"{KEYS[0]},nonsense,",
        f"{KEYS[0]},{title.code},rivals",
        f"http://169.254.169.254/latest/x.mp4,{title.code},",
        "",
        f"{KEYS[0]},{title.code},",
    ]
    result = send(studio, "\n".join(lines))
    assert (result.new, result.known) == (1, 0)
    assert [(line, str(reason)) for line, _key, reason in result.refused] == [
        (2, "There is no such object, or it may not be read."),
        (3, "There is no such title."),
        (4, "There is no such title."),
        (5, "This bucket is not set up for your organisation."),
        (6, "There is no such object. Give the key alone, without the address of the bucket."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "key\nx.mp4",
        "title,key,address\nA,b,http://x",
        'title,key\nA,"b',
        "title,key\n" + "A,b.mp4\n" * (MOST_ROWS + 1),
    ],
)
def test_what_is_no_list_registers_nothing(studio: Actor, text: str) -> None:
    with refused(Invalid, "file"):
        send(studio, text)
    assert not Upload.objects.exists()


def test_each_file_is_looked_at_and_what_became_of_it_is_said(
    studio: Actor, title: Title, theirs: S3ObjectStore
) -> None:
    send(studio, listed(title))
    while check_uploads_pending():
        pass
    assert look_pending() == 2
    assert set(states().values()) == {"verified"}
    assert look_pending() == 0  # tomorrow
    put(theirs, KEYS[0], b"another film")
    theirs._client.delete_object(Bucket=BUCKET, Key=KEYS[1])
    look()
    assert states() == {KEYS[0]: "changed", KEYS[1]: "gone"}
    client = signed_in(studio)
    page = words(client.get("/references/"))
    assert "Another object lies there now" in page
    assert "Put the object back under this key" in page
    assert "No file is in this state" in words(client.get("/references/?state=unreachable"))
    put(theirs, KEYS[1], film().read_bytes())
    look()
    assert states()[KEYS[1]] == "verified"
    # A changed object is a new file, and no longer counts as registered.
    put(theirs, KEYS[0], factories.film_path().read_bytes())
    assert send(studio, listed(title)) == Registered(new=1, known=1)


def test_the_api_lists_what_the_page_shows(
    studio: Actor, title: Title, theirs: S3ObjectStore
) -> None:
    api = caller(studio)
    send(studio, listed(title))
    [second, first] = api.get("references/?state=checking").data["results"]
    assert (first["key"], first["bucket"], first["title"]) == (KEYS[0], BUCKET, title.code)
    assert (first["asset"], first["looked_at"]) == (None, None)
    while check_uploads_pending():
        pass
    other = factories.title(studio)
    send(studio, f"title,key,sha256\n{other.code},{KEYS[0]},{'0' * 64}")
    while check_uploads_pending():
        pass
    hashed = api.get(f"references/{first['code']}/").data
    assert (hashed["state"], hashed["asset"]) == ("verified", f"{title.code}+001")
    theirs._client.delete_object(Bucket=BUCKET, Key=KEYS[1])
    look_pending()
    look()
    found = {state: api.get(f"references/?state={state}").data["results"] for state in Standing}
    assert {state: [each["key"] for each in rows] for state, rows in found.items()} == {
        "checking": [], "refused": [KEYS[0]], "verified": [KEYS[0]], "changed": [],
        "gone": [KEYS[1]], "unreachable": [],
    }  # fmt: skip
    [refusal] = found[Standing.REFUSED]
    assert "has SHA-256" in refusal["reason"]
    pages = [api.get("references/?limit=2").data]
    pages.append(api.get(pages[0]["next"].partition("/v1/")[2]).data)
    codes = [each["code"] for one in pages for each in one["results"]]
    assert codes == [refusal["code"], second["code"], first["code"]]
    narrowed = api.get(f"references/?title={other.code}&bucket={BUCKET}").data["results"]
    assert narrowed == [refusal]
    assert api.get("references/?bucket=rivals").data["results"] == []
    rival = caller(factories.studio())
    assert rival.get("references/").data["results"] == []
    assert rival.get(f"references/{first['code']}/").status == 404
    assert rival.get(f"references/?title={title.code}").status == 404


def test_a_file_that_was_registered_again_is_listed_once(studio: Actor, title: Title) -> None:
    for _twice in range(2):
        register_reference(
            actor=studio, owner=title, bucket=BUCKET, key=KEYS[0], source_type="digitalCapture"
        )
        while check_uploads_pending():
            pass
    newest = Upload.objects.latest("pk")
    [listed_] = caller(studio).get("references/").data["results"]
    assert (listed_["code"], listed_["asset"]) == (newest.code, f"{title.code}+001")


def test_a_bucket_that_does_not_answer_is_asked_again(
    studio: Actor, title: Title, s3: Environment
) -> None:
    send(studio, listed(title))
    while check_uploads_pending():
        pass
    look_pending()
    away = settings.ENV.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"})
    with override_settings(ENV=away):
        look()
        assert set(states().values()) == {"unreachable"}
        refusals = send(studio, f"title,key\n{title.code},other.mp4").refused
        assert "does not answer" in str(refusals[0][2])
    due = ReferenceLook.objects.earliest("due_at")
    assert timedelta(minutes=50) < due.due_at - timezone.now() < timedelta(minutes=70)
    look_soon(actor=studio, code=due.asset.code)
    assert look_pending() == 1
    rival = factories.studio()
    with refused(NotFound):
        look_soon(actor=rival, code=due.asset.code)


def test_the_page_registers_one_and_many(studio: Actor, title: Title) -> None:
    client = signed_in(studio)
    assert "Nothing is registered yet" in words(client.get("/references/"))
    form = {
        "title": f"EC {title.code}", "bucket": BUCKET, "key": KEYS[0],
        "source_type": "digitalCapture",
    }  # fmt: skip
    for changes, said in (
        ({"bucket": "rivals"}, "is not in the list. Choose one that is."),
        ({"key": "list/none.mp4"}, "There is no such object"),
        ({"title": "Big Buck Bunny"}, "is no edge code"),
    ):
        bad = client.post("/references/new/", form | changes)
        assert (bad.status_code, said in words(bad)) == (422, True)
    assert client.post("/references/new/", form).status_code == 303
    assert "Being hashed" in words(client.get("/references/"))
    sent = SimpleUploadedFile("list.csv", listed(title).encode("utf-8-sig"))
    many = {"list": "1", "bucket": BUCKET, "source_type": "digitalCapture", "file": sent}
    done = words(client.post("/references/new/", many, follow=True))
    assert "1 file is being hashed." in done
    assert "1 was registered before." in done
    half = SimpleUploadedFile("list.csv", f"title,key\n{title.code},none.mp4".encode())
    told = words(client.post("/references/new/", many | {"file": half}))
    assert "0 being hashed, 0 known before, 1 refused." in told
    assert "Line 2 none.mp4: There is no such object" in told


def test_a_studio_without_a_bucket_is_told_whom_to_ask() -> None:
    rival = signed_in(factories.studio())
    assert "EDGECODE_EXTERNAL_BUCKETS" in words(rival.get("/references/"))
    assert signed_in(factories.lab()).get("/references/").status_code == 404
