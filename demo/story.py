"""The main job, played over HTTP: a studio and a performer license to a lab, an auditor checks.

Each step keeps its result in var/demo/story.json. A step that is there is not played again.
"""

import json
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from demo import checks, media
from demo.calls import Caller
from demo.progress import Progress
from demo.site import Site, SiteError

_BATCH = 500
_WAIT_SECONDS = 120

ORGANISATIONS = {
    "studio": ("studio", "Peach Pictures", "Mira Olsen"),
    "talent": ("talent", "한빛 에이전시", "정하늘"),
    "lab": ("lab", "Lumen Lab", "Ada Quill"),
    "auditor": ("auditor", "Veritas Audit", "Jonas Weber"),
}
_ALL_SCOPES = ["read", "catalog", "licensing", "binding", "finance", "delivery"]
_TERM = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2036-01-01T00:00:00Z"}
_WANTED = {
    "uses": ["train.finetune", "evaluate"],
    "model_kinds": ["foundation"],
    "territory": "WORLD",
    "price_minor": 125_000,
    "currency": "USD",
    **_TERM,
}
_OFFERED = {
    "uses": ["train", "evaluate", "index"],
    "model_kinds": ["foundation", "customer_private"],
    "price_minor": 125_000,
    "currency": "USD",
}


class Story:
    """What has been played so far, on disk as story.json."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.path = site.folder / "story.json"
        self.facts: dict[str, Any] = {"url": site.url, "organisations": {}}
        if self.path.exists():
            self.facts = {**json.loads(self.path.read_text()), "url": site.url}

    def save(self) -> None:
        draft = self.path.with_suffix(".part")
        draft.touch(mode=0o600)  # it holds log-ins
        draft.write_text(json.dumps(self.facts, ensure_ascii=False, indent=2))
        draft.replace(self.path)

    def once(self, name: str, act: Callable[[], Any]) -> Any:
        """Return the result of `act`, played now or in an earlier run."""
        if name not in self.facts:
            self.facts[name] = act()
            self.save()
        return self.facts[name]

    def caller(self, role: str) -> Caller:
        return Caller(self.site, self.facts["organisations"][role]["api_key"])

    def start_again_if_foreign(self) -> None:
        """Forget a story that belongs to another database."""
        known = self.facts["organisations"].get("studio", {}).get("api_key")
        if not known:
            return
        try:
            Caller(self.site, known).get("me/")
        except SiteError:
            self.facts = {"url": self.site.url, "organisations": {}}

    def summary(self) -> str:
        """Return what to open, and with which log-in."""
        url, facts = self.site.url, self.facts
        pages = [
            ("What this is", "/"),
            ("The film, as its studio sees it", f"/titles/{facts['film']['title']}/"),
            ("The lab's request, with a verdict for each file", f"/requests/{facts['request']}/"),
            ("The deal, from both sides", f"/deals/{facts['deals']['studio']}/"),
            ("The licence and its signed files", f"/grants/{facts['grants']['studio']}/"),
            ("Check any file (try those in var/demo/)", "/verify/"),
            ("The public log", "/ledger/"),
            ("The API", "/api/v1/docs/"),
        ]
        lines = ["", *(f"  {text:<50} {url}{path}" for text, path in pages), "", "  Log in as"]
        lines += [
            f"    {role:<8} {known['email']:<26} {known['password']}"
            for role, known in facts["organisations"].items()
        ]
        return "\n".join([*lines, "", f"  Files, sidecars and ids: {self.site.folder}", ""])


def play(site: Site, progress: Progress) -> Story:
    """Play what is missing of the story and verify all of it. Raises SiteError."""
    story = Story(site)
    story.start_again_if_foreign()
    with progress.step("Four organisations sign up and make API keys"):
        _sign_up(story)
    with progress.step("The studio registers its library"):
        story.once("library", lambda: _register_library(story, progress))
    with progress.step("It uploads a film, a still and subtitles, records its rights"):
        story.once("film", lambda: _register_film(story, progress))
    with progress.step("A second film may not train generative models"):
        story.once("restricted", lambda: _register_restricted(story))
    with progress.step("An agency registers a performer's voice and her consent"):
        story.once("likeness", lambda: _register_likeness(story))
    with progress.step("The lab searches, and asks for a licence"):
        story.once("request", lambda: _request(story))
        progress.detail(_verdicts(story))
    with progress.step("Studio and agency approve; agreements are drawn up"):
        story.once("deals", lambda: _approve(story))
    with progress.step("The studio is paid by bank, the agency through Stripe"):
        story.once("payments", lambda: _pay(story))
    with progress.step("Grants are issued"):
        story.once("grants", lambda: _await_grants(story, story.facts["deals"]))
    with progress.step("Every granted file is signed for the lab and delivered"):
        story.once("files", lambda: _deliver(story, progress))
    with progress.step("Another grant is revoked; its file is no longer delivered"):
        story.once("revoked", lambda: _revoke(story))
    with progress.step("The auditor verifies files, grants and the whole log"):
        checks.verify(story.facts, site, story.caller("auditor"), progress)
    story.save()
    return story


def _sign_up(story: Story) -> None:
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


def _register_library(story: Story, progress: Progress) -> int:
    works = media.title_list(20_000)
    studio = story.caller("studio")
    for start in range(0, len(works), _BATCH):
        rows = [
            {"kind": "film", "name": work.name, "language": work.language, "year": work.year}
            for work in works[start : start + _BATCH]
        ]
        studio.post("titles/batch/", f"library {start}", titles=rows)
        progress.detail(f"{start + len(rows):,} of {len(works):,} titles")
    return len(works)


def _register_film(story: Story, progress: Progress) -> dict[str, Any]:
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
        f"titles/{title}/holdings/",
        "film holding",
        kind="ownership",
        party=ORGANISATIONS["studio"][1],
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


def _register_restricted(story: Story) -> dict[str, Any]:
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
        f"titles/{title}/holdings/",
        "restricted holding",
        kind="ownership",
        party=ORGANISATIONS["studio"][1],
    )
    studio.post(
        f"titles/{title}/restrictions/",
        "restricted restriction",
        uses=["train.generative"],
        document="Director's contract",
        clause="14",
        note="Prohibits generative training.",
    )
    asset = studio.upload(
        f"titles/{title}/assets/", media.film("bikes.mp4"), source_type="digitalCapture"
    )["code"]
    studio.post("offers/", "restricted offer", of=title, **_OFFERED)
    return {"title": title, "asset": asset}


def _register_likeness(story: Story) -> dict[str, Any]:
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
        **_TERM,
    )["code"]
    talent.post("offers/", "likeness offer", of=likeness, **_OFFERED)
    return {"performer": performer, "likeness": likeness, "asset": asset, "consent": consent}


def _request(story: Story) -> str:
    lab, facts = story.caller("lab"), story.facts
    found = lab.get("market/", q="bunny")["results"]
    if facts["film"]["title"] not in {offer["of"]["code"] for offer in found}:
        raise SiteError("the lab's search for “bunny” did not find the film")
    assets = [*facts["film"]["assets"], facts["restricted"]["asset"], facts["likeness"]["asset"]]
    code: str = lab.post(
        "requests/",
        "request",
        name="Dubbing model, first fine-tuning",
        purpose="Lip-sync and dubbing of animated shorts.",
        assets=assets,
        **_WANTED,
    )["code"]
    lab.post(f"requests/{code}/submit/", "submit")
    return code


def _verdicts(story: Story) -> str:
    items = story.caller("lab").get(f"requests/{story.facts['request']}/")["items"]
    verdicts = [item["verdict"] for item in items]
    return ", ".join(f"{verdicts.count(word)} {word}" for word in sorted(set(verdicts)))


def _approve(story: Story) -> dict[str, str]:
    deals = {}
    for role in ("studio", "talent"):
        caller = story.caller(role)
        deal = _own_deal(caller, story.facts["request"])
        caller.post(f"deals/{deal}/approve/", f"approve {deal}")
        deals[role] = deal
        (story.site.folder / f"agreement-{role}.pdf").write_bytes(
            caller.raw(f"deals/{deal}/agreement.pdf")
        )
    return deals


def _own_deal(caller: Caller, request: str) -> str:
    deals = caller.get("deals/")["results"]
    return str(next(deal["code"] for deal in deals if deal["request"] == request))


def _pay(story: Story) -> dict[str, str]:
    deals = story.facts["deals"]
    _pay_by_bank(story, deals["studio"], "first")
    payment = story.caller("lab").post(f"deals/{deals['talent']}/pay/", "pay")
    Caller(story.site).pay_as_a_person(payment["url"])
    return {"studio": "bank transfer", "talent": payment["url"]}


def _pay_by_bank(story: Story, deal: str, key: str) -> None:
    studio = story.caller("studio")
    known = studio.get(f"deals/{deal}/")
    studio.post(
        f"deals/{deal}/bank-transfer/",
        f"bank {key}",
        amount_minor=known["amount_minor"],
        currency=known["currency"],
        reference=f"LUMEN {deal}",
        settled_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _await_grants(story: Story, deals: dict[str, str]) -> dict[str, str]:
    lab = story.caller("lab")

    def grant_of(deal: str) -> str | None:
        grant: str | None = lab.get(f"deals/{deal}/")["grant"]
        return grant

    return {
        role: _wait(f"the grant of deal {deal}", partial(grant_of, deal))
        for role, deal in deals.items()
    }


def _deliver(story: Story, progress: Progress) -> list[dict[str, Any]]:
    lab, folder = story.caller("lab"), story.site.folder
    (folder / "trust-anchors.pem").write_bytes(lab.raw("trust-anchors.pem"))
    delivered = []
    for grant in story.facts["grants"].values():
        for credential in _wait(f"the credentials of {grant}", partial(_signed, lab, grant)):
            progress.detail(credential["asset"])
            delivered.append(_fetch(lab, folder, grant, credential))
    return delivered


def _signed(lab: Caller, grant: str) -> list[dict[str, Any]] | None:
    files = lab.get(f"grants/{grant}/")["files"]
    credentials: list[dict[str, Any]] = lab.get(f"grants/{grant}/credentials/")["results"]
    done = [item for item in credentials if item["state"] == "done"]
    return done if len(done) == len(files) else None


def _fetch(lab: Caller, folder: Path, grant: str, credential: dict[str, Any]) -> dict[str, Any]:
    delivery = lab.post(
        f"credentials/{credential['code']}/deliveries/", f"deliver {credential['code']}"
    )
    name = delivery["file_url"].rpartition("/")[2]
    lab.download(delivery["file_url"], folder / name)
    sidecar = None
    if delivery["sidecar_url"]:
        sidecar = f"{name}.c2pa"
        lab.download(delivery["sidecar_url"], folder / sidecar)
    return {
        "file": name,
        "sidecar": sidecar,
        "sha256": delivery["sha256"],
        "asset": credential["asset"],
        "grant": grant,
        "credential": credential["code"],
        "manifest": credential["manifest_id"],
    }


def _revoke(story: Story) -> dict[str, str]:
    lab, studio = story.caller("lab"), story.caller("studio")
    request = lab.post(
        "requests/",
        "second request",
        name="One still for an evaluation",
        assets=[story.facts["film"]["assets"][1]],
        **_WANTED,
    )["code"]
    lab.post(f"requests/{request}/submit/", "second submit")
    deal = _own_deal(studio, request)
    studio.post(f"deals/{deal}/approve/", f"approve {deal}")
    _pay_by_bank(story, deal, "second")
    grant = _await_grants(story, {"studio": deal})["studio"]
    credential = _wait("its credential", partial(_signed, lab, grant))[0]["code"]
    link = lab.post(f"credentials/{credential}/deliveries/", "second delivery")["file_url"]
    if lab.status_of(link) != 200:
        raise SiteError("the second grant's file was not delivered while the grant stood")
    studio.post(f"grants/{grant}/revoke/", "revoke", reason="The print shown was a rough cut.")
    if lab.status_of(link) != 403:
        raise SiteError("a revoked grant's file was still delivered")
    return {"request": request, "deal": deal, "grant": grant}


def _wait[T](what: str, ask: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        if found := ask():
            return found
        time.sleep(0.3)
    raise SiteError(f"waited {_WAIT_SECONDS} s in vain for {what}")
