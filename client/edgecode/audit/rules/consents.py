"""Rules about the life of a consent: who may sign it, what becomes of it, what is made of it."""

from collections.abc import Mapping
from datetime import datetime

from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.organisations import check_owner
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import (
    IN_WRITING,
    Approval,
    Authority,
    Consent,
    ConsentForm,
    ConsentUse,
    FormState,
    Likeness,
    Performer,
    Thing,
)

# What else decides whether a consent stands, once it is recorded.
STANDING = (
    "consent.suspended",
    "consent.resumed",
    "consent.notice_given",
    "consent.replaced",
    "consent.withdrawn",
)

AUTHORITY = Rule(
    "R66",
    "An authority to sign ends once, for the performer that it was recorded for.",
    ("authority.recorded", "authority.ended"),
)
FORM = Rule(
    "R67",
    "A consent that is signed here goes from state to state only as docs/invariants.md shows.",
    (
        "consent.offered",
        "consent.signed",
        "consent.signed_on_paper",
        "consent.declined",
        "consent.taken_back",
        "consent.recorded",
        "consent.completed",
    ),
)
SIGNED = Rule(
    "R68",
    "A consent is offered to, signed or declined by those with authority for its performer; none"
    " signs twice, or once the authority has ended.",
    (
        "authority.recorded",
        "authority.ended",
        "consent.offered",
        "consent.signed",
        "consent.signed_on_paper",
        "consent.declined",
    ),
)
RESTS = Rule(
    "R69",
    "A consent is suspended and resumed by turns, until it is withdrawn or replaced.",
    STANDING,
)
REPLACED = Rule(
    "R70",
    "A consent ends once: it is withdrawn, or replaced by a later one to the same likeness that was"
    " signed here and replaces no other.",
    ("consent.replaced", "consent.withdrawn", "consent.recorded", "consent.offered"),
)
APPROVAL = Rule(
    "R71",
    "An approval is asked for on a consent that stands, and decided once: for the performer, or by"
    " the house where nobody answered.",
    ("approval.asked", "approval.decided", *STANDING),
)
USED = Rule(
    "R72",
    "A use is made of a consent that stands; an approval that it rests on was given to who makes"
    " it, on that consent.",
    ("consent.used", "approval.asked", "approval.decided", *STANDING),
)
NOTICE = Rule(
    "R74",
    "Notice to end a consent is given while it is in force, for an end yet to come and earlier than"
    " any named before; from that end on it no longer stands.",
    ("consent.notice_given", "consent.withdrawn", "consent.replaced"),
)
RULES = (AUTHORITY, FORM, SIGNED, RESTS, REPLACED, APPROVAL, USED, NOTICE)


def authority_recorded(step: Step) -> Thing:
    performer = step.need("performer", Performer)
    if performer is not None:
        check_owner(step, performer.owner)
    return Authority(performer)


def authority_ended(step: Step, authority: Authority) -> None:
    performer = step.need("performer", Performer)
    if performer is not None:
        check_owner(step, performer.owner)
        if authority.performer is not performer and authority.performer is not None:
            step.report(AUTHORITY, f"is not for {step.leaf.refs['performer']}", authority)
    if authority.has_ended:
        step.report(AUTHORITY, "it had ended before", authority)
    authority.has_ended = True


def consent_offered(step: Step) -> Thing:
    form = ConsentForm(step.need("likeness", Likeness))
    if (before := _consent_of(step)) is not None:
        step.report(FORM, "it was recorded before it was offered", before)
    _offer(step, form)
    return form


def consent_offered_again(step: Step, form: ConsentForm) -> None:
    likeness = step.need("likeness", Likeness)
    if likeness is not form.likeness and likeness is not None:
        step.report(FORM, f"was not offered for {step.leaf.refs['likeness']}", form)
    _move(step, form, FormState.OFFERED, {FormState.TAKEN_BACK})
    _offer(step, form)


def _offer(step: Step, form: ConsentForm) -> None:
    if form.likeness is not None:
        check_owner(step, form.likeness.owner)
    if not (step.lists.get("authorities") or step.leaf.refs.get("authorities")):
        step.report(SIGNED, "is offered to nobody")
    for each in step.need_list("authorities", Authority):
        _check_speaks(step, form, each)


