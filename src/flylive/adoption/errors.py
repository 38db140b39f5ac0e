"""Why an adoption does not go on."""


class CannotAdopt(Exception):
    """Nothing was changed; the words say what to do about it."""
