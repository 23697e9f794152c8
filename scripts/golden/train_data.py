"""Data to train on, and what augmentation must give.

    python scripts/golden/train_data.py digits      data/train/digits, from scikit-learn's copy of UCI's
    python scripts/golden/train_data.py text        data/train/text, from Debian's package bible-kjv
    python scripts/golden/train_data.py augment     data/goldens/train/augment.safetensors

The augmentation is written here once more, with NumPy and Pillow: Philox, the crop's rectangle, the
colours. Needs scikit-learn 1.9 for the digits."""
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np


def idx(path, array):
    array = np.ascontiguousarray(array, dtype=np.uint8)
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(header + array.tobytes())


def digits():
    from sklearn.datasets import load_digits

    data, folder = load_digits(), Path("data/train/digits")
    folder.mkdir(parents=True, exist_ok=True)
    idx(folder / "images.idx3-ubyte", np.minimum(data.images * 16, 255))  # 0 .. 16 to 0 .. 255
    idx(folder / "labels.idx1-ubyte", data.target)


def text():
    folder = Path("data/train/text")
    folder.mkdir(parents=True, exist_ok=True)
    said = subprocess.run(["bible", "-l", "200", "gen1:1-50:26"], capture_output=True, text=True, check=True)
    lines = [" ".join(line.split()) for line in said.stdout.splitlines()]
    (folder / "genesis.txt").write_text("\n".join(line for line in lines if line) + "\n")


M0, M1, W0, W1 = 0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = M0 * c[0], M1 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + W0) & 0xFFFFFFFF, (k[1] + W1) & 0xFFFFFFFF]
    return c


def number64(seed, stream, i):
    split = lambda x: [x & 0xFFFFFFFF, x >> 32]
    words = philox(split(i // 2) + split(stream), split(seed))
    return words[i % 2 * 2] << 32 | words[i % 2 * 2 + 1]


def uniform(seed, stream, n):
    return [(number64(seed, stream, i) >> 11) * 2.0**-53 for i in range(n)]


def normal(seed, stream, n):
    out = []
    for i in range(n):
        a, b = number64(seed, stream, i // 2 * 2), number64(seed, stream, i // 2 * 2 + 1)
        r, t = np.sqrt(-2 * np.log(((a >> 11) + 1) * 2.0**-53)), 2 * np.pi * (b >> 11) * 2.0**-53
        out.append(r * (np.sin(t) if i % 2 else np.cos(t)))
    return np.array(out)


def augmented(picture, how, seed, epoch, sample):
    from PIL import Image

    height, width, channels = picture.shape
    stream = (epoch << 40 | sample) * 2
    u = uniform(seed, stream, 46)
    rectangle = None
    if how["min_area"] > 0:
        for i in range(10):
            area = height * width * (how["min_area"] + (1 - how["min_area"]) * u[4 * i])
            low, high = np.log(3 / 4), np.log(4 / 3)
            aspect = np.exp(low + (high - low) * u[4 * i + 1])
            w, h = round(np.sqrt(area * aspect)), round(np.sqrt(area / aspect))
            if 0 < w <= width and 0 < h <= height:
                rectangle = int(u[4 * i + 2] * (height - h + 1)), int(u[4 * i + 3] * (width - w + 1)), h, w
                break
        assert rectangle
        top, left, h, w = rectangle
        part = picture[top:top + h, left:left + w]
    elif how["pad"] > 0:
        pad = how["pad"]
        top, left = int(u[44] * (2 * pad + 1)), int(u[45] * (2 * pad + 1))
        rectangle = top - pad, left - pad, height, width
        part = np.pad(picture, ((pad, pad), (pad, pad), (0, 0)))[top:top + height, left:left + width]
    else:
        rectangle, part = (0, 0, height, width), picture
    image = Image.fromarray(part[..., 0] if channels == 1 else part)
    image = image.resize((how["width"], how["height"]), Image.BILINEAR)
    x = np.asarray(image, dtype=np.float64).reshape(how["height"], how["width"], channels) / 255
    if how["flip"] and u[40] < 0.5:
        x = x[:, ::-1]
    gray = lambda x: x @ [0.299, 0.587, 0.114] if channels == 3 else x[..., 0]
    factor = lambda name, i: 1 - how[name] + 2 * how[name] * u[i]
    if how["brightness"] > 0:
        x = np.clip(x * factor("brightness", 41), 0, 1)
    if how["contrast"] > 0:
        mean = gray(x).mean()
        x = np.clip(mean + (x - mean) * factor("contrast", 42), 0, 1)
    if how["saturation"] > 0 and channels == 3:
        y = gray(x)[..., None]
        x = np.clip(y + (x - y) * factor("saturation", 43), 0, 1)
    if how["lighting"] > 0 and channels == 3:
        axes = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
        x = x + axes @ (np.array([0.2175, 0.0188, 0.0045]) * normal(seed, stream + 1, 3) * how["lighting"])
    mean, deviation = np.array(how["mean"][:channels]), np.array(how["deviation"][:channels])
    return rectangle, ((x - mean) / deviation).transpose(2, 0, 1)


CASES = [
    dict(channels=3, height=12, width=10, min_area=0.3, pad=0, flip=True, brightness=0.4, contrast=0.4,
         saturation=0.4, lighting=0.1, mean=[0.485, 0.456, 0.406], deviation=[0.229, 0.224, 0.225]),
    dict(channels=1, height=24, width=31, min_area=0, pad=3, flip=True, brightness=0, contrast=0.2,
         saturation=0.5, lighting=0.1, mean=[0.5] * 3, deviation=[0.25] * 3),
    dict(channels=3, height=40, width=48, min_area=0.08, pad=0, flip=False, brightness=0, contrast=0,
         saturation=0, lighting=0, mean=[0, 0, 0], deviation=[1, 1, 1]),
    dict(channels=3, height=24, width=31, min_area=0, pad=0, flip=True, brightness=0.9, contrast=0,
         saturation=0.9, lighting=0.5, mean=[0, 0, 0], deviation=[1, 1, 1]),
]


def augment():
    from safetensors.numpy import save_file

    random, tensors = np.random.default_rng(20), {}
    for c, how in enumerate(CASES):
        picture = random.integers(0, 256, (24, 31, how["channels"]), dtype=np.uint8)
        tensors[f"{c}.picture"] = picture
        for s, (seed, epoch, sample) in enumerate([(7, 0, 0), (7, 3, 1234567), (2**63 + 5, 90, 3)]):
            rectangle, x = augmented(picture, how, seed, epoch, sample)
            tensors[f"{c}.{s}.rectangle"] = np.array(rectangle, dtype=np.int64)
            tensors[f"{c}.{s}.result"] = np.ascontiguousarray(x, dtype=np.float32)
    Path("data/goldens/train").mkdir(parents=True, exist_ok=True)
    save_file(tensors, "data/goldens/train/augment.safetensors")


if __name__ == "__main__":
    {"digits": digits, "text": text, "augment": augment}[sys.argv[1]]()
