"""`Idempotency-Key` on every POST that changes something: the same call twice acts once and
answers the same. A POST that only asks is answered anew: what it tells is true of its moment.

The answer is stored in the transaction of the act itself, so a killed process leaves either
both or neither, and a second call that comes while the first runs waits for its outcome.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import DomainError, Invalid
from api.models import IdempotentCall
from api.renderers import JSONRenderer
from api.throttling import caller

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(days=7)

type Act = Callable[[], Response]


def once(
    request: Request,
    what: object,
    act: Act,
    *,
    kept: Callable[[Response], Response] = lambda response: response,
) -> Response:
    """Return `act()`, or the stored answer if this caller already used the key for `what`.

    `what` is the content that must not change between calls (the parsed body). Refusals are not
    stored: they changed nothing, and the next try may succeed. `kept` makes the stored answer
    where it must differ from the first, because that one held a secret.
    """
    if (key := _key(request)) is None:
        return act()
    print_ = _fingerprint(request, what)
    if (stored := _stored(request, key, print_)) is not None:
        return stored
    try:
        with transaction.atomic():
            call = IdempotentCall.objects.create(
                caller=caller(request), key=key, fingerprint=print_
            )
            response = act()
            _fill(call, kept(response))
            call.save(update_fields=["status", "content_type", "body"])
            return response
    except IntegrityError:
        # Either a twin of this call was faster, or the act itself broke a constraint.
        if (stored := _stored(request, key, print_)) is None:
            raise
        return stored


def repeatable(request: Request, what: object, act: Act) -> Response:
    """Like `once`, for an act that is slow, manages its own transactions, and gives the same
    when it is repeated: its answer is stored after it, so that it holds no lock meanwhile."""
    if (key := _key(request)) is None:
        return act()
    print_ = _fingerprint(request, what)
    if (stored := _stored(request, key, print_)) is not None:
        return stored
    response = act()
    call = IdempotentCall(caller=caller(request), key=key, fingerprint=print_)
    _fill(call, response)
    IdempotentCall.objects.bulk_create([call], ignore_conflicts=True)
    return response


def prepared[T](
    request: Request, what: object, prepare: Callable[[], T], act: Callable[[T], Response]
) -> Response:
    """Like `once`, for an act with slow work before it that decides nothing: `prepare` runs
    outside the transaction, where it holds no lock, and `act` gets what it made."""
    if (stored := _known(request, what)) is not None:
        return stored
    try:
        ready = prepare()
    except DomainError:
        # What it is refused for may be that a twin of this call has acted meanwhile.
        if (stored := _known(request, what)) is None:
            raise
        return stored
    return once(request, what, lambda: act(ready))


def forget_old() -> int:
    """Delete answers older than seven days; return how many."""
    return IdempotentCall.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def _key(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not (1 <= len(key) <= 255 and key.isprintable()):
        raise Invalid(HEADER, _("Use 1 to 255 printable characters."))
    return key


def _known(request: Request, what: object) -> Response | None:
    key = _key(request)
    return None if key is None else _stored(request, key, _fingerprint(request, what))


def _fill(call: IdempotentCall, response: Response) -> None:
    call.status = response.status_code
    call.content_type = response.content_type or "application/json"
    call.body = JSONRenderer().render(response.data)


def _stored(request: Request, key: str, fingerprint: str) -> Response | None:
    call = IdempotentCall.objects.filter(
        caller=caller(request), key=key, status__isnull=False
    ).first()
    if call is None:
        return None
    if call.fingerprint != fingerprint:
        raise Invalid(HEADER, _("This key was used for another call; take a new one."))
    data: Any = orjson.loads(bytes(call.body)) if call.body else None
    return Response(
        data,
        status=call.status,
        headers={"Idempotent-Replayed": "true"},
        content_type=call.content_type,
    )


def _fingerprint(request: Request, what: object) -> str:
    # Keyed, because a body may hold a password, which a bare hash would let one guess.
    content = orjson.dumps(what, option=orjson.OPT_SORT_KEYS)
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return salted_hmac("edgecode.idempotency", head + content, algorithm="sha256").hexdigest()
