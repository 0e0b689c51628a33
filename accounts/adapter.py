"""allauth does log-in and passwords; signing up is ours, because it creates an organisation."""

import logging
from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.errors import Text
from accounts.pace import address_of

log = logging.getLogger("edgecode.mail")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages: Mapping[str, Text] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("This e-mail address and this password do not fit together."),
        "enter_current_password": _("This is not your present password."),
        "too_many_login_attempts": _("Too many tries. Try again in some minutes."),
        "invalid_password_reset": _("This link has been used or has expired."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request.META)

    def send_mail(self, template_prefix: str, email: str, context: Mapping[str, Any]) -> None:
        """Send a letter, or answer with a page that says it was not sent."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:  # smtplib's errors are; they quote addresses, so not in full
            why = getattr(error, "smtp_code", None) or error.strerror or ""
            log.error("no letter sent: %s %s", type(error).__name__, why)  # noqa: TRY400
            page = render(self.request, "account/mail_failed.html", status=503)
            raise ImmediateHttpResponse(page) from None
