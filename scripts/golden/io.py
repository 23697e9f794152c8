"""Files for the tests of ref/io, made by other programs: safetensors, NumPy, Pillow (and zlib for
the kinds of PNG that Pillow cannot write). What each should read as is in expected.safetensors,
by Pillow for pictures. Usage: python scripts/golden/io.py (from the root; writes data/goldens/io).
"""

import json
import pathlib
import struct
import zlib

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors.torch import save_file

out = pathlib.Path("data/goldens/io")
out.mkdir(parents=True, exist_ok=True)
expected = {}


def tensors():
    x = torch.arange(-7, 8, dtype=torch.float64) * 0.3712
    x[3] = float("inf")
    x[4] = -0.0
    whole = torch.tensor([-3, 0, 100, 127], dtype=torch.int64)
    all_types = {
        "f64": x,
        "f32": x.float().reshape(3, 5),
        "bf16": x.to(torch.bfloat16).reshape(5, 1, 3),
        "f16": x.half(),
        "f8": x[5:].to(torch.float8_e4m3fn),
        "i64": whole * 2**40,
        "i32": whole.int() * 2**20,
        "i16": whole.short() * 200,
        "i8": whole.to(torch.int8),
        "u64": (whole * 2**40).abs().to(torch.uint64),
        "u32": (whole * 2**20).abs().to(torch.uint32),
        "u16": (whole * 300).abs().to(torch.uint16),
        "u8": whole.abs().to(torch.uint8) * 2,
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(2.5),
        "nothing": torch.zeros(0, 4),
        "naïve 文": torch.ones(1),
    }
    save_file(all_types, out / "types.safetensors", metadata={"made by": "safetensors", "naïve": "文"})


def pipeline():
    """A component in two files, as diffusers shards it."""
    folder = out / "pipeline" / "transformer"
    folder.mkdir(parents=True, exist_ok=True)
    (out / "pipeline" / "model_index.json").write_text('{"_class_name": "Pipeline"}\n')
    (folder / "config.json").write_text('{"width": 3}\n')
    for name, number in (("a", 1), ("b", 2)):
        file = f"diffusion_pytorch_model-0000{number}-of-00002.safetensors"
        save_file({name: torch.arange(3.0) + number}, folder / file)
    index = {"metadata": {"total_size": 24}, "weight_map": {
        "a": "diffusion_pytorch_model-00001-of-00002.safetensors",
        "b": "diffusion_pytorch_model-00002-of-00002.safetensors"}}
    (folder / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index) + "\n")


def arrays():
    values = np.arange(24, dtype=np.float64).reshape(2, 3, 4) * 1.25 - 7
    kinds = {
        "f8_c": values,
        "f8_fortran": np.asfortranarray(values),
        "f4_big": values.astype(">f4"),
        "f2": values.astype("<f2"),
        "i8_big_fortran": np.asfortranarray((values * 4).astype(">i8")),
        "i4": (values * 4).astype("<i4"),
        "i2_big": (values * 4).astype(">i2"),
        "i1": (values * 4).astype("i1"),
        "u1": np.arange(5, dtype="u1"),
        "u2": np.arange(5, dtype="<u2") * 9999,
        "u4": np.arange(5, dtype="<u4") * 999999999,
        "u8_big": np.arange(5).astype(">u8"),
        "b1": np.array([True, False]),
        "scalar": np.array(1.5),
        "nothing": np.zeros((3, 0), "<f4"),
        "bf16": torch.from_numpy(values).bfloat16().view(torch.int16).numpy().view("V2"),
    }
    for name, value in kinds.items():
        np.save(out / f"{name}.npy", value)
        if name != "bf16":
            native = value.astype(value.dtype.newbyteorder("="))
            expected[f"{name}.npy"] = torch.from_numpy(np.ascontiguousarray(native).reshape(value.shape))
    expected["bf16.npy"] = torch.from_numpy(values).bfloat16()
    for version in (2, 3):
        with open(out / f"version{version}.npy", "wb") as file:
            np.lib.format.write_array(file, values, version=(version, 0))
        expected[f"version{version}.npy"] = torch.from_numpy(values)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, samples, depth, color, interlaced=False, extra=b""):
    """samples (H, W, C) of integers below 2**depth, any color type of the PNG specification."""

    def rows(part):
        data = b""
        for row in part:
            flat = row.reshape(-1)
            if depth == 16:
                packed = flat.astype(">u2").tobytes()
            elif depth == 8:
                packed = flat.astype("u1").tobytes()
            else:
                bits = (flat[:, None] >> np.arange(depth - 1, -1, -1)) & 1
                packed = np.packbits(bits.astype("u1").reshape(-1)).tobytes()
            data += b"\0" + packed
        return data

    height, width = samples.shape[:2]
    if interlaced:
        passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
        parts = [samples[y::dy, x::dx] for y, x, dy, dx in passes]
        data = b"".join(rows(p) for p in parts if p.size)
    else:
        data = rows(samples)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    (out / name).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra +
                             chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))
    picture = ImageOps.exif_transpose(Image.open(out / name))
    rgb, rgba = np.array(picture.convert("RGB")), np.array(picture.convert("RGBA"))
    if picture.mode == "I;16":  # Pillow clips 16-bit gray; the high byte is meant
        high = (samples[:, :, 0] >> 8).astype("u1")
        rgb, rgba[:, :, :3] = np.repeat(high[:, :, None], 3, 2), high[:, :, None]
    expected[name] = torch.from_numpy(rgb)
    expected[name + " rgba"] = torch.from_numpy(rgba)
    if depth == 8 and color == 2:
        expected[name + " gray"] = torch.from_numpy(np.array(picture.convert("L")))


