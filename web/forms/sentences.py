"""What a form says of what was not filled in or cannot be read: Django's own sentences, said as the
product speaks. Importing this says them so in every form."""

from typing import Any, Final

from django import forms
from django.core import validators
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

_OF_LIST: Final = _("“%(value)s” is not in the list. Choose one that is.")
_SENTENCES: Final[dict[Any, dict[str, Any]]] = {
    forms.Field: {"required": _("Fill this in.")},
    forms.BooleanField: {"required": _("Tick this box.")},
    forms.ChoiceField: {"required": _("Choose one."), "invalid_choice": _OF_LIST},
    forms.MultipleChoiceField: {
        "required": _("Choose at least one."),
        "invalid_choice": _OF_LIST,
        "invalid_list": _("Choose from the list."),
    },
    forms.IntegerField: {"invalid": _("Write a whole number, such as 12.")},
    forms.DecimalField: {"invalid": _("Write a number, such as 12.5.")},
    forms.DateField: {"invalid": _("Write a day, such as 2027-01-31.")},
    forms.FileField: {
        "required": _("Choose a file."),
        "invalid": _("No file arrived. Choose it once more."),
        "missing": _("No file arrived. Choose it once more."),
        "empty": _("The file is empty. Choose another one."),
        "max_length": ngettext_lazy(
            "The name of the file may have %(max)d character; it has %(length)d.",
            "The name of the file may have %(max)d characters; it has %(length)d.",
            "max",
        ),
    },
}
_VALIDATORS: Final[dict[Any, Any]] = {
    validators.EmailValidator: _("Write an e-mail address, such as name@example.com."),
    validators.ProhibitNullCharactersValidator: _("Remove the characters that are no text."),
    validators.MinValueValidator: _("Write %(limit_value)s or more."),
    validators.MaxValueValidator: _("Write %(limit_value)s or less."),
    validators.MaxLengthValidator: ngettext_lazy(
        "Write at most %(limit_value)d character; these are %(show_value)d.",
        "Write at most %(limit_value)d characters; these are %(show_value)d.",
        "limit_value",
    ),
    validators.MinLengthValidator: ngettext_lazy(
        "Write at least %(limit_value)d character; these are %(show_value)d.",
        "Write at least %(limit_value)d characters; these are %(show_value)d.",
        "limit_value",
    ),
}

for _field, _said in _SENTENCES.items():
    _field.default_error_messages = _field.default_error_messages | _said
for _validator, _message in _VALIDATORS.items():
    _validator.message = _message
