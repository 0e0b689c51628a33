"""What the API says about questions to a whole library."""

from typing import Any

from rest_framework import serializers

from api.fields import word
from api.outputs.catalog import strings
from api.shapes import Output, made
from licensing.library.surveys import progress
from licensing.models import Exclusivity, SurveyState, Verdict


class SurveyProgress(Output):
    """How far it is; null where nobody knows."""

    done = serializers.IntegerField(help_text="Files.")
    total = serializers.IntegerField(help_text="Files.")
    rate = serializers.IntegerField(allow_null=True, help_text="Files a second.")
    seconds_left = serializers.IntegerField(allow_null=True)


class Counted(Output):
    name = serializers.CharField(help_text="A verdict, or the code of a reason.")
    files = serializers.IntegerField()
    milliseconds = serializers.IntegerField(help_text="How long they are together.")


def _progress(*columns: Any) -> dict[str, Any]:
    return progress(*columns)._asdict()


def _verdicts(counts: dict[str, Any]) -> list[dict[str, Any]]:
    known = counts["verdicts"]
    return [_counted(name, known[name]) for name in Verdict.values if name in known]


def _reasons(counts: dict[str, Any]) -> list[dict[str, Any]]:
    found = [_counted(name, counted) for name, counted in counts["reasons"].items()]
    return sorted(found, key=lambda each: (-each["milliseconds"], -each["files"], each["name"]))


def _counted(name: str, counted: list[int]) -> dict[str, Any]:
    return {"name": name, "files": counted[0], "milliseconds": counted[1]}


class Survey(Output):
    """A question about every file of the organisation's titles, of any lab."""

    code = serializers.CharField()
    state = word(SurveyState)
    asked_at = serializers.DateTimeField(help_text="The moment of decision for every file.")
    finished_at = serializers.DateTimeField(allow_null=True)
    uses = strings()
    model_kinds = strings()
    territory = serializers.JSONField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    exclusivity = word(Exclusivity)
    tables = serializers.CharField(
        source="tables_id", help_text="SHA-256 of the rule tables it is answered with."
    )
    engine = serializers.CharField()
    progress = made(
        SurveyProgress(), _progress, "state", "done", "total", "asked_at", "finished_at"
    )
    verdicts = made(Counted(many=True), _verdicts, "counts")
    reasons = made(Counted(many=True), _reasons, "counts")


def _objects(**kwargs: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.DictField(), **kwargs)


class Answer(Output):
    """One file. The lists are as the clearance contract writes them; a repair names no fact."""

    asset = serializers.CharField(source="asset__code")
    title = serializers.CharField(source="asset__title__code")
    name = serializers.CharField(source="asset__title__name")
    verdict = word(Verdict, source="finding__verdict")
    reasons = made(strings(), str.split, "finding__reasons")
    cleared = _objects(source="finding__cleared")
    conditions = _objects(source="finding__conditions")
    repairs = _objects(source="finding__repairs")
