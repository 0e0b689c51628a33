"""What search answers."""

from typing import Any
from urllib.parse import urlencode

from rest_framework import serializers

from api.fields import word
from api.outputs.accounts import Party
from api.outputs.catalog import JsonObject, TranslatedName, poster_address, strings
from api.outputs.media import thumbnail_address
from api.shapes import Output, made
from catalog.models import AssetKind, TitleKind
from catalog.search.query import QueryError, from_json, parameters
from licensing.models import PriceUnit
from licensing.search.results import Answer, Result


class FoundTitle(Output):
    code = serializers.CharField()
    kind = word(TitleKind)
    name = serializers.CharField()
    language = serializers.CharField(help_text="BCP 47.")
    names = TranslatedName(many=True)
    year = serializers.IntegerField(allow_null=True)
    organisation = Party()
    files = serializers.IntegerField(help_text="How many the work has, for a lab: on offer.")


class FoundFile(Output):
    code = serializers.CharField()
    kind = word(AssetKind)
    mime = serializers.CharField()
    facts = JsonObject()
    poster_url = serializers.CharField(allow_null=True)


class FoundShot(Output):
    number = serializers.IntegerField()
    start_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()
    tags = strings()
    thumbnail_url = serializers.CharField(allow_null=True)


class FoundLine(Output):
    start_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()
    text = serializers.CharField()
    speaker = serializers.CharField()
    language = serializers.CharField(help_text="BCP 47.")


class FoundOffer(Output):
    code = serializers.CharField()
    price_minor = serializers.IntegerField(help_text="In minor units, `per` file, minute or hour.")
    per = word(PriceUnit)
    currency = serializers.CharField()
    uses = strings()


class SearchResult(Output):
    """A title; or a file, a shot or a spoken line of it."""

    title = FoundTitle()
    asset = FoundFile(allow_null=True)
    shot = FoundShot(allow_null=True)
    line = FoundLine(allow_null=True)
    offer = FoundOffer(allow_null=True)


class Sum(Output):
    currency = serializers.CharField()
    amount_minor = serializers.IntegerField()


class SearchAnswer(Output):
    """One page of the result, and what is true of all of it."""

    total = serializers.IntegerField()
    duration_ms = serializers.IntegerField()
    prices = Sum(many=True)
    unpriced = serializers.IntegerField(help_text="How many have no price.")
    counts = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text="For each filter and each of its values: how many with it, the other filters"
        " standing.",
    )
    waiting = serializers.IntegerField(
        help_text="How many titles of one's own changed and are not taken up yet: what is new of"
        " them is not found, nor counted."
    )
    is_behind = serializers.BooleanField(
        help_text="Whether something changed that is not taken up yet: of one's own titles, or for"
        " a lab of those on offer."
    )
    next = serializers.URLField(allow_null=True)
    results = SearchResult(many=True)


def _parameters(query: str) -> str:
    try:
        return urlencode(parameters(from_json(query)))
    except QueryError:  # of another version
        return ""


class SavedSearch(Output):
    code = serializers.CharField()
    name = serializers.CharField()
    parameters = made(serializers.CharField(help_text="For `search/?`."), _parameters, "query")
    created_at = serializers.DateTimeField()


def answer_of(answer: Answer, following: str | None) -> dict[str, Any]:
    """Return the JSON of an answer; `following` is the address of the next page."""
    found = answer.found
    return {
        "total": found.total,
        "duration_ms": found.duration_ms,
        "prices": [
            {"currency": currency, "amount_minor": amount}
            for currency, amount in found.prices.items()
        ],
        "unpriced": found.unpriced,
        "counts": found.counts,
        "waiting": answer.waiting,
        "is_behind": answer.is_behind,
        "next": following,
        "results": [_result(each) for each in answer.results],
    }


def _result(found: Result) -> dict[str, Any]:
    title, asset, shot, line, offer = (
        found.title,
        found.asset,
        found.shot,
        found.line,
        found.offer,
    )
    return {
        "title": {
            "code": title.code,
            "kind": title.kind,
            "name": title.name,
            "language": title.language,
            "names": [{"language": name.language, "name": name.name} for name in found.names],
            "year": title.year,
            "organisation": {
                "code": title.organisation.code,
                "name": title.organisation.name,
            },
            "files": found.files,
        },
        "asset": asset
        and {
            "code": asset.code,
            "kind": asset.kind,
            "mime": asset.mime,
            "facts": asset.facts,
            "poster_url": poster_address(asset.code, asset.poster_key),
        },
        "shot": shot
        and {
            "number": shot.number,
            "start_ms": shot.start_us // 1000,
            "end_ms": shot.end_us // 1000,
            "tags": sorted({tag.tag for tag in shot.tags.all()}),
            "thumbnail_url": asset
            and thumbnail_address(asset.code, shot.number, shot.thumbnail_key),
        },
        "line": line
        and {
            "start_ms": line.start_ms,
            "end_ms": line.end_ms,
            "text": line.text,
            "speaker": line.speaker,
            "language": line.transcript.language,
        },
        "offer": offer
        and {
            "code": offer.code,
            "price_minor": offer.price_minor,
            "per": offer.per,
            "currency": offer.currency,
            "uses": offer.uses,
        },
    }
