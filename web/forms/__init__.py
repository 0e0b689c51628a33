import web.forms.sentences  # noqa: F401 - says what Django says as the product does
