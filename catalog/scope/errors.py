"""The one error of the clearance engine."""


class CaseError(ValueError):
    """A malformed case. `path` is a JSON path such as `$.facts[2].territory.include[0]`."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message
