"""What migrations need beside Django's own operations."""

from collections.abc import Sequence
from typing import Any, Final

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class CreateTables(Operation):
    """Make all new tables of an application at once, each as it is after the last of the
    operations (CreateModel, then AddField, AddConstraint and AddIndex on what they create).

    After each operation that stands alone Django renders anew all models that the changed one is
    connected with, which in an application where everything is connected took twenty of the
    twenty-three seconds of a first start.
    """

    def __init__(self, operations: Sequence[Any]) -> None:
        self.operations: Final = operations

    @property
    def _tables(self) -> list[str]:
        return [each.name for each in self.operations if isinstance(each, CreateModel)]

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        if "apps" in state.__dict__:
            del state.apps  # rendered once, when next asked for
        for each in self.operations:
            each.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for name in self._tables:
            schema_editor.create_model(_models(to_state).get_model(app_label, name))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for name in reversed(self._tables):
            schema_editor.delete_model(_models(from_state).get_model(app_label, name))

    def describe(self) -> str:
        return "Create tables " + ", ".join(self._tables)


def _models(state: ProjectState) -> Apps:
    apps: Apps = state.apps
    return apps
