"""What the API says of the wordings that an agreement can hold."""

from typing import Any

from rest_framework import serializers

from api.shapes import Output
from licensing.agreement.clauses import SECTIONS, WHEN, Clause, Section, Version, digest


def _rows(**kwargs: Any) -> serializers.ListField:
    cells = serializers.ListField(child=serializers.CharField())
    return serializers.ListField(child=cells, **kwargs)


class ClauseVersion(Output):
    number = serializers.IntegerField(help_text="From 1; a wording is never changed.")
    since = serializers.DateField()
    sha256 = serializers.CharField(
        help_text="Of the English: JSON (RFC 8785) of [[id, number, en, rows_en]]."
    )
    en = serializers.CharField(help_text="What is agreed; {names} are filled in from the terms.")
    ko = serializers.CharField(help_text="For reading.")
    rows_en = _rows(help_text="The table below it, row by row.")
    rows_ko = _rows()


class AgreementClause(Output):
    """A clause with all of its versions, the oldest first: the last goes into new agreements."""

    id = serializers.CharField()
    section = serializers.CharField()
    when = serializers.ChoiceField(choices=sorted(WHEN), help_text="In which agreements it is.")
    table = serializers.CharField(help_text="What of the terms is listed below it; empty: nothing.")
    version = serializers.IntegerField(help_text="The one in use.")
    versions = ClauseVersion(many=True)


class ClauseSection(Output):
    number = serializers.IntegerField()
    id = serializers.CharField()
    en = serializers.CharField()
    ko = serializers.CharField()
    clauses = AgreementClause(many=True)


class ClauseLibrary(Output):
    sections = ClauseSection(many=True)


def library() -> dict[str, Any]:
    """Return the JSON of all clauses."""
    return {"sections": [_section(section) for section in SECTIONS]}


def clause(name: str) -> dict[str, Any] | None:
    """Return the JSON of one clause, or None."""
    return next(
        (
            _clause(section, each)
            for section in SECTIONS
            for each in section.clauses
            if each.id == name
        ),
        None,
    )


def _section(section: Section) -> dict[str, Any]:
    return {
        "number": section.number,
        "id": section.id,
        "en": section.en,
        "ko": section.ko,
        "clauses": [_clause(section, each) for each in section.clauses],
    }


def _clause(section: Section, each: Clause) -> dict[str, Any]:
    return {
        "id": each.id,
        "section": section.id,
        "when": each.when,
        "table": each.table,
        "version": each.newest.number,
        "versions": [_version(each.id, version) for version in each.versions],
    }


def _version(name: str, version: Version) -> dict[str, Any]:
    return {
        "number": version.number,
        "since": version.since.isoformat(),
        "sha256": digest([(name, version.number)]),
        "en": version.en,
        "ko": version.ko,
        "rows_en": [list(row) for row in version.rows_en],
        "rows_ko": [list(row) for row in version.rows_ko],
    }
