"""Two shots of a film are asked for, licensed, cut out, signed, delivered and verified: those two,
and not a frame or a moment of sound beside them."""

from array import array
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
import time_machine
from django.utils import timezone

from demo.site import SiteError
from tests.api.test_upload_command import edgecode
from tests.catalog.media import picture, write_film
from tests.journeys.conftest import Place, film
from tests.journeys.scenes import (
    SCOPE,
    deal_of,
    deliveries,
    granted,
    offered_film,
    paid,
    submitted,
)

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, SECOND = [0, 1480], [3000, 3960]


def pictures(path: Path) -> list[tuple[Fraction, bytes]]:
    """Return each frame of a film with its time, in gray and small."""
    with av.open(str(path)) as container:
        return [
            (
                (frame.pts or 0) * Fraction(str(frame.time_base)),
                bytes(frame.reformat(64, 36, "gray").planes[0]),
            )
            for frame in container.decode(container.streams.video[0])
        ]


def sound(path: Path) -> array[int]:
    """Return the sound of a film: the samples of its channels by turns."""
    heard = array("h")
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("s16")
        for frame in container.decode(container.streams.audio[0]):
            for piece in resampler.resample(frame):
                heard.frombytes(
                    bytes(piece.planes[0])[: 2 * piece.samples * piece.layout.nb_channels]
                )
    return heard


def apart(one: Sequence[int], other: Sequence[int]) -> float:
    """Return how far two rows of numbers are apart on average."""
    assert len(one) == len(other) > 0
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


def assert_is_part(cut: Path, from_ms: int, to_ms: int) -> None:
    """Assert that a file holds just this part of the film."""
    whole = [
        (time, picture) for time, picture in pictures(film()) if from_ms <= time * 1000 < to_ms
    ]
    found = pictures(cut)
    assert [time for time, _ in found] == [time - whole[0][0] for time, _ in whole]
    for (_, got), (_, wanted) in zip(found, whole, strict=True):
        assert apart(got, wanted) < 3
    every = sound(film())
    channels = 6  # of 48,000 samples a second, 48 a millisecond
    assert apart(sound(cut), every[from_ms * 48 * channels : to_ms * 48 * channels]) < 2


@pytest.mark.long
def test_a_lab_gets_the_two_shots_that_it_licensed_and_nothing_beside_them(place: Place) -> None:
    studio, lab = place.join("studio", "Peach Pictures"), place.join("lab", "Lumen Lab")
    title, asset = offered_film(studio, "Peach Pictures", film())
    song = {"element": "music", "ai": "not_granted", "modality": ["video", "audio"]}
    song["timecode"] = {"from": "00:00:02", "to": "00:00:02.900"}  # type: ignore[assignment]
    studio.post(f"titles/{title}/facts/", kind="element", body=song)
    code = lab.post(
        "requests/",
        name="Two shots",
        assets=[{"asset": asset, "ranges": [SECOND, FIRST]}],
        **SCOPE,
    )["code"]
    [item] = lab.post(f"requests/{code}/submit/")["items"]
    assert item["ranges"] == [FIRST, SECOND]
    assert item["verdict"] == "CLEAR"  # the song is between the two
    deal = deal_of(studio, code)
    studio.post(f"deals/{deal}/approve/")
    policy = studio.get(f"deals/{deal}/agreement.jsonld")
    assert policy["edgecode:material"][0]["edgecode:parts"] == ["t=0.000,1.480", "t=3.000,3.960"]
    paid(studio, deal)
    place.work()

    grant = studio.get(f"deals/{deal}/")["grant"]
    [file] = lab.get(f"grants/{grant}/")["files"]
    assert [(each["from_ms"], each["to_ms"]) for each in file["credentials"]] == [
        tuple(FIRST),
        tuple(SECOND),
    ]
    given = deliveries(lab, grant)
    assert len(given) == 2
    for number, delivery in enumerate(given):
        assert delivery["file_url"].endswith(".mp4")
        path = place.folder / f"{number}.mp4"
        lab.download(delivery["file_url"], path)
        report = lab.verify(path)
        assert report["verdict"] == "authorised", report["checks"]
        said = report["inspection"]["grant"]
        assert said["licensee"]["name"] == "Lumen Lab"
        span = [said["asset"]["range"]["from_ms"], said["asset"]["range"]["to_ms"]]
        assert_is_part(path, *span)
        part = next(check for check in report["checks"] if check["id"] == "part")
        assert part["outcome"] == "ok"
        [parent] = report["inspection"]["raw"]["manifests"][report["inspection"]["manifest_id"]][
            "ingredients"
        ]
        assert parent["relationship"] == "parentOf"
        assert said["asset"]["sha256"] in parent["instance_id"]
        acts = [act["action"] for act in report["inspection"]["actions"]]
        assert acts == ["c2pa.opened", "c2pa.trimmed", "c2pa.transcoded"]


