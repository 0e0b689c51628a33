"""First act: four organisations come in; studio and agency put up what they hold."""

import secrets
from typing import Any

from demo import media
from demo.calls import Caller
from demo.progress import Progress
from demo.site import Site, SiteError
from demo.told import Story

_BATCH = 500
ORGANISATIONS = {
    "studio": ("studio", "Peach Pictures", "Mira Olsen"),
    "talent": ("talent", "한빛 에이전시", "정하늘"),
    "lab": ("lab", "Lumen Lab", "Ada Quill"),
    "auditor": ("auditor", "Veritas Audit", "Jonas Weber"),
}
_ALL_SCOPES = ["read", "catalog", "licensing", "binding", "finance", "delivery"]
TERM = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2036-01-01T00:00:00Z"}
_OFFERED = {
    "uses": ["train", "evaluate", "index"],
    "model_kinds": ["foundation", "customer_private"],
    "price_minor": 125_000,
    "currency": "USD",
}


def sign_up(story: Story) -> None:
    """Sign up the organisations that are missing and make each one's API key."""
    known = story.facts["organisations"]
    for role, (kind, name, person) in ORGANISATIONS.items():
        if role not in known:
            # Written down before it is used, so that an interrupted sign-up can be finished.
            known[role] = {"email": f"{role}@edgecode.example", "name": name}
            known[role]["password"] = secrets.token_urlsafe(9)
            story.save()
        if "api_key" not in known[role]:
            known[role] |= _join(story.site, kind, name, person, known[role])
            story.save()


def _join(site: Site, kind: str, name: str, person: str, login: dict[str, str]) -> dict[str, str]:
    try:
        Caller(site).post(
            "organisations/",
            kind=kind,
            organisation_name=name,
            person_name=person,
            email=login["email"],
            password=login["password"],
        )
    except SiteError as error:
        if "409" not in str(error):
            raise
    secret = Caller(site).make_key(login["email"], login["password"], _ALL_SCOPES)
    return {"api_key": secret, "code": Caller(site, secret).get("me/")["organisation"]["code"]}


def register_library(story: Story, progress: Progress, most: int) -> int:
    """Register the studio's titles by name, at most so many, and return how many."""
    works = media.title_list(most)
    studio = story.caller("studio")
    for start in range(0, len(works), _BATCH):
        rows = [
            {"kind": "film", "name": work.name, "language": work.language, "year": work.year}
            for work in works[start : start + _BATCH]
        ]
        studio.post("titles/batch/", f"library {start}", titles=rows)
        progress.detail(f"{start + len(rows):,} of {len(works):,} titles")
    return len(works)


def register_film(story: Story, progress: Progress) -> dict[str, Any]:
    """Register a film with its files, rights and offer; return its code and its files'."""
    studio = story.caller("studio")
    title = studio.post(
        "titles/",
        "film",
        kind="short",
        name="Big Buck Bunny",
        language="en",
        year=2008,
        names={"ko": "빅 벅 버니", "ja": "ビッグ・バック・バニー"},
    )["code"]
    studio.post(
        f"titles/{title}/facts/",
        "film holding",
        kind="ownership",
        body={"party": ORGANISATIONS["studio"][1], "share": "1/1"},
        document="Certificate of authorship, 20 May 2008",
    )
    path = f"titles/{title}/assets/"
    files = [media.film(), media.make_still(story.site.folder)]
    files.append(media.make_subtitles(story.site.folder))
    assets = []
    for file in files:
        progress.detail(file.name)
        assets.append(studio.upload(path, file, source_type="digitalCreation")["code"])
    studio.post("offers/", "film offer", of=title, **_OFFERED)
    return {"title": title, "assets": assets}


def register_restricted(story: Story) -> dict[str, Any]:
    """Register a film whose director's contract forbids generative training."""
    studio = story.caller("studio")
    title = studio.post(
        "titles/",
        "restricted",
        kind="short",
        name="Bikes at the Crossing",
        language="en",
        year=2011,
    )["code"]
    studio.post(
        f"titles/{title}/facts/",
        "restricted holding",
        kind="ownership",
        body={"party": ORGANISATIONS["studio"][1], "share": "1/1"},
    )
    studio.post(
        f"titles/{title}/facts/",
        "restricted restriction",
        kind="restriction",
        body={"uses": ["train.generative"]},
        document="Director's contract",
        clause="14",
        note="Prohibits generative training.",
    )
    asset = studio.upload(
        f"titles/{title}/assets/", media.film("bikes.mp4"), source_type="digitalCapture"
    )["code"]
    studio.post("offers/", "restricted offer", of=title, **_OFFERED)
    return {"title": title, "asset": asset}


def register_likeness(story: Story) -> dict[str, Any]:
    """Register a performer's voice, her consent to the lab, and an offer; return the codes."""
    talent = story.caller("talent")
    performer = talent.post("performers/", "performer", name="한소리", born="1991-04-12")["code"]
    likeness = talent.post(
        "likenesses/",
        "likeness",
        performer=performer,
        attributes=["voice"],
        description="Studio voice, English, 2026",
    )["code"]
    asset = talent.upload(
        f"likenesses/{likeness}/assets/",
        media.make_voice(story.site.folder),
        source_type="algorithmicMedia",
    )["code"]
    consent = talent.post(
        f"likenesses/{likeness}/consents/",
        "consent",
        uses=["train.finetune", "evaluate", "dub"],
        attributes=["voice"],
        description="Fine-tuning and evaluating a dubbing model with the reference recording of"
        " my English voice",
        grantee=story.facts["organisations"]["lab"]["code"],
        **TERM,
    )["code"]
    talent.post("offers/", "likeness offer", of=likeness, **_OFFERED)
    return {"performer": performer, "likeness": likeness, "asset": asset, "consent": consent}
