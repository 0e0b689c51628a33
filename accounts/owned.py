"""Rows that one organisation owns."""

from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models

if TYPE_CHECKING:
    from accounts.access import Actor


class Owned[Row: models.Model](models.QuerySet[Row]):
    """Rows that nobody sees but who acts for the organisation at the end of the path `owner`."""

    owner: ClassVar[str] = "organisation"

    def visible_to(self, actor: "Actor") -> Self:
        if actor.organisation is None:
            return self.none()
        return self.filter(**{self.owner: actor.organisation})
