"""What does not go into the server's log, or not at its full length."""

import logging
from typing import override


class OneLineOfStrangers(logging.Filter):
    """What strangers send to provoke us (a wrong Host, too many fields) is told in one line.

    Django logs it as an error of ours, with the traceback of its own refusal.
    """

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            # The name under which an operator sets it.
            said = record.getMessage().replace("ALLOWED_HOSTS", "EDGECODE_ALLOWED_HOSTS")
            record.msg, record.args = said[:500], ()
        return True


class WithoutThreadAdvice(logging.Filter):
    """Granian advises against more threads than processors need. Ours are many on purpose: an
    upload over a slow line holds one while it waits."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return "Configuration allows spawning" not in record.getMessage()
