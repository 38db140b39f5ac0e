"""Why words are not taken; nothing is written."""

from flylive.errors import FieldError, Problem, TooManyRequests


class WordNotAllowed(Problem):
    """A word of the room's or the platform's list. Extra: `word`, as it stands in the list."""

    status, code, title = 422, "message.word_not_allowed", "A word in it is not allowed here"

    def __init__(self, word: str) -> None:
        message = f"“{word}” is not allowed here"
        super().__init__(message, errors=[FieldError("content", message)], word=word)


class LinkNotAllowed(Problem):
    """An address, where addresses are not taken. Extra: `link`."""

    status, code, title = 422, "message.link_not_allowed", "Links are not allowed here"

    def __init__(self, link: str) -> None:
        message = "must not contain a link"
        super().__init__(message, errors=[FieldError("content", message)], link=link)


class Repeated(TooManyRequests):
    """The same again and again. Extra: `retry_after` seconds."""

    code, title = "message.repeated", "You said this several times already"
