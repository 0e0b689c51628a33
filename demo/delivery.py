"""Third act: signed files reach the lab, and one grant ends early."""

from functools import partial
from pathlib import Path
from typing import Any

from demo import licence
from demo.calls import Caller
from demo.progress import Progress
from demo.site import SiteError
from demo.told import Story, wait


def deliver(story: Story, progress: Progress) -> list[dict[str, Any]]:
    """Fetch every granted file once it is signed; return what came, file by file."""
    lab, folder = story.caller("lab"), story.site.folder
    for anchors in ("trust-anchors.pem", "identity-anchors.pem"):
        (folder / anchors).write_bytes(lab.raw(anchors))
    delivered = []
    for grant in story.facts["grants"].values():
        for credential in wait(f"the credentials of {grant}", partial(_signed, lab, grant)):
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


def revoke(story: Story) -> dict[str, str]:
    """License one still more, revoke it, and see that its link has ended; return the codes."""
    lab, studio = story.caller("lab"), story.caller("studio")
    request = lab.post(
        "requests/",
        "second request",
        name="One still for an evaluation",
        assets=[story.facts["film"]["assets"][1]],
        **licence.WANTED,
    )["code"]
    lab.post(f"requests/{request}/submit/", "second submit")
    deal = licence.own_deal(studio, request)
    studio.post(f"deals/{deal}/approve/", f"approve {deal}")
    licence.pay_by_bank(story, deal, "second")
    grant = licence.await_grants(story, {"studio": deal})["studio"]
    credential = wait("its credential", partial(_signed, lab, grant))[0]["code"]
    link = lab.post(f"credentials/{credential}/deliveries/", "second delivery")["file_url"]
    if lab.status_of(link) != 200:
        raise SiteError("the second grant's file was not delivered while the grant stood")
    studio.post(f"grants/{grant}/revoke/", "revoke", reason="The print shown was a rough cut.")
    if lab.status_of(link) != 403:
        raise SiteError("a revoked grant's file was still delivered")
    return {"request": request, "deal": deal, "grant": grant}
