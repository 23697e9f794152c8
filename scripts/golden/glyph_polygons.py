"""Writes data/goldens/glyph/polygons.json: minimum-area rectangles, corners and filled masks of
random polygons by OpenCV (opencv-python-headless 4.10.0.84, numpy 1.26.4). Run from the root of the
repository."""
import json

import cv2
import numpy as np

rng = np.random.default_rng(7)


def polygon(t):
    """Of five: an axis-parallel rectangle in either direction, a turned one, three of any points."""
    size = [6, 20, 60, 512][t % 4]
    p = rng.integers(-size // 4, size, (int(rng.integers(1, 9)), 2))
    if t % 5 == 0:
        x0, y0, x1, y1 = rng.integers(0, size, 4)
        p = np.roll(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]), rng.integers(4), 0)
        p = p[::-1] if t % 2 else p
    if t % 5 == 1:
        p = cv2.boxPoints(((rng.uniform(0, size), rng.uniform(0, size)),
                           (rng.uniform(1, size), rng.uniform(1, size)), rng.uniform(0, 360)))
    return np.ascontiguousarray(p, np.int32)


rows = []
for t in range(160):
    p = polygon(t)
    rect = cv2.minAreaRect(p)
    height, width = (int(v) for v in rng.integers(1, 40, 2))
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [p], 1)
    rows.append(dict(polygon=p.tolist(), center=list(rect[0]), size=list(rect[1]), angle=rect[2],
                     box=np.int0(cv2.boxPoints(rect)).tolist(), height=height, width=width,
                     fill=["".join(".#"[v] for v in line) for line in mask]))

note = ("random polygons: cv2.minAreaRect, integer-truncated cv2.boxPoints, cv2.fillPoly on "
        "height x width ('#': set)")
case = dict(made_with=dict(opencv=cv2.__version__, numpy=np.__version__), note=note, rows=rows)
with open("data/goldens/glyph/polygons.json", "w") as f:
    json.dump(case, f, separators=(",", ":"))
