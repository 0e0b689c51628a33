"""The words of a consent's form, in the language that is active."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from babel import Locale
from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from catalog.authorities import Voice
from catalog.consents.speaking import Standing
from catalog.models import Basis, HeirsRule, Performer
from catalog.scope.territory import COUNTRIES, parse_territory
from catalog.scope.uses import expand_uses, show_uses

type Text = str | Promise

CLAUSES: Final[dict[str, Text]] = {
    "title": _("Consent to a digital replica"),
    "lead": _("Whatever is not named here is not allowed."),
    "performer": _("Performer"),
    "represented_by": _("Represented by"),
    "likeness": _("Likeness"),
    "grantee": _("For whom"),
    "anyone": _("any licensee within this scope"),
    "description": _("What it is for"),
    "scope": _("What is allowed"),
    "attributes": _("Of the performer"),
    "not_attributes": _("Not allowed, though the likeness holds it"),
    "uses": _("Uses"),
    "model_kinds": _("Kinds of model"),
    "every_kind": _("every kind"),
    "territory": _("Territory"),
    "term": _("Term"),
    "without_end": _("without end"),
    "outputs": _("Outputs, at most"),
    "no_limit": _("no limit"),
    "further": _("Further terms"),
    "marks": _("Marked separately by who signs"),
    "marks_lead": _("Each of these is agreed to by a mark of its own when the form is signed."),
    "signers": _("Who signs"),
    "share": _("share"),
    "signing": _(
        "The form is signed electronically. Who signed, when, and the SHA-256 of this file are"
        " committed to the public log; neither names nor terms are published there."
    ),
    "page": _("Page"),
    "code": _("Edge code"),
    "made": _("Made"),
}
_USES: Final[dict[str, Text]] = {
    "ALL": _("every use"),
    "ai.all": _("every AI use"),
    "train": _("training models on it"),
    "train.generative": _("training generative models on it"),
    "train.pretrain": _("training a model from its beginning"),
    "train.finetune": _("training an existing model further"),
    "train.discriminative": _("training models that recognise and generate nothing"),
    "evaluate": _("measuring a model, without training"),
    "input": _("giving it to a model as input, without training"),
    "index": _("indexing it so that it can be found"),
    "generate": _("generating"),
    "generate.output": _("generating output that draws on it"),
    "generate.likeness": _("generating what shows or sounds like the performer"),
    "dub": _("dubbing the voice into another language or line"),
    "deage": _("changing the apparent age"),
    "converse.persona": _("letting people converse with a persona of the performer"),
    "derive": _("making annotations and other data from it"),
    "distribute": _("distributing it"),
    "distribute.theatrical": _("showing it in cinemas"),
    "distribute.tv": _("broadcasting it"),
    "distribute.vod": _("offering it on demand"),
    "distribute.home_video": _("selling copies of it"),
    "distribute.other": _("distributing it in any other way"),
}
_ATTRIBUTES: Final[dict[str, Text]] = {
    "face": _("face"),
    "voice": _("voice"),
    "motion": pgettext_lazy("attribute", "movement"),
    "name": _("name"),
}
_KINDS: Final[dict[str, Text]] = {
    "foundation": _("foundation model"),
    "open_weights": _("model with open weights"),
    "customer_private": _("private model of one customer"),
    "evaluation_only": _("evaluation only, no training"),
}
_MARKS: Final[dict[str, Text]] = {
    "uses": _("I have read which uses are allowed, and agree to them."),
    "attributes": _("I have read which of the performer's attributes may be used, and which not."),
    "replica": _("I agree that a digital replica of this kind is made."),
    "survives_death": _("I agree that the consent goes on after the performer's death."),
    "training": _("I agree that models are trained on the performer's material."),
    "open_weights": _("I agree that models whose weights are published may be among them."),
}
FIELDS: Final[dict[str, Text]] = {
    "projects": _("Projects"),
    "role": _("Seen or heard doing"),
    "replica": _("Kind of replica"),
    "media": _("Media"),
    "languages": _("Languages"),
    "ages": _("Apparent ages"),
    "prohibited": _("Never for"),
    "approvals": _("Approvals"),
    "compensation": _("Pay"),
    "revocable": _("May be withdrawn"),
    "survives_death": _("After the performer's death"),
    "strike_suspends": _("In a strike"),
    "representation": _("Represented in this by"),
    "law": _("Governing law"),
    "policy": _("Policy kept"),
    "in_lieu_of_in_person_work": _("In place of work in person"),
    "earnings_set_aside": _("A minor's earnings set aside"),
    "court_approval": _("Approved by the court"),
    "scan_notice_hours": _("Notice before a scan"),
    "disclosure": _("Labels on what is made"),
    "security": _("How it is kept"),
}
_VALUES: Final[dict[str, Text]] = {
    "employment": _("made with the performer, for scenes not shot"),
    "independent": _("made without the performer's participation"),
    "background": _("background replica"),
    "synthetic_resembling": _("synthetic performer who resembles them"),
    "voice_model": _("voice model"),
    "scan": _("scan"),
    "persona": _("persona"),
    "film": _("film"),
    "series": _("series"),
    "advertising": _("advertising"),
    "game": _("games"),
    "audio": _("audio"),
    "online": _("online"),
    "live": _("live events"),
    "internal": _("internal use only"),
    "ncii": _("intimate images"),
    "nudity": _("nudity"),
    "sexual": _("sexual content"),
    "political": _("political messages"),
    "religious": _("religious messages"),
    "hate": _("hate"),
    "violence": _("violence"),
    "tobacco": _("tobacco"),
    "alcohol": _("alcohol"),
    "gambling": _("gambling"),
    "medical": _("medical claims"),
    "disparagement": _("disparagement"),
    "competitors": _("competing brands"),
    "directed_at_minors": _("content directed at minors"),
    "sublicense": _("sublicensing"),
    "open_weights": _("models with open weights"),
    "style_only_clone": _("imitations of style alone"),
    "script": _("script"),
    "clip": _("clip"),
    "final": _("final work"),
    "deny": _("silence means no"),
    "allow": _("silence means yes"),
    "no": _("not"),
    "on_breach": _("upon a breach"),
    "on_strike": _("in a strike"),
    "on_death": _("upon death"),
    "any_time": _("at any time"),
    "visible_label": _("visible label"),
    "machine_readable": _("machine-readable mark"),
    "spoken": _("spoken notice"),
    "credit": _("credit"),
    "encrypted": _("encrypted"),
    "encrypted_own_keys": _("encrypted with keys of one's own"),
    "contract_only": _("this contract alone"),
    "no_fakes_2026": _("the bill NO FAKES (2026), adopted by agreement"),
}
# "CA" is Canada to whoever knows countries; here it is California.
_LAWS: Final[dict[str, Text]] = {
    "CA": _("California (United States)"),
    "NY": _("New York (United States)"),
    "TN": _("Tennessee (United States)"),
    "US": _("United States, federal law"),
    "KR": pgettext_lazy("law", "Republic of Korea"),
    "JP": pgettext_lazy("law", "Japan"),
    "EU": pgettext_lazy("law", "European Union"),
    "DK": pgettext_lazy("law", "Denmark"),
    "GB": pgettext_lazy("law", "United Kingdom"),
    "OTHER": _("another law"),
}
_FLAGS: Final[dict[str, tuple[Text, Text]]] = {
    "survives_death": (_("the consent goes on"), _("the consent ends")),
    "strike_suspends": (_("the consent rests"), _("the consent goes on")),
}
_PARTS: Final[dict[str, Text]] = {
    "stages": _("of"),
    "hours": _("time to answer"),
    "silence": _("without an answer"),
    "scan_day": _("for a day of scanning"),
    "per_use": _("for each use"),
    "flat": _("once"),
    "days_equivalent": _("stands for"),
    "revenue_share": _("share of revenue"),
    "residuals": _("residuals"),
    "pension_health": _("pension and health"),
    "when": _("when"),
    "notice_days": _("time of notice"),
    "counsel": _("counsel"),
    "union": _("union"),
    "at_rest": _("at rest"),
    "who": _("by"),
    "deletion_due": _("deleted by"),
}
_UNITS: Final[dict[str, Text]] = {
    "min": _("%(price)s a minute"),
    "hour": _("%(price)s an hour"),
    "asset": _("%(price)s a file"),
}
_HOURS: Final = frozenset({"hours", "scan_notice_hours"})
_DAYS: Final = frozenset({"notice_days", "days_equivalent"})
_YES, _NO = _("yes"), _("no")


def use_words(uses: Sequence[str]) -> list[str]:
    """Return the uses, each in words."""
    return [str(_USES[name]) for name in show_uses(expand_uses(list(uses)))]


def attribute_words(attributes: Sequence[str]) -> list[str]:
    return [str(_ATTRIBUTES[name]) for name in attributes]


def kind_words(kinds: Sequence[str]) -> list[str]:
    return [str(_KINDS[name]) for name in kinds]


def mark_words(mark: str) -> Text:
    """Return the sentence that a separate mark agrees to."""
    return _MARKS[mark]


def value_words(value: str) -> Text:
    """Return a term's value in words; one that no table knows shows itself."""
    return _VALUES.get(value, value)


