"""Files from a page's form, streamed to disk like every other upload.

    @streamed_upload
    def add_file(request: HttpRequest, code: str) -> HttpResponse:
        intake = uploaded(request, "file")       # raises Invalid, TooLarge
        register_asset(..., intake=intake, filename=request.FILES["file"].name)

The decorator goes outermost. It checks the CSRF token itself, after putting the handler in place:
Django reads the form to find the token, and what reads it first decides where the file goes. Put
a log-in check between decorator and view, or before the decorator, not instead of it.
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from accounts.errors import DomainError, Invalid
from catalog.intake import CHUNK_BYTES, Draft, Intake, too_large

# Generic for the type checker only.
if TYPE_CHECKING:
    _File = UploadedFile[bytes]
else:
    _File = UploadedFile

# What a form may hold beside its file.
_FORM_BYTES = 2**20


class ReceivedFile(_File):
    """A form's file, already on disk; or the reason why it was not accepted.

    Django closes it at the end of the request, which removes it unless it was adopted.
    `content_type` is what its sender calls it.
    """

    def __init__(
        self, name: str | None, received: Intake | DomainError, content_type: str | None
    ) -> None:
        size = received.size_bytes if isinstance(received, Intake) else 0
        super().__init__(name=name, size=size, content_type=content_type)
        self._received = received

    @property
    def intake(self) -> Intake:
        """The received file; raises the error of a file that was not accepted."""
        if isinstance(self._received, DomainError):
            raise self._received
        return self._received

    def close(self) -> None:
        if isinstance(self._received, Intake):
            self._received.discard()


class StreamingUploadHandler(FileUploadHandler):
    """Writes a form's files to disk while they arrive; `request.FILES` holds ReceivedFile.

    Errors wait in the ReceivedFile: raised here, they would hit whoever reads the form first.
    A file that is cut off before its end does not appear in `request.FILES` at all.
    """

    chunk_size = CHUNK_BYTES

    def __init__(self, request: HttpRequest | None = None, *, max_bytes: int) -> None:
        super().__init__(request)
        self._max_bytes = max_bytes
        self._draft: Draft | None = None
        self._error: DomainError | None = None
        self._files: list[ReceivedFile] = []

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._draft, self._error = Draft(max_bytes=self._max_bytes), None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self._draft is None:  # refused already: the rest of it is read and dropped
            return
        try:
            self._draft.write(bytes(raw_data))
        except DomainError as error:
            self._drop(error)

    def file_complete(self, file_size: int) -> ReceivedFile:
        received: Intake | DomainError | None = self._error
        if self._draft is not None:
            try:
                received = self._draft.finish()
            except DomainError as error:
                received = error
            self._drop(None)
        assert received is not None  # noqa: S101 - without a draft there is an error
        self._files.append(ReceivedFile(self.file_name, received, self.content_type))
        return self._files[-1]

    def upload_interrupted(self) -> None:
        self._drop(None)

    def close(self) -> None:
        """Remove what was not adopted: a file whose connection broke in the middle, and those of
        a form that turned out to be none after they had arrived."""
        self.upload_interrupted()
        for file in self._files:
            file.close()

    def _drop(self, error: DomainError | None) -> None:
        if self._draft is not None:
            self._draft.close()
        self._draft, self._error = None, error


def streamed_upload[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Make a view's form files stream to disk. Raises TooLarge for a body that cannot fit."""
    protected = csrf_protect(view)

    @wraps(view)
    def streaming(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        max_bytes = settings.ENV.upload_max_bytes
        if int(request.META.get("CONTENT_LENGTH") or 0) > max_bytes + _FORM_BYTES:
            raise too_large(max_bytes)
        handler = StreamingUploadHandler(request, max_bytes=max_bytes)
        request.upload_handlers = [handler]
        try:
            return protected(request, *args, **kwargs)
        finally:
            handler.close()

    return csrf_exempt(streaming)


def uploaded(request: HttpRequest, field: str) -> Intake:
    """Return the file that the form's `field` brought, or raise Invalid(field, …) or TooLarge."""
    file = sent_file(request, field)
    if file is None:
        raise Invalid(field, _("No whole file arrived. Choose the file and send it again."))
    return file.intake


def sent_file(request: HttpRequest, field: str) -> ReceivedFile | None:
    """Return what the form's `field` brought, None without a whole file. Of several nobody knows
    which was meant: raises Invalid(field, …)."""
    files = request.FILES.getlist(field)
    if len(files) > 1:
        raise Invalid(field, _("Send one file here, not several."))
    return files[0] if files and isinstance(files[0], ReceivedFile) else None
