#!/usr/bin/env python3
"""data/goldens/glyph/hinted_*.png: characters as FreeType 2.13 draws them in black and white.

That is Pillow's mode '1' (FT_LOAD_TARGET_MONO). FreeType's own binding is used, because newer
releases, as in newer Pillows, place parts of compound glyphs and fill drop-outs otherwise.
Sixteen characters a row in cells of 3/2 of the size and four pixels, at eight sizes; below each
size a line of text without kerning. Run from the top of the repository.
"""
import freetype
from PIL import Image

CHARACTERS = ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
              "\u00c4\u00e9\u00e7\u00f1\u0151\u0160%&@?")
SIZES = [9, 12, 16, 20, 23, 24, 31, 50]
TEXT = "minimum 0123"



def stamp(image, face, character, x, baseline):
    """Draws one character and returns where the next one stands."""
    face.load_char(character, freetype.FT_LOAD_RENDER | freetype.FT_LOAD_TARGET_MONO)
    glyph, bitmap = face.glyph, face.glyph.bitmap
    for r in range(bitmap.rows):
        for c in range(bitmap.width):
            if bitmap.buffer[r * bitmap.pitch + c // 8] >> (7 - c % 8) & 1:
                at = x + glyph.bitmap_left + c, baseline - glyph.bitmap_top + r
                if min(at) >= 0 and at[0] < image.width and at[1] < image.height:
                    image.putpixel(at, 255)
    return x + glyph.metrics.horiAdvance // 64


assert freetype.version()[:2] == (2, 13), freetype.version()
for font_name in ["DejaVuSans", "DejaVuSerif-Bold"]:
    rows = (len(CHARACTERS) + 15) // 16
    height = sum((rows + 1) * (s * 3 // 2 + 4) for s in SIZES)
    image = Image.new("L", (16 * (SIZES[-1] * 3 // 2 + 4), height), 0)
    face = freetype.Face(f"data/fonts/{font_name}.ttf")
    y = 0
    for size in SIZES:
        face.set_pixel_sizes(0, size)
        ascent = face.size.ascender // 64
        cell = size * 3 // 2 + 4
        for i, c in enumerate(CHARACTERS):
            stamp(image, face, c, i % 16 * cell + 2, y + i // 16 * cell + ascent)
        x = 2
        for c in TEXT:
            x = stamp(image, face, c, x, y + rows * cell + ascent)
        y += (rows + 1) * cell
    image.save(f"data/goldens/glyph/hinted_{font_name}.png", optimize=True)