def pngs():
    random = np.random.default_rng(1)
    pick = lambda depth, channels: random.integers(0, 2**depth, (9, 13, channels))
    for depth in (1, 2, 4, 8, 16):
        png(f"gray{depth}.png", pick(depth, 1), depth, 0)
    png("gray8_key.png", pick(3, 1), 8, 0, extra=chunk(b"tRNS", b"\0\5"))
    for depth in (8, 16):
        png(f"rgb{depth}.png", pick(depth, 3), depth, 2)
        png(f"gray_alpha{depth}.png", pick(depth, 2), depth, 4)
        png(f"rgba{depth}.png", pick(depth, 4), depth, 6)
    for depth in (1, 2, 4, 8):
        palette = random.integers(0, 256, 3 * 2**depth).astype("u1").tobytes()
        extra = chunk(b"PLTE", palette) + chunk(b"tRNS", b"\x00\x80")
        png(f"palette{depth}.png", pick(depth, 1), depth, 3, extra=extra)
    png("interlaced_gray1.png", pick(1, 1), 1, 0, True)
    png("interlaced_rgba16.png", pick(16, 4), 16, 6, True)
    exif = b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\x06\0\0\0\0\0\0"
    png("turned.png", pick(8, 3), 8, 2, extra=chunk(b"eXIf", exif))


def jpegs():
    y, x = np.mgrid[0:21, 0:29]
    smooth = np.stack([x * 8, y * 12, (x + y) * 5], 2).astype("u1")
    picture = Image.fromarray(smooth)
    kinds = {
        "gray.jpg": (picture.convert("L"), {}),
        "444.jpg": (picture, {"subsampling": 0}),
        "420.jpg": (picture, {"subsampling": 2}),
        "progressive.jpg": (picture, {"progressive": True}),
        "restart.jpg": (picture, {"restart_marker_rows": 1}),
        "cmyk.jpg": (picture.convert("CMYK"), {"quality": 95}),
    }
    for name, (source, options) in kinds.items():
        source.save(out / name, **options)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        kinds[f"orientation{orientation}.jpg"] = None
        picture.resize((11, 7)).save(out / f"orientation{orientation}.jpg", exif=exif)
    for name in kinds:
        upright = ImageOps.exif_transpose(Image.open(out / name))
        expected[name] = torch.from_numpy(np.array(upright.convert("RGB")))


tensors()
pipeline()
arrays()
pngs()
jpegs()
save_file({k: v.clone() for k, v in expected.items()}, out / "expected.safetensors")
print(sum(f.stat().st_size for f in out.rglob("*") if f.is_file()), "bytes")
