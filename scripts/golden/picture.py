"""Makes data/pictures/sign.jpg: a CC0 photograph with a painted wooden sign laid into it.

The photograph is "coffee" of scikit-image (CC0, photographed by Rachel Michetti, courtesy of Pikolo
Espresso Bar). The sign is drawn, turned, blurred and grained to sit in the picture.
Usage: picture.py COFFEE.png FONT.ttf OUT.jpg
"""
import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

photo = Image.open(sys.argv[1]).convert("RGB")
font = ImageFont.truetype(sys.argv[2], 96)
width, height, scale = 230, 84, 4

sign = Image.new("RGBA", (width * scale, height * scale), (0, 0, 0, 0))
draw = ImageDraw.Draw(sign)
draw.rounded_rectangle((8, 8, width * scale - 8, height * scale - 8), 40, fill=(38, 62, 52, 255),
                       outline=(214, 196, 150, 255), width=14)
big = ImageFont.truetype(sys.argv[2], 190)
left, top, right, bottom = draw.textbbox((0, 0), "OPEN", font=big)
draw.text(((width * scale - right - left) / 2, (height * scale - bottom - top) / 2), "OPEN",
          font=big, fill=(238, 228, 204, 255))
sign = sign.resize((width, height), Image.LANCZOS).rotate(7, Image.BICUBIC, expand=True)

place = (338, 12)
shadow = Image.new("RGBA", photo.size, (0, 0, 0, 0))
shadow.paste((0, 0, 0, 150), (place[0] + 5, place[1] + 7), sign.getchannel("A"))
out = Image.alpha_composite(photo.convert("RGBA"), shadow.filter(ImageFilter.GaussianBlur(4)))
layer = Image.new("RGBA", photo.size, (0, 0, 0, 0))
layer.paste(sign, place, sign)
out = Image.alpha_composite(out, layer.filter(ImageFilter.GaussianBlur(0.6))).convert("RGB")

grain = np.random.default_rng(7).normal(0.0, 2.5, (photo.height, photo.width, 1))
out = np.clip(np.asarray(out, dtype=np.float64) + grain, 0, 255).round().astype(np.uint8)
Image.fromarray(out).save(sys.argv[3], quality=90)
