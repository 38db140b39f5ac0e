"""Going through a file's parts, never beyond its end and never for long."""

from flylive.uploads.errors import DamagedFile

MAX_STEPS = 500_000
"""Some tenths of a second; whole films of GIF and hours of MP3 have fewer parts."""


class Walk:
    """A file and how often it was looked at. Raises DamagedFile where either ends."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)
        self._steps = 0

    def step(self) -> None:
        """Count one look: a file of a million tiny parts would keep a thread busy."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise DamagedFile("The file is made of too many parts")

    def take(self, start: int, length: int) -> bytes:
        """Exactly so many bytes."""
        self.step()
        piece = self.data[start : start + length]
        if len(piece) < length:
            raise DamagedFile("The file is cut off")
        return piece

    def big(self, start: int, length: int) -> int:
        """A number whose first byte counts most."""
        return int.from_bytes(self.take(start, length), "big")

    def little(self, start: int, length: int) -> int:
        """A number whose last byte counts most."""
        return int.from_bytes(self.take(start, length), "little")

    def has(self, piece: bytes, start: int) -> bool:
        """Whether the file goes on with these bytes there."""
        return self.data.startswith(piece, start)