def _move(step: Step, form: ConsentForm, state: FormState, before: set[FormState]) -> None:
    if form.state not in before:
        step.report(FORM, f"{step.leaf.kind} of a consent that is {form.state}", form)
    form.state = state


def _consent_of(step: Step) -> Consent | None:
    """Return the consent that a form became; it has its code."""
    found = step.world.things["consent"].get(step.leaf.code)
    return found if isinstance(found, Consent) else None


def _check_speaks(step: Step, form: ConsentForm, authority: Authority) -> None:
    performer = form.likeness.performer if form.likeness is not None else None
    if authority.performer is not performer and None not in {authority.performer, performer}:
        step.report(SIGNED, "the authority is for another performer", authority)


def consent_signed(step: Step, form: ConsentForm) -> None:
    authority = _signer(step, form)
    if authority is None:
        return
    if authority.has_ended:
        step.report(SIGNED, "the authority to sign it had ended", authority)
    form.signed.add(authority)


def consent_signed_on_paper(step: Step, form: ConsentForm) -> None:
    """The organisation that represents the performer brings what was signed elsewhere."""
    if form.likeness is not None:
        check_owner(step, form.likeness.owner)
    consent_signed(step, form)


def consent_declined(step: Step, form: ConsentForm) -> None:
    _signer(step, form)


def _signer(step: Step, form: ConsentForm) -> Authority | None:
    """Return who answers an offered consent."""
    _move(step, form, form.state, {FormState.OFFERED})
    authority = step.need("authority", Authority)
    if authority is not None:
        _check_speaks(step, form, authority)
        if authority in form.signed:
            step.report(SIGNED, "the authority has signed it before", authority, form)
    return authority


def consent_taken_back(step: Step, form: ConsentForm) -> None:
    if form.likeness is not None:
        check_owner(step, form.likeness.owner)
    # What somebody has signed is never offered again: the signatures were to that form.
    after = FormState.CLOSED if form.signed else FormState.TAKEN_BACK
    _move(step, form, after, {FormState.OFFERED})


def check_form(step: Step, consent: Consent) -> None:
    """Check that a consent that is recorded was signed, if it was offered to be signed here."""
    form = step.world.things["consent_form"].get(step.leaf.code)
    if not isinstance(form, ConsentForm):
        return
    consent.was_offered = True
    if form.likeness is not consent.likeness and form.likeness is not None:
        step.report(FORM, "it was offered for another likeness", form)
    if not form.signed and form.state is FormState.OFFERED:
        step.report(FORM, "it was recorded and nobody had signed it", form)
    _move(step, form, FormState.RECORDED, {FormState.OFFERED})


def consent_completed(step: Step, form: ConsentForm) -> None:
    if form.likeness is not None:
        check_owner(step, form.likeness.owner)
    consent = step.need("consent", Consent)
    if consent is not None and consent is not _consent_of(step):
        step.report(FORM, f"it became {step.leaf.refs['consent']}, another consent", consent)
    _move(step, form, FormState.COMPLETED, {FormState.RECORDED})


def consent_suspended(step: Step, consent: Consent) -> None:
    _rest(step, consent, stands=False)


def consent_resumed(step: Step, consent: Consent) -> None:
    _rest(step, consent, stands=True)


def _rest(step: Step, consent: Consent, *, stands: bool) -> None:
    check_owner(step, consent.owner)
    if consent.is_withdrawn or consent.is_replaced:
        step.report(RESTS, "it is no longer in force", consent)
        return
    if consent.stands is stands:
        step.report(RESTS, "it does not rest" if stands else "it rests already", consent)
    consent.set_standing(stands)


