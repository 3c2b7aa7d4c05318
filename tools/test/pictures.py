#!/usr/bin/env python3
"""Writes src/test/resources/pictures: files of every kind, and as NAME.expected (a PNG) what Pillow makes of them.

Needs numpy, pillow and tifffile; nothing in the build needs it. Usage: tools/test/pictures.py src/test/resources/pictures
"""
import pathlib
import struct
import sys
import zlib


import numpy as np
import PIL
import tifffile
from PIL import Image, ImageOps
out = pathlib.Path(sys.argv[1]); out.mkdir(parents=True, exist_ok=True)
H, W = 9, 14
y, x = np.mgrid[0:H, 0:W]
rgb = np.stack([x * 255 // (W - 1), y * 255 // (H - 1), (x * 7 + y * 13) % 256], -1).astype(np.uint8)
# smooth, so that JPEG's loss is small
smooth = np.stack([x * 255 // (W - 1), y * 255 // (H - 1), (x + y) * 255 // (W + H - 2)], -1).astype(np.uint8)
base = Image.fromarray(rgb)
alpha = ((x * 11 + y * 5) % 256).astype(np.uint8)
rgba = Image.fromarray(np.dstack([rgb, alpha]))
soft = Image.fromarray(smooth)
grey = base.convert("L")

def png16(name, arr, ctype):
    a = arr.astype(">u2"); raw = b"".join(b"\0" + a[i].tobytes() for i in range(H))
    def chunk(t, d): return struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
    (out / name).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 16, ctype, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))

expected = {}
def keep(name, picture): expected[name] = np.asarray(picture, dtype=np.uint8)
def save(name, im, **k):
    im.save(out / name, **k); keep(name, ImageOps.exif_transpose(Image.open(out / name)).convert("RGB"))

save("rgb.png", base); save("rgb.bmp", base); save("rgb.webp", base, lossless=True); save("rgb.tiff", base); save("rgb.gif", base.quantize(64)); save("rgb.ppm", base)
save("grey.png", grey); save("grey.jpg", soft.convert("L"), quality=95); save("grey.tiff", grey); save("grey.bmp", grey); save("grey.pgm", grey)
save("grey-alpha.png", Image.merge("LA", [grey, Image.fromarray(alpha)]))
save("rgba.png", rgba); save("rgba.webp", rgba, lossless=True, exact=True); save("rgba.tiff", rgba)
save("palette.png", base.quantize(40)); save("palette.bmp", base.quantize(40)); save("palette.tiff", base.quantize(40))
p = base.quantize(40); p.save(out / "palette-transparent.png", transparency=bytes(range(0, 240, 6))); keep("palette-transparent.png", Image.open(out / "palette-transparent.png").convert("RGB"))
p.save(out / "palette-transparent.gif", transparency=3); keep("palette-transparent.gif", Image.open(out / "palette-transparent.gif").convert("RGB"))
base.save(out / "rgb-transparent-colour.png", transparency=tuple(int(v) for v in rgb[3, 4])); keep("rgb-transparent-colour.png", base)
save("one-bit.png", grey.convert("1")); save("one-bit.tiff", grey.convert("1")); save("one-bit.bmp", grey.convert("1")); save("one-bit.pbm", grey.convert("1"))
save("two-bit-palette.png", base.quantize(4), bits=2)
save("rgb.jpg", soft, quality=95); save("rgb-444-progressive.jpg", soft, quality=95, subsampling=0, progressive=True)
save("lzw.tiff", base, compression="tiff_lzw"); save("deflate.tiff", base, compression="tiff_adobe_deflate")
save("cmyk.jpg", soft.convert("CMYK"), quality=95)  # Pillow writes them as Adobe does, inverted
save("interlaced.png", base)
deep = np.round(rgb.astype(np.float64) * 257).astype(np.uint16) + (np.arange(W) % 3).astype(np.uint16)[None, :, None] * 50
deep = np.minimum(deep, 65535)
png16("rgb-16.png", deep.reshape(H, -1), 2); keep("rgb-16.png", Image.open(out / "rgb-16.png").convert("RGB"))
png16("grey-16.png", deep[:, :, 0], 0); keep("grey-16.png", np.repeat((deep[:, :, :1] >> 8), 3, 2))
png16("rgba-16.png", np.dstack([deep, deep[:, :, :1]]).reshape(H, -1), 6); keep("rgba-16.png", Image.open(out / "rgba-16.png").convert("RGB"))
png16("grey-alpha-16.png", np.dstack([deep[:, :, :1], deep[:, :, 1:2]]).reshape(H, -1), 4); keep("grey-alpha-16.png", np.repeat((deep[:, :, :1] >> 8), 3, 2))
# Pillow cannot read these.
tifffile.imwrite(out / "rgb-16.tiff", deep, photometric="rgb")
keep("rgb-16.tiff", deep >> 8)
tifffile.imwrite(out / "grey-16.tiff", deep[:, :, 0], photometric="minisblack")
keep("grey-16.tiff", np.repeat((deep[:, :, :1] >> 8), 3, 2))
# interlaced
def chunk(t, d): return struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
raw = b""
for sx, sy, dx, dy in [(0,0,8,8),(4,0,8,8),(0,4,4,8),(2,0,4,4),(0,2,2,4),(1,0,2,2),(0,1,1,2)]:
    sub = rgb[sy::dy, sx::dx]
    if sub.size: raw += b"".join(b"\0" + r.tobytes() for r in sub)
(out / "interlaced.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 8, 2, 0, 0, 1)) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))
keep("interlaced.png", Image.open(out / "interlaced.png").convert("RGB"))
for o in range(1, 9):
    e = Image.Exif(); e[0x0112] = o
    save(f"exif-{o}.jpg", soft, quality=95, subsampling=0, exif=e)
    save(f"exif-{o}.png", base, exif=e)
    if o in (3, 6): save(f"exif-{o}.webp", base, lossless=True, exif=e); save(f"exif-{o}.tiff", base, tiffinfo={0x0112: o})
# Adobe's YCCK and CMYK without Adobe's marker: the same scan, told otherwise
cmyk = (out / "cmyk.jpg").read_bytes(); at = cmyk.index(b"Adobe")
(out / "ycck.jpg").write_bytes(cmyk[:at + 11] + b"\2" + cmyk[at + 12:]); keep("ycck.jpg", Image.open(out / "ycck.jpg").convert("RGB"))
(out / "cmyk-plain.jpg").write_bytes(cmyk[:at - 4] + cmyk[at + 12:]); keep("cmyk-plain.jpg", Image.open(out / "cmyk-plain.jpg").convert("RGB"))
for name, picture in expected.items():
    Image.fromarray(picture).save(out / (name + ".expected"), "PNG", optimize=True)
print(PIL.__version__, len(expected), sum(f.stat().st_size for f in out.iterdir()))
