"""Rows that one organisation owns."""

from typing import ClassVar, Protocol, Self

from django.db import models


class Acting(Protocol):
    """Who asks, as far as the rows need to know it: an `accounts.access.Actor`."""

    @property
    def organisation(self) -> models.Model | None: ...


class Owned[Row: models.Model](models.QuerySet[Row]):
    """Rows that nobody sees but who acts for the organisation at the end of the path `owner`."""

    owner: ClassVar[str] = "organisation"

    def visible_to(self, actor: Acting) -> Self:
        if actor.organisation is None:
            return self.none()
        return self.filter(**{self.owner: actor.organisation})
