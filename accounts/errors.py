"""What a verb says when it refuses. The API turns these into RFC 9457 problems, pages into
messages beside the field; neither needs to know the verb."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Text = str | Promise


class DomainError(Exception):
    """A refusal that the caller can act on. `message` is one line for people, translated."""

    status = 400
    kind = "refused"
    retry_after_s: int | None = None  # when to ask again, where that helps

    def __init__(self, message: Text, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else str(self.message)


class Invalid(DomainError):
    """The value of `field` cannot be accepted."""

    status = 422
    kind = "invalid"

    def __init__(self, field: str, message: Text) -> None:
        super().__init__(message, field=field)


class NotAllowed(DomainError):
    """The caller is known and may not do this."""

    status = 403
    kind = "not-allowed"


class NotFound(DomainError):
    """There is no such thing for this caller; what others own does not exist either."""

    status = 404
    kind = "not-found"

    def __init__(self, message: Text | None = None) -> None:
        super().__init__(message or _("There is no such thing here."))


class Conflict(DomainError):
    """The thing is not in a state that allows this."""

    status = 409
    kind = "conflict"


class TooLarge(DomainError):
    """More bytes than allowed."""

    status = 413
    kind = "too-large"


class Unavailable(DomainError):
    """What is needed for this does not answer just now; the same may be asked again soon."""

    status = 503
    kind = "unavailable"
    retry_after_s = 30