def law_words(law: str) -> Text:
    """Return the name of a governing law; one that no table knows shows itself."""
    return _LAWS.get(law, law)


def died_words(voice: Voice, performer: Performer) -> str | None:
    """Return when a performer who has died did, None for one who lives."""
    if voice.standing is not Standing.DECEASED or performer.deceased_on is None:
        return None
    return str(_("died on %(day)s") % {"day": performer.deceased_on.isoformat()})


def estate_words(voice: Voice) -> str | None:
    """Return how the heirs of a performer who has died decide, None where none of them sign."""
    if voice.standing is not Standing.DECEASED or not any(
        each.basis == Basis.HEIR for each in voice.signers
    ):
        return None
    if voice.rule == HeirsRule.ALL:
        return str(_("The performer has died. Every heir must sign."))
    return str(_("The performer has died. Heirs who hold more than half of the estate must sign."))


def term_lines(terms: Mapping[str, Any]) -> list[list[str]]:
    """Return the further terms as pairs of a name and what is agreed, in a fixed order: a database
    may give them in another than they were written in."""
    return [[str(FIELDS[name]), _said(name, terms[name])] for name in FIELDS if name in terms]


def territory_words(territory: Any) -> str:
    """Return the countries of a territory by name; the whole world in one word."""
    countries = parse_territory(territory)
    if countries == frozenset(COUNTRIES):
        return str(_("the whole world"))
    names = Locale.parse(get_language() or "en", sep="-").territories
    return ", ".join(sorted(str(names.get(code, code)) for code in countries))


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool):
        yes, no = _FLAGS.get(name, (_YES, _NO))
        return str(yes if value else no)
    if name == "ages":
        return "–".join(map(str, value))
    if isinstance(value, list):
        return ", ".join(_said("", each) for each in value)
    if isinstance(value, dict):
        return _parts(value)
    if isinstance(value, str):
        return str(law_words(value) if name == "law" else value_words(value))
    return _counted(name, value)


def _parts(value: Mapping[str, Any]) -> str:
    if value.keys() == {"amount", "currency", "per"}:
        price = f"{value['currency']} {value['amount']}"
        return str(_UNITS[value["per"]]) % {"price": price} if value["per"] in _UNITS else price
    return "; ".join(
        f"{_PARTS[part]}: {_said(part, value[part])}" for part in _PARTS if part in value
    )


def _counted(name: str, value: int) -> str:
    """Return a number with its unit, where it has one."""
    if name in _HOURS:
        return ngettext("%(count)d hour", "%(count)d hours", value) % {"count": value}
    if name in _DAYS:
        return ngettext("%(count)d day", "%(count)d days", value) % {"count": value}
    return str(value)
