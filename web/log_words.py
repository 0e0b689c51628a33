"""The public log in plain words: what each kind of entry says, and the names of its parts."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from catalog.models import (
    AssetKind,
    Basis,
    Decision,
    FactKind,
    PartyKind,
    Scheme,
    Stage,
    SuspensionReason,
    TitleKind,
)
from edgecode.log.leaf import BadLeaf
from edgecode.log.schema import ANY_SUBJECT, Kind, Shape, plain
from ledger import kinds
from licensing.models import Answer, SettlementMethod
from provenance.models import Answer as SightingAnswer
from provenance.models import CredentialForm, Matched, OutputKind
from provenance.models import Term as SightingTerm
from web import words
from web.reasons import event_of

type Text = str | Promise

STORIES: dict[str, Text] = {
    "organisation.registered": _("An organisation signed up."),
    "member.added": _("A person became a member of the organisation."),
    "api_key.created": _("The organisation made a key for one of its programs."),
    "api_key.revoked": _("The organisation ended the key of a program."),
    "title.registered": _("A work was registered by the organisation that licenses it."),
    "title.changed": _("What is said of a work was corrected."),
    "title.named": _("A work got another name: a translation, or what it is also called."),
    "title.unnamed": _("A name of a work was taken back."),
    "title.identified": _("A number by which others know a work was recorded."),
    "title.unidentified": _("A number of a work that failed its check was set right or dismissed."),
    "title.merged": _("Two titles were found to be one work; one of them speaks for both now."),
    "title.split": _("A title was found to be a work of its own after all."),
    "title.credited": _("What somebody did for a work was recorded."),
    "title.uncredited": _("A credit was taken back."),
    "party.registered": _("A person or company was registered."),
    "party.changed": _("What is said of a person or company was corrected."),
    "party.merged": _("Two parties were found to be one; one of them speaks for both now."),
    "party.split": _("A party was found to be one of its own after all."),
    "evidence.recorded": _(
        "A document that rights or authorities rest on was handed in and is kept."
    ),
    "rule.recorded": _("A studio recorded how its own clearances read a law or an agreement."),
    "fact.recorded": _("Something that narrows or dates the rights in a work was recorded."),
    "fact.superseded": _("A recorded fact about the rights in a work no longer stands."),
    "opinion.recorded": _("What counsel says of consents to a likeness was recorded."),
    "opinion.superseded": _("A recorded opinion of counsel no longer stands."),
    "asset.registered": _("A file was received, examined and registered."),
    "holding.recorded": _("A right over a work was recorded: who holds it, for what, how long."),
    "holding.superseded": _("A recorded right no longer stands."),
    "restriction.recorded": _("Something that a contract forbids was recorded against a work."),
    "restriction.superseded": _("A recorded prohibition no longer stands."),
    "performer.registered": _("A performer was registered by whoever represents them."),
    "performer.changed": _("What is said of a performer was corrected or completed."),
    "authority.recorded": _("It was recorded who may sign for a performer, and why."),
    "authority.ended": _("Somebody may no longer sign for a performer."),
    "consent.offered": _("A consent was put before those who must sign it."),
    "consent.signed": _("Somebody who speaks for a performer signed a consent."),
    "consent.signed_on_paper": _("A signature that was given on paper was brought in."),
    "consent.declined": _("Somebody who speaks for a performer declined to sign a consent."),
    "consent.taken_back": _("A consent was taken back before enough had signed it."),
    "consent.completed": _("A consent was signed by enough, and is in force."),
    "consent.suspended": _("A consent rests: nothing new may be made of it."),
    "consent.resumed": _("A consent no longer rests."),
    "consent.notice_given": _("Notice was given: a consent ends at the instant that it names."),
    "consent.replaced": _("A newer version of a consent is in force instead."),
    "approval.asked": _("A licensee asked whether one use is as the performer wants it."),
    "approval.decided": _("A use was approved or refused, or the time to answer ran out."),
    "consent.used": _("Something was made of a performer's likeness under a consent."),
    "likeness.registered": _("A likeness of a performer was registered."),
    "consent.recorded": _("A performer's consent was recorded."),
    "consent.withdrawn": _("A performer's consent was withdrawn, from this moment on."),
    "subject.erased": _(
        "What opens the sealed facts of this history was destroyed. The entries and their proofs"
        " remain; what they sealed can no longer be found out."
    ),
    "offer.published": _("A licensor offered licences at a price."),
    "offer.withdrawn": _("An offer was withdrawn; what was granted before stands."),
    "request.submitted": _("A lab asked for a licence."),
    "request.submitted.v2": _("A lab asked for a licence."),
    "amendment.proposed": _("One side of a licence proposed to amend it."),
    "request.withdrawn": _("The lab withdrew its request."),
    "clearance.decided": _("It was decided whether one file may be licensed as requested."),
    "deal.opened": _("The request reached one licensor."),
    "deal.approved": _("The licensor agreed."),
    "deal.terms_proposed": _("One side proposed other terms for the deal."),
    "approval_policy.set": _("The organisation said how many persons approve its deals."),
    "deal.assented": _("One of the persons who have to approve the deal approved it."),
    "deal.terms_answered": _("The terms proposed were answered, taken back, or lapsed."),
    "deal.declined": _("The licensor declined, or took its approval back before it was paid."),
    "deal.withdrawn": _("The lab withdrew before a licence was granted."),
    "deal.lapsed": _("The price had not arrived in time; the agreement lapsed."),
    "deal.held": _("The price was paid, but a file was no longer clear when the grant was due."),
    "deal.resumed": _(
        "The rights were put in order or the conditions confirmed; the grant is tried again."
    ),
    "deal.conditions_confirmed": _("One side confirmed the conditions that kept the grant back."),
    "deal.cancellation_proposed": _("One side proposed to cancel a deal that got no grant."),
    "deal.cancelled": _("The deal was cancelled; the price is to be returned in full."),
    "agreement.made": _("The licence agreement was drawn up, and the hash of it sealed."),
    "settlement.recorded": _("The price was received in full, or nothing was due."),
    "refund.recorded": _(
        "The price of a cancelled deal was returned in full, or nothing had been due."
    ),
    "grant.issued": _("A licence was granted."),
    "grant.issued.v2": _("A licence was granted."),
    "asset.granted": _("The licence covers this file, because it was found clear."),
    "asset.granted.v2": _("The licence covers this file, because it was found clear."),
    "grant.superseded": _("The licence of an amendment took the place of this one, from then on."),
    "grant.revoked": _("The licensor revoked the licence, from this moment on."),
    "grant.ended": _("The term of the licence was over."),
    "duty.imposed": _(
        "One side of a deal owes the other something: a condition, or what follows the end of a"
        " licence."
    ),
    "duty.acknowledged": _("The side that owes it said that the notice has arrived."),
    "duty.met": _("The side that owed it attested what was done."),
    "duty.waived": _("What was owed was waived."),
    "usage.reported": _("A licensee reported what it did with licensed files."),
    "credential.signed": _("A licensed file was signed for its licensee."),
    "credential.signed.v2": _("A licensed file was signed for its licensee."),
    "credential.stamped": _("A signed file got the time stamp that it had been waiting for."),
    "credential.updated": _(
        "Consents that have ended were struck out of a signed file’s credential, by a later"
        " manifest."
    ),
    "delivery.authorised": _("The licensee was given a link to the signed file."),
    "output.declared": _("A licensee declared what it made under licences and consents."),
    "output.signed": _("What a licensee declared to have made was signed."),
    "output.updated": _(
        "Consents that have ended were struck out of what was signed, by a later manifest."
    ),
    "output.disputed": _(
        "A licensor, or who represents a performer, holds that it is not as was declared."
    ),
    "output.dispute_withdrawn": _("Who disputed it does so no longer."),
    "certificate.issued": _(
        "A side of this licence had a certificate of it made, which whoever holds it may show."
    ),
    "asset.identified": _(
        "The file was registered in the repository of manifests: its content can be found again."
    ),
    "manifest.stored": _("An organisation put a manifest of its own into the repository."),
    "manifest.bound": _("A soft binding was added by which this manifest is found."),
    "sighting.reported": _("Somebody showed a copy that was seen; this says what we found."),
    "sighting.noted": _(
        "Somebody reported where a file was seen, without a copy of it: what we found is told to"
        " its licensor alone."
    ),
    "sighting.flagged": _("The licensor holds what was seen to be an incident."),
    "sighting.dismissed": _("The licensor finds nothing wrong in what was seen."),
    "certificate.withdrawn": _("The certificate was withdrawn by the side that had it made."),
    "case.opened": _(
        "A party to these deals gave an auditor access to what their sealed facts say."
    ),
    "case.closed": _("The auditor’s access ended."),
    "openings.shown": _("The auditor was shown what sealed facts of the case say."),
    "log.opened": _("The log begins."),
    "shard.closed": _("This log ends here. Its history goes on in the next one."),
    "shard.opened": _("A log begins that goes on from the one before, named by size and root."),
    "kinds.published": _("It was published what entries of each kind carry, from here on."),
    "policy.published": _(
        "It was published whose signatures make a checkpoint credible, from here on."
    ),
    "engine.published": _(
        "A version of the program that decides clearances was published by its hash."
    ),
    "precedents.published": _("What comparable licences cost was published, by its hash."),
    "key.published": _("A key with which the house signs was made known."),
    "key.retired": _("A key was retired. What it signed before stays signed."),
}

SUBJECTS: dict[str, Text] = {
    "organisation": _("organisation"),
    "title": _("title"),
    "party": _("party"),
    "evidence": _("document"),
    "fact": _("fact"),
    "asset": _("file"),
    "holding": _("right"),
    "restriction": _("restriction"),
    "performer": _("performer"),
    "likeness": _("likeness"),
    "consent": _("consent"),
    "opinion": _("opinion of counsel"),
    "authority": _("authority to sign"),
    "consent_form": _("consent before it is in force"),
    "approval": _("approval"),
    "consent_use": _("use of a consent"),
    "offer": _("offer"),
    "request": _("request"),
    "clearance": _("clearance"),
    "deal": _("deal"),
    "agreement": _("agreement"),
    "settlement": _("payment"),
    "refund": _("refund"),
    "grant": _("grant"),
    "duty": _("duty"),
    "usage": _("reported use"),
    "output": _("output"),
    "credential": _("credential"),
    "delivery": _("delivery"),
    "certificate": _("certificate"),
    "manifest": _("stored manifest"),
    "sighting": _("sighting"),
    "case": _("auditor’s case"),
    "log": _("log"),
    "document": _("document"),
    "engine": _("clearance program"),
    "precedents": _("comparable deals"),
    "rule": _("row of rules"),
    "key": _("key of the house"),
}

# What a key of the house is for.
PURPOSES: dict[str, Text] = {
    "checkpoint": _("signs checkpoints of this log"),
    "credential": _("signs credentials of files"),
    "timestamp": _("signs time stamps"),
    "root": _("certifies the house’s other keys"),
}

# The names of roles, public facts and sealed facts. What is missing shows its plain name.
_FIELDS: dict[str, Text] = {
    "owner": _("belongs to"),
    "ranges": _("Ranges"),
    "size": _("Size"),
    "effective_at": _("takes effect"),
    "ground": _("ground"),
    "of": _("offers"),
    "licensor": _("licensor"),
    "algorithm": _("algorithm"),
    "asset_kind": _("kind of file"),
    "attributes": _("attributes"),
    "assent": _("the approval"),
    "due_at": _("due"),
    "engine": _("decided by"),
    "form": _("where the credential is"),
    "kinds": _("kinds of entries"),
    "manifest": _("manifest"),
    "method": _("paid by"),
    "number": _("number"),
    "openings": _("number of sealed facts"),
    "opinion": _("the opinion"),
    "organisation_kind": _("kind of organisation"),
    "origin": _("name of the log"),
    "next_origin": _("name of the log after"),
    "notice": _("the notice"),
    "owed_by": _("owed by"),
    "part": _("number of the part"),
    "policy": _("the policy"),
    "report": _("the report"),
    "waiver": _("the waiver"),
    "row": _("what the row says"),
    "supersedes": _("in place of"),
    "previous": _("the log before"),
    "previous_origin": _("name of the log before"),
    "previous_root": _("root of the log before"),
    "previous_size": _("entries in the log before"),
    "purpose": _("purpose"),
    "role": _("role"),
    "sha256": _("SHA-256"),
    "title_kind": _("kind of title"),
    "fact_kind": _("kind of fact"),
    "party_kind": _("kind of party"),
    "fields": _("what was corrected"),
    "scheme": _("kind of number"),
    "into": _("same work as"),
    "from": _("split from"),
    "change": _("before and after"),
    "identifier": _("the number"),
    "basis": _("why they may sign"),
    "stage": _("what is shown"),
    "decision": _("decision"),
    "answer": _("answer"),
    "proposal": _("what was proposed"),
    "by_silence": _("because nobody answered"),
    "authority": _("signed by"),
    "authorities": _("who must sign"),
    "forms": _("hashes of the forms"),
    "signature": _("the signature"),
    "consent": _("consent"),
    "by": _("newer version"),
    "note": _("note"),
    "use": _("the use"),
    "verdict": _("verdict"),
    "amount": _("amount"),
    "approval": _("what was agreed"),
    "assets": _("files"),
    "case": _("the case that was judged"),
    "auditor": _("auditor"),
    "clearances": _("verdicts"),
    "conditions": _("conditions"),
    "consents": _("Consents"),
    "description": _("description"),
    "documents": _("hashes of the documents"),
    "eidr": _("EIDR number"),
    "email": _("e-mail address"),
    "file": _("the file"),
    "key": _("the key"),
    "name": _("name"),
    "person": _("the person"),
    "problem": _("what was not clear"),
    "reason": _("reason"),
    "statement": _("what the certificate says"),
    "iscc": _("the content code"),
    "store": _("the stored manifest"),
    "value": _("the value it is found by"),
    "where": _("where it was seen"),
    "matched": _("how the file is known"),
    "outcome": _("answer"),
    "term": _("term of the licence"),
    "seen_at": _("seen at"),
    "output_kind": _("what was made"),
    "members": _("files that it was made with"),
    "under": _("what it was made under"),
    "result": _("the whole decision"),
    "scope": _("scope"),
    "subjects": _("deals"),
    "terms": _("terms"),
}

# How the codes of a public fact are called; a fact that is missing here shows itself.
_VALUES: dict[str, Callable[[str], Text]] = {
    "asset_kind": lambda code: dict(AssetKind.choices)[code],
    "output_kind": lambda code: dict(OutputKind.choices)[code],
    "attributes": lambda code: words.ATTRIBUTES[code],
    "fact_kind": lambda code: dict(FactKind.choices)[code],
    "party_kind": lambda code: dict(PartyKind.choices)[code],
    "scheme": lambda code: dict(Scheme.choices)[code],
    "basis": lambda code: dict(Basis.choices)[code],
    "stage": lambda code: dict(Stage.choices)[code],
    "answer": lambda code: dict(Answer.choices)[code],
    "decision": lambda code: dict(Decision.choices)[code],
    "reason": lambda code: dict(SuspensionReason.choices)[code],
    "form": lambda code: dict(CredentialForm.choices)[code],
    "method": lambda code: dict(SettlementMethod.choices)[code],
    "organisation_kind": lambda code: words.HOUSES[code],
    "purpose": lambda code: PURPOSES[code],
    "role": lambda code: dict(Role.choices)[code],
    "title_kind": lambda code: dict(TitleKind.choices)[code],
    "verdict": lambda code: words.STATES[code][1],
    "matched": lambda code: dict(Matched.choices)[code],
    "outcome": lambda code: dict(SightingAnswer.choices)[code],
    "term": lambda code: dict(SightingTerm.choices)[code],
}


def story_of(kind: str) -> Text:
    """Return what an entry of this kind says, in one sentence."""
    if kind in STORIES:
        return STORIES[kind]
    try:
        return kinds.get(kind).meaning
    except BadLeaf:
        return _("An entry of a kind that this version does not know.")


def subject_of(stream: str) -> Text:
    """Return what kind of thing a stream (`title:7K3F2Q9D`) is the history of."""
    kind = stream.partition(":")[0]
    return _("any thing") if kind == ANY_SUBJECT else SUBJECTS.get(kind, kind)


def replaced_by(kind: Kind) -> str:
    """Return the newest later version of a kind, which is written in its place; "" if none is."""
    base = kind.name.removesuffix(f".v{kind.version}")
    later = [each for each in kinds.registered() if each.version > kind.version]
    found = [each for each in later if each.name == f"{base}.v{each.version}"]
    return max(found, key=lambda each: each.version).name if found else ""


@dataclass(frozen=True)
class Part:
    """Something that an entry of a kind carries: its name there, and in words what it may be."""

    name: str
    label: Text
    is_optional: bool
    is_list: bool = False
    shape: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Declared:
    """A kind of entry as the registry declares it, in words."""

    name: str
    version: int
    event: Text
    story: Text
    meaning: str
    subject: str
    thing: Text
    data: tuple[Part, ...]
    refs: tuple[Part, ...]
    private: tuple[Part, ...]


def declared(kind: Kind) -> Declared:
    """Return what a kind declares, in words."""
    return Declared(
        kind.name,
        kind.version,
        event_of(kind.name),
        story_of(kind.name),
        kind.meaning,
        kind.subject,
        subject_of(kind.subject),
        tuple(_part(name, shape) for name, shape in kind.data.items()),
        tuple(map(_part, kind.refs)),
        tuple(map(_part, kind.private)),
    )


def _part(name: str, shape: Shape = "") -> Part:
    bare = plain(name)
    texts = () if isinstance(shape, str) else shape
    return Part(
        bare,
        field_name(bare),
        is_optional=name.endswith("?"),
        is_list=name.endswith("*"),
        shape=shape if isinstance(shape, str) else "",
        choices=tuple((text, str(_value(bare, text))) for text in texts),
    )


def field_name(name: str) -> Text:
    """Return the plain name of a role or fact of an entry."""
    return _FIELDS.get(name) or SUBJECTS.get(name) or name.replace("_", " ")


def value_words(name: str, value: Any) -> list[str]:
    """Return the public fact `name` of an entry in plain words, item by item.

    A code without a name, of another version perhaps, shows itself.
    """
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return [_value(name, item) for item in (value if is_list else [value])]


def _value(name: str, item: Any) -> str:
    if not isinstance(item, str):
        return json.dumps(item, ensure_ascii=False)
    try:
        return str(_VALUES[name](item))
    except KeyError:
        return item
