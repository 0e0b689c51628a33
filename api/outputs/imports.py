"""What the API says about imports."""

from typing import Any

from rest_framework import serializers

from api.fields import word
from api.outputs.catalog import JsonObject
from api.shapes import Output, made
from catalog.importing.report import Progress, progress
from catalog.importing.words import say, say_refusal
from catalog.models import DayOrder, EndPolicy, ImportFormat, ImportState, RowOutcome


class ImportProgress(Output):
    """How far it is; null where nobody knows yet."""

    done = serializers.IntegerField(help_text="Rows.")
    total = serializers.IntegerField(allow_null=True, help_text="Rows.")
    rate = serializers.IntegerField(allow_null=True, help_text="Rows a second.")
    seconds_left = serializers.IntegerField(allow_null=True)


def _progress(*columns: Any) -> dict[str, int | None]:
    found: Progress = progress(*columns)
    return found._asdict()


def _findings(report: dict[str, Any]) -> list[dict[str, Any]]:
    return _said(report.get("findings", []))


def _said(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "message": say(each)} for each in findings]


def _reason(reason: str, report: dict[str, Any]) -> str:
    return say_refusal(report["refused"]) if "refused" in report else reason


def _suggested(report: dict[str, Any]) -> str | None:
    return report.get("suggested_end_policy")


def _withdrawn(report: dict[str, Any]) -> int:
    return int(report.get("withdrawn", 0))


PROGRESS = ("state", "report", "outcomes", "started_at", "finished_at")


class Finding(Output):
    """Something to know about a cell, a row or the file."""

    level = serializers.ChoiceField(choices=["info", "warning", "error"])
    column = serializers.CharField()
    cell = serializers.CharField(help_text="Where it stands, such as Movies!C5.")
    code = serializers.CharField(help_text="The kind of finding.")
    message = serializers.CharField(
        help_text="What is wrong and what to do, in the language asked for."
    )
    params = JsonObject(help_text="What the message says in particular.")


class Import(Output):
    code = serializers.CharField()
    filename = serializers.CharField()
    sha256 = serializers.CharField()
    size_bytes = serializers.IntegerField()
    format = word(ImportFormat)
    source = serializers.CharField(  # type: ignore[assignment]
        source="source__code", allow_null=True
    )
    zone = serializers.CharField()
    day_order = word(DayOrder)
    end_policy = word(EndPolicy, help_text="Empty: not decided; ends were read as exclusive.")
    dry_run = serializers.BooleanField(source="is_dry_run")
    state = word(ImportState)
    reason = made(serializers.CharField(help_text="Why it failed."), _reason, "reason", "report")
    accepted = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    warned = serializers.IntegerField()
    rejected = serializers.IntegerField()
    withdrawn = made(
        serializers.IntegerField(help_text="Earlier terms that a Full Extract left out."),
        _withdrawn,
        "report",
    )
    progress = made(ImportProgress(), _progress, *PROGRESS)
    suggested_end_policy = made(
        serializers.CharField(
            allow_null=True, help_text="What adjoining windows show of its ends."
        ),
        _suggested,
        "report",
    )
    findings = made(Finding(many=True), _findings, "report")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportRow(Output):
    sheet = serializers.CharField()
    number = serializers.IntegerField()
    name = serializers.CharField()
    outcome = word(RowOutcome)
    title = serializers.CharField(source="title__code", allow_null=True)
    findings = made(Finding(many=True), _said, "findings")


class ImportSource(Output):
    """Who sends files, and how they write time."""

    code = serializers.CharField()
    name = serializers.CharField()
    zone = serializers.CharField()
    day_order = word(DayOrder)
    end_policy = word(EndPolicy)
    created_at = serializers.DateTimeField()
