"""What was read of one file, and what of that its signers state, asked about one manifest."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from edgecode.verify.boxes import Left
from edgecode.verify.codes import IDENTITY, as_map, as_maps, bare, updates, updates_within

GRANT: Final = "com.edgecode.grant"
CONSENT: Final = "com.edgecode.consent"
OUTPUT: Final = "com.edgecode.output"
DATASET: Final = "com.edgecode.dataset"
_OURS: Final = "com.edgecode."  # what the labels of this house begin with


@dataclass(frozen=True)
class Found:
    """What was read of one file."""

    answer: Mapping[str, Any]
    file_sha256: str
    has_sidecar: bool
    left: Left = field(default_factory=Left)  # it can make what is intact more than what was signed
    inside: str = ""  # with a sidecar: the manifest that the file carries itself
    named: str = ""  # the manifest that is asked about, where it is not the newest
    own: "Found | None" = None  # what `inside` is of
    vouched: Collection[str] = ()  # of what it was made from the manifests that are vouched for
    altered: Collection[str] = ()  # those whose signer is, and that state other than he signed
    is_within: bool = False  # `named` is one of these

    @property
    def report(self) -> Mapping[str, Any]:
        return as_map(self.answer.get("report"))

    @property
    def manifest_id(self) -> str:
        return self.named or str(self.report.get("active_manifest") or "")

    @property
    def manifest(self) -> Mapping[str, Any]:
        return as_map(as_map(self.report.get("manifests")).get(self.manifest_id))

    @property
    def updates(self) -> list[str]:
        """The manifest that is asked about and those before it, of which each only strikes
        assertions out of the next; the last says what the file is."""
        if self.is_within:
            return updates_within(self.report, self.manifest_id, self.vouched)
        return updates(self.report, self.manifest_id, self.vouched)

    @property
    def said(self) -> Self:
        """The same, asked about the manifest that says what the file is: this one, or that which
        this one, and those between, only strike assertions out of."""
        return replace(self, named=self.updates[-1])

    def within(self, ingredient: Mapping[str, Any]) -> Self:
        """The same, asked about the manifest of what the file was made from."""
        name = str(ingredient.get("active_manifest") or "-")
        return replace(self, named=name, is_within=name in self.vouched)

    @property
    def is_updated(self) -> bool:
        return len(self.updates) > 1

    @property
    def struck(self) -> int:
        """How many consents were struck out since."""
        manifests = as_map(self.report.get("manifests"))
        later = [as_map(manifests.get(name)) for name in self.updates[:-1]]
        urls = [str(url) for each in later for url in each["redactions"]]
        return sum(url.rpartition("/")[2].partition("__")[0] == CONSENT for url in urls)

    @property
    def on_consent(self) -> bool:
        """Whether the file rests on a consent, or did before that was struck out."""
        return self.struck > 0 or bool(self.said.stated(CONSENT))

    @property
    def carries_another(self) -> bool:
        """Whether the file carries another credential itself than the one beside it, and that does
        not follow it."""
        return bool(self.inside) and self.inside not in self.updates

    @property
    def _assertions(self) -> list[Mapping[str, Any]]:
        return as_maps(self.manifest.get("assertions"))

    def stated(self, label: str) -> list[Mapping[str, Any]]:
        """Return what the signer states under a label; hearsay ("gathered") is no word of his."""
        found = []
        for each in self._assertions:
            said = as_map(each.get("data"))
            if each.get("created") is True and bare(each) == label and said:
                found.append(said)
        return found

    def only(self, label: str) -> Mapping[str, Any] | None:
        """Return what the signer states under a label, where nothing else is said under it, hearsay
        neither: who else signed may have meant that."""
        said = [each for each in self._assertions if bare(each) == label]
        return next(iter(self.stated(label)), None) if len(said) == 1 else None

    @property
    def speaks_as_ours(self) -> bool:
        """Whether the signer states what this house does: a licence, a work, a registration."""
        said = (each for each in self._assertions if each.get("created") is True)
        return any(bare(each).startswith(_OURS) for each in said)

    @property
    def has_identity(self) -> bool:
        """Whether somebody besides the signer signed in it."""
        return any(bare(each) == IDENTITY for each in self._assertions)