def notice_given(step: Step, consent: Consent) -> None:
    check_owner(step, consent.owner)
    likeness = step.need("likeness", Likeness)
    if likeness is not consent.likeness and likeness is not None:
        step.report(NOTICE, f"was not recorded for {step.leaf.refs['likeness']}", consent)
    if consent.is_withdrawn or consent.is_replaced:
        step.report(NOTICE, "it is no longer in force", consent)
    until = _instant(step.data.get("effective_at"))
    if until is None:
        step.report(NOTICE, "it names no end")
    elif step.at - until > IN_WRITING:
        step.report(NOTICE, f"it is to end on {until}, which is past")
    elif consent.until is not None and until >= consent.until:
        step.report(NOTICE, f"it ends on {consent.until} already", consent)
    else:
        consent.until = until


def _instant(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return None if found.tzinfo is None else found


def consent_replaced(step: Step, consent: Consent) -> None:
    check_owner(step, consent.owner)
    by = step.need("by", Consent)
    if consent.is_withdrawn or consent.is_replaced:
        how = "replaced" if consent.is_replaced else "withdrawn"
        step.report(REPLACED, f"it was {how} before", consent)
    if by is not None:
        _check_newer(step, consent, by)
        by.replaces = consent
    consent.is_replaced = True
    consent.set_standing(stands=False)


def _check_newer(step: Step, consent: Consent, by: Consent) -> None:
    name = step.leaf.refs["by"]
    if by.first <= consent.first:
        step.report(REPLACED, f"{name} is no newer", by)
    if by.likeness is not consent.likeness:
        step.report(REPLACED, f"{name} is to another likeness", by)
    if not by.was_offered:
        step.report(REPLACED, f"{name} was not signed here", by)
    if by.replaces is not None:
        step.report(REPLACED, f"{name} replaces another already", by, by.replaces)


def approval_asked(step: Step) -> Thing:
    consent = step.need("consent", Consent)
    if consent is not None and not consent.stands_at(step.at):
        step.report(APPROVAL, f"{step.leaf.refs['consent']} does not stand", consent)
    return Approval(consent, step.actor)


def approval_decided(step: Step, approval: Approval) -> None:
    consent = step.need("consent", Consent)
    if consent is not None:
        if not step.is_system:
            check_owner(step, consent.owner)
        if consent is not approval.consent and approval.consent is not None:
            step.report(APPROVAL, f"was not asked of {step.leaf.refs['consent']}", approval)
    if step.is_system is not step.data.get("by_silence"):
        step.report(APPROVAL, f"{step.leaf.actor} decided it, where silence is for the house")
    if approval.decision is not None:
        step.report(APPROVAL, "it was decided before", approval)
    approval.decision = step.data.get("decision", "")


def consent_used(step: Step) -> Thing:
    consent = step.need("consent", Consent)
    if consent is not None and not consent.stands_at(step.at):
        step.report(USED, f"{step.leaf.refs['consent']} does not stand", consent)
    approval = step.need("approval", Approval)
    use = ConsentUse(consent, step.actor)
    if approval is None:
        return use
    if approval.consent is not consent and None not in {approval.consent, consent}:
        step.report(USED, "the approval is of another consent", approval)
    if approval.asker is not step.actor and None not in {approval.asker, step.actor}:
        step.report(USED, "another organisation asked for the approval", approval)
    if approval.decision != "approved":
        step.report(USED, f"the approval is {approval.decision or 'not decided'!s:.40}", approval)
    return use


FOUNDING: Mapping[str, Founding] = {
    "authority.recorded": authority_recorded,
    "consent.offered": consent_offered,
    "approval.asked": approval_asked,
    "consent.used": consent_used,
}
FOLLOWING: Mapping[str, Following] = {
    "authority.ended": (Authority, authority_ended),
    "consent.offered": (ConsentForm, consent_offered_again),
    "consent.signed": (ConsentForm, consent_signed),
    "consent.signed_on_paper": (ConsentForm, consent_signed_on_paper),
    "consent.declined": (ConsentForm, consent_declined),
    "consent.taken_back": (ConsentForm, consent_taken_back),
    "consent.completed": (ConsentForm, consent_completed),
    "consent.suspended": (Consent, consent_suspended),
    "consent.resumed": (Consent, consent_resumed),
    "consent.notice_given": (Consent, notice_given),
    "consent.replaced": (Consent, consent_replaced),
    "approval.decided": (Approval, approval_decided),
}
