"""Why a file is not taken or not given; nothing is changed.

::

    Problem
    ├── 400  BrokenForm
    ├── 403  AddressForged, AddressExpired
    ├── 404  UnknownUpload
    ├── 408  TooSlow
    ├── 413  FileTooLarge, TooManyPixels, TooManyFrames
    ├── 415  NotAForm, TypeNotTaken
    ├── 422  EmptyFile, DamagedFile, NotClean
    └── 429  TooManyUploads
"""

from flylive.errors import Forbidden, NotFound, Problem, TooManyRequests


class NotAForm(Problem):
    """The body is no ``multipart/form-data``, or its boundary is missing."""

    status, code, title = 415, "upload.not_a_form", "Send the file as multipart/form-data"


class BrokenForm(Problem):
    """The body is no well-formed multipart form, or ends too early."""

    status, code, title = 400, "upload.broken_form", "The form could not be read"


class TooSlow(Problem):
    """The file did not arrive in time. Extra: `seconds`."""

    status, code, title = 408, "upload.too_slow", "The file took too long to arrive"


class EmptyFile(Problem):
    """The file has no content."""

    status, code, title = 422, "upload.empty", "The file is empty"


class TypeNotTaken(Problem):
    """By its content, the file is nothing that this purpose takes. Extra: `accepts` (types)."""

    status, code, title = 415, "upload.type_not_taken", "A file of this type is not taken here"


class DamagedFile(Problem):
    """It begins as a file of a known type, but is truncated, corrupt or contradicts itself."""

    status, code, title = 422, "upload.damaged", "The file is damaged"


class NotClean(Problem):
    """Something else follows where the file should end, such as an archive or a script."""

    status, code = 422, "upload.not_clean"
    title = "The file goes on after its end: send the picture, sound or document alone"


class FileTooLarge(Problem):
    """More bytes than the purpose takes. Extra: `max_bytes`."""

    status, code, title = 413, "upload.too_large", "The file is too large"


class TooManyPixels(Problem):
    """A larger image than is decoded. Extras: `width`, `height`, `max_pixels`."""

    status, code, title = 413, "upload.too_many_pixels", "The image has too many pixels"


class TooManyFrames(Problem):
    """A longer animation than is decoded. Extras: `frames`, `max_frames`."""

    status, code, title = 413, "upload.too_many_frames", "The animation is too long"


class TooManyUploads(TooManyRequests):
    """More uploads in a day, or at the same time, than one may. Extra: `retry_after` seconds."""

    code, title = "upload.too_many", "Too many uploads"


class UnknownUpload(NotFound):
    """No such file."""

    code, title = "upload.not_found", "There is no such file"


class AddressForged(Forbidden):
    """A private file's address without a signature of ours."""

    code, title = "upload.address_not_signed", "This address is not signed by the platform"


class AddressExpired(Forbidden):
    """The time of a private file's address is over; what named it gives a new one."""

    code, title = "upload.address_expired", "This address has expired: ask for it again"
