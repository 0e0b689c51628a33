"""The main job, played over HTTP: a studio and a performer license to a lab, an auditor checks.

Each step keeps its result in var/demo/story.json. A step that is there is not played again.
"""

from demo import checks, delivery, licence, rights_holders
from demo.progress import Progress
from demo.site import Site
from demo.told import Story


def play(site: Site, progress: Progress, *, titles: int) -> Story:
    """Play what is missing of the story, with a library of at most so many `titles`, and verify all
    of it. Raises SiteError."""
    story = Story(site)
    story.start_again_if_foreign()
    with progress.step("Four organisations sign up and make API keys"):
        rights_holders.sign_up(story)
    with progress.step("The studio registers its library"):
        story.once("library", lambda: rights_holders.register_library(story, progress, titles))
    with progress.step("It uploads a film, a still and subtitles, records its rights"):
        story.once("film", lambda: rights_holders.register_film(story, progress))
    with progress.step("A second film may not train generative models"):
        story.once("restricted", lambda: rights_holders.register_restricted(story))
    with progress.step("An agency registers a performer's voice and her consent"):
        story.once("likeness", lambda: rights_holders.register_likeness(story))
    with progress.step("The lab searches, and asks for a licence"):
        story.once("request", lambda: licence.request(story))
        progress.detail(licence.verdicts(story))
    with progress.step("Studio and agency approve; agreements are drawn up"):
        story.once("deals", lambda: licence.approve(story))
    with progress.step("The studio is paid by bank, the agency through Stripe"):
        story.once("payments", lambda: licence.pay(story))
    with progress.step("Grants are issued"):
        story.once("grants", lambda: licence.await_grants(story, story.facts["deals"]))
    with progress.step("Every granted file is signed for the lab and delivered"):
        story.once("files", lambda: delivery.deliver(story, progress))
    with progress.step("Another grant is revoked; its file is no longer delivered"):
        story.once("revoked", lambda: delivery.revoke(story))
    with progress.step("The auditor verifies files, grants and the whole log"):
        checks.verify(story.facts, site, story.caller("auditor"), progress)
    story.save()
    return story
