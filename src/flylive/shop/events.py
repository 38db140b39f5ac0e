"""What the shop tells, on the stream of whom it is about.

- ``notice`` frame_updated: put the frame into ``GET /me/frames``, by `frame_id`; where it is
  active, no other one is;
- ``notice`` theme_owned: put the theme into ``GET /me/themes``, by `theme_id`.

A frame is over at its `expires_at`, told or not; the notice comes within seconds. What stands in
`frame` and `theme` is the catalogue's at that moment; when staff change the sources of a frame,
whoever wears it is told.
"""

from flylive.realtime import Event
from flylive.shop.schemas import OwnedFrame, OwnedTheme


class FrameUpdated(Event, tag="notice", kw_only=True, frozen=True):
    """A frame was bought, given, put on, taken off, or is over. `kind`: frame_updated."""

    kind: str
    frame: OwnedFrame


class ThemeOwned(Event, tag="notice", kw_only=True, frozen=True):
    """A theme was bought. `kind`: theme_owned."""

    kind: str
    theme: OwnedTheme
