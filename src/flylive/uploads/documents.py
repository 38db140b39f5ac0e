"""Documents: PDF alone. Stored as given and only ever served to be downloaded."""

from flylive.uploads.errors import DamagedFile, NotClean


def identify(data: bytes) -> str | None:
    """The content type of a document that begins and ends as one; None where it is none.

    Raises DamagedFile, NotClean.
    """
    if not data.startswith(b"%PDF-"):
        return None
    end = data.rfind(b"%%EOF")
    if end < 0:
        raise DamagedFile("The document is cut off")
    if data[end + 5 :].strip(b"\r\n \t\x00"):
        raise NotClean
    return "application/pdf"
