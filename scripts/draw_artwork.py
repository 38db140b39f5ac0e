"""Draw the families of the demo world's artwork: frames, levels, themes and avatars.

    python scripts/draw_artwork.py

The same pictures every time. The files are kept in the repository; run this again only after a
change to the drawings. Gifts, badges and room logos are drawn by hand and are not touched.
"""

import draw_avatars
import draw_frames
import draw_levels
import draw_themes

if __name__ == "__main__":
    for family in (draw_frames, draw_levels, draw_themes, draw_avatars):
        family.draw()