def test_a_shot_is_found_licensed_and_fetched_and_the_rest_stays_out_of_reach(
    place: Place, tmp_path: Path
) -> None:
    studio, lab = place.join("studio", "Peach Pictures"), place.join("lab", "Lumen Lab")
    rival = place.join("lab", "Quill")
    shots = write_film(tmp_path / "reel.mp4", [picture(seed) for seed in (0, 3, 6, 9)])
    title, asset = offered_film(studio, "Peach Pictures", shots)
    place.work()  # the shots are found
    with time_machine.travel(timezone.now().timestamp() + 2):
        place.work()  # and said to search
    found = lab.get("search/", level="shot", order="-added")
    assert found["total"] == 4
    shot = next(row["shot"] for row in found["results"] if row["shot"]["number"] == 3)
    asked: Any = [{"asset": asset, "ranges": [[shot["start_ms"], shot["end_ms"]]]}]
    grant = granted(place, studio, lab, asked)

    # By the client's program: one file, of the one shot.
    folder = tmp_path / "data"
    program = edgecode(place.url, lab.secret, "download", grant, "--to", folder)
    said, _none = program.communicate(timeout=60)
    assert program.returncode == 0, said
    [path] = [each for each in folder.rglob("*") if each.is_file()]
    assert path == folder / asset / "reel.00.00.02.000-00.00.03.000.mp4"
    got = [small for _time, small in pictures(path)]
    assert len(got) == 10
    for one, wanted in zip(got, [small for _time, small in pictures(shots)][20:30], strict=True):
        assert apart(one, wanted) < 3
    report = lab.verify(path)
    assert report["verdict"] == "authorised"
    assert report["inspection"]["grant"]["asset"]["range"] == {"from_ms": 2000, "to_ms": 3000}

    # Nothing else of the film is to be had: not by its code, its title, or another's delivery.
    [credential] = lab.get(f"grants/{grant}/credentials/")["results"]
    for closed in (f"assets/{asset}/", f"titles/{title}/assets/", f"assets/{asset}/transcripts/"):
        assert lab.status_of(f"{place.url}/api/v1/{closed}") == 404, closed
    with pytest.raises(SiteError, match="404"):
        rival.post(f"credentials/{credential['code']}/deliveries/")
    [link] = [each["file_url"] for each in deliveries(lab, grant)]
    last = credential["file_size"] - 1
    assert lab.status_of(link, Range=f"bytes={last}-{last + 10**9}") == 206
    assert lab.status_of(link, Range=f"bytes={last + 1}-") == 416
    studio.post(f"grants/{grant}/revoke/", reason="The rights came back.")
    assert lab.status_of(link) == 403


def test_what_is_asked_for_must_be_there(place: Place) -> None:
    studio, lab = place.join("studio", "Peach Pictures"), place.join("lab", "Lumen Lab")
    _title, asset = offered_film(studio, "Peach Pictures")
    for ranges in (
        [[0, 6000]],
        [[2000, 1000]],
        [[0, 0]],
        [[-5, 10]],
        [[0.5, 10]],
        [["0", "10"]],
        [[0, 1, 2]],
        [[each * 2, each * 2 + 1] for each in range(10_000)],
        "all",
        {"from": 0},
    ):
        with pytest.raises(SiteError, match=r"4(00|22)"):
            lab.post("requests/", name="R", assets=[{"asset": asset, "ranges": ranges}], **SCOPE)
    with pytest.raises(SiteError, match=r"4(00|22)"):
        lab.post("requests/", name="R", assets=[{"asset": asset, "parts": []}], **SCOPE)
    assert lab.get("requests/")["results"] == []


def test_parts_that_do_not_meet_are_each_somebodys_alone(place: Place) -> None:
    """Exclusive means once: for the same shots, and for the whole film beside any of them."""
    studio = place.join("studio", "Peach Pictures")
    first, second = place.join("lab", "Lumen Lab"), place.join("lab", "Quill")
    _title, asset = offered_film(studio, "Peach Pictures")
    alone = {"exclusivity": "exclusive"}
    one: Any = [{"asset": asset, "ranges": [FIRST]}]
    granted(place, studio, first, one, **alone)
    for ranges, verdict in (
        ([SECOND], "CLEAR"),
        ([[1480, 2000]], "CLEAR"),
        ([[1479, 2000]], "BLOCKED"),
        ([], "BLOCKED"),
    ):
        asked: Any = [{"asset": asset, "ranges": ranges}]
        code = submitted(second, asked, **alone)
        [item] = second.get(f"requests/{code}/")["items"]
        assert item["verdict"] == verdict, ranges
    # The first lab is not sold the same shot twice, but may have another.
    with pytest.raises(SiteError, match="409"):
        submitted(first, one, **alone)
    other: Any = [{"asset": asset, "ranges": [SECOND]}]
    assert granted(place, studio, first, other, **alone)
