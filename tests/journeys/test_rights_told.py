"""What a rights team tells of its library, over HTTP, and what that does to a lab's requests."""

import pytest

from demo.calls import Caller
from demo.site import SiteError
from tests import factories
from tests.journeys.conftest import Place, small_film
from tests.journeys.scenes import SCOPE, granted, offer, offered_film, submitted

pytestmark = pytest.mark.django_db(transaction=True)


def verdict(lab: Caller, request: str, asset: str) -> tuple[str, list[str]]:
    [found] = [item for item in lab.get(f"requests/{request}/")["items"] if item["asset"] == asset]
    return found["verdict"], [reason["code"] for reason in found["reasons"]]


def test_what_is_told_of_a_series_reaches_its_episodes_but_one(place: Place) -> None:
    studio, lab = place.join("studio", "Peach Pictures"), place.join("lab", "Lumen Lab")
    series = studio.post("titles/", kind="series", name="항구", language="ko")["code"]
    season = studio.post(
        "titles/", kind="season", name="시즌 1", language="ko", parent=series, number=1
    )["code"]
    files = []
    for number in (1, 2):
        episode = studio.post(
            "titles/", kind="episode", name=f"{number}화", language="ko", parent=season,
            number=number,
        )["code"]  # fmt: skip
        file = place.folder / f"{number}.mp4"  # not the same bytes twice: they would count as one
        file.write_bytes(
            small_film().read_bytes() + bytes([0, 0, 0, 8 + number]) + b"free" + bytes(number)
        )
        sent = studio.upload(f"titles/{episode}/assets/", file, source_type="digitalCreation")
        offer(studio, episode)
        files.append((episode, sent["code"]))

    scan = place.folder / "deed.pdf"
    scan.write_bytes(factories.paper())
    paper = studio.upload("evidence/", scan)
    owns = {"party": "Peach Pictures", "share": "1/1"}
    told = studio.post(
        f"titles/{series}/facts/", kind="ownership", body=owns, evidence=paper["code"]
    )
    assert told["evidence"] == paper["sha256"]
    ban = studio.post(
        f"titles/{series}/facts/",
        kind="restriction",
        body={"uses": ["train"], "excludes": [files[1][0]]},
        document="Director's contract",
        clause="14",
    )["code"]
    request = submitted(lab, [asset for _episode, asset in files])
    assert verdict(lab, request, files[0][1]) == ("BLOCKED", ["CONTRACT_PROHIBITION"])
    assert verdict(lab, request, files[1][1])[0] == "CLEAR"

    right = {"uses": ["distribute"]}
    studio.post(f"facts/{ban}/correct/", reason="It speaks of cinemas only.", body=right)
    again = submitted(lab, [files[0][1]])
    assert verdict(lab, again, files[0][1])[0] == "CLEAR"
    assert [fact["corrects"] for fact in studio.get(f"titles/{series}/facts/")["results"]] == [
        ban, None, None
    ]  # fmt: skip


def test_what_one_lab_holds_alone_is_not_sold_through_a_duplicate(place: Place) -> None:
    studio = place.join("studio", "Peach Pictures")
    first, second = place.join("lab", "Lumen Lab"), place.join("lab", "Other Lab")
    title, asset = offered_film(studio, "Peach Pictures")
    twin, copy = offered_film(studio, "Peach Pictures")
    merged = studio.post(f"titles/{twin}/merge/", into=title, reason="The same film twice.")
    assert merged["canonical"] == title
    granted(place, studio, first, [asset], exclusivity="exclusive")
    request = submitted(second, [copy])
    assert verdict(second, request, copy) == ("BLOCKED", ["EXCLUSIVE_CONFLICT"])
    refused = first.post(
        "requests/", name="Again", assets=[copy], **(SCOPE | {"exclusivity": "exclusive"})
    )
    with pytest.raises(SiteError, match="already"):
        first.post(f"requests/{refused['code']}/submit/")
