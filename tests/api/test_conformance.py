"""Generated calls against every API: nothing fails on our side, every answer is described."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis.checks import CHECKS, load_all_checks

from api.views.description import SNAPSHOT
from config.wsgi import application
from tests import factories
from tests.api.soft_binding_description import DESCRIPTION
from tests.worlds import kept

load_all_checks()
_SCHEMA = schemathesis.openapi.from_dict(json.loads(SNAPSHOT.read_text()))
_SCHEMA.app = application
_REPOSITORY = schemathesis.openapi.from_dict(DESCRIPTION)
_REPOSITORY.app = application
for _each in (_SCHEMA, _REPOSITORY):
    # To read all the code for words to send takes longer than the calls; the description has them.
    _each.config.analysis.constants.enabled = False
schemathesis.serializer.alias("application/c2pa", "application/octet-stream")
_WANTED = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]
_SECRETS: dict[str, str] = {}


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """A request must not close the connection whose transaction the test rolls back."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@kept
def secrets() -> dict[str, str]:
    """Those of the keys of a studio and of a lab."""
    return {
        "studio": factories.api_key(factories.studio()),
        "lab": factories.api_key(factories.lab()),
    }


@pytest.fixture(autouse=True)
def _secrets(db: None, secrets: dict[str, str]) -> None:
    _SECRETS.update(secrets)


_GENERATED = settings(
    max_examples=3,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@_SCHEMA.parametrize()
@seed(20260101)
@_GENERATED
def test_no_generated_call_surprises(case: Any) -> None:
    _play(case)


@_REPOSITORY.parametrize()
@seed(20260101)
@_GENERATED
def test_no_generated_call_surprises_the_repository(case: Any) -> None:
    _play(case)


def _play(case: Any) -> None:
    cache.clear()
    for secret in _SECRETS.values():
        response = case.call(headers={"Authorization": f"Bearer {secret}"})
        case.validate_response(response, checks=[CHECKS.get_one(name) for name in _WANTED])
