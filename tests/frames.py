"""Pictures as people pass them on: framed, letterboxed, in stories, memes, screenshots, collages. Drawn around photographs by code.

Not a test. Every maker takes a photograph, another one for company, and a `random.Random`: sizes, colours, gaps and
qualities vary with it, the same for the same seed.
"""

import io
import random
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Maker = Callable[[Image.Image, Image.Image, random.Random], Image.Image]
Colour = tuple[int, int, int]

LIGHT: Colour = (255, 255, 255)
DARK: Colour = (0, 0, 0)
GROUNDS: tuple[Colour, ...] = (
    LIGHT,
    DARK,
    (18, 18, 18),
    (245, 245, 247),
    (32, 33, 36),
    (250, 240, 220),
    (230, 80, 120),
)
WORDS = [
    "the",
    "of",
    "a",
    "light",
    "that",
    "we",
    "saw",
    "on",
    "our",
    "way",
    "home",
    "again",
    "and",
    "nobody",
    "knew",
    "why",
    "it",
    "was",
    "so",
    "quiet",
    "there",
]


def fitted(photo: Image.Image, wide: int, high: int) -> Image.Image:
    """The whole photograph, as large as it fits."""
    share = min(wide / photo.width, high / photo.height)
    size = (max(8, round(photo.width * share)), max(8, round(photo.height * share)))
    return photo.resize(size, Image.Resampling.LANCZOS)


def covering(photo: Image.Image, wide: int, high: int) -> Image.Image:
    """The photograph filling a place, its middle kept."""
    share = max(wide / photo.width, high / photo.height)
    big = photo.resize(
        (max(wide, round(photo.width * share)), max(high, round(photo.height * share))), Image.Resampling.LANCZOS
    )
    left, top = (big.width - wide) // 2, (big.height - high) // 2
    return big.crop((left, top, left + wide, top + high))


def ink_on(ground: Colour) -> Colour:
    """A text colour that can be read on it."""
    return (20, 20, 20) if sum(ground) > 380 else (235, 235, 235)


def words(chance: random.Random, count: int) -> str:
    """Some words in a row."""
    return " ".join(chance.choice(WORDS) for _ in range(count))


def write(draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, size: float, fill: Colour) -> None:
    """Text at a place."""
    draw.text(place, text, fill=fill, font=ImageFont.load_default(max(6, round(size))))


def rounded(canvas: Image.Image, picture: Image.Image, place: tuple[int, int], radius: int) -> None:
    """Paste with round corners."""
    mask = Image.new("L", (picture.width * 2, picture.height * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), radius * 2, fill=255)
    canvas.paste(picture, place, mask.resize(picture.size, Image.Resampling.LANCZOS))


def plain(photo: Image.Image, _: Image.Image, chance: random.Random) -> Image.Image:
    """Only resized."""
    return fitted(photo, chance.randint(480, 1200), 1200)


def border(photo: Image.Image, _: Image.Image, chance: random.Random) -> Image.Image:
    """One colour on all four sides, not always as wide."""
    inner = fitted(photo, chance.randint(500, 1100), 1100)
    wide = max(2, round(chance.uniform(0.01, 0.15) * min(inner.size)))
    low = wide if chance.random() < 0.6 else round(wide * chance.uniform(1.2, 3.0))
    canvas = Image.new("RGB", (inner.width + 2 * wide, inner.height + wide + low), chance.choice(GROUNDS))
    canvas.paste(inner, (wide, wide))
    return canvas


def double_border(photo: Image.Image, other: Image.Image, chance: random.Random) -> Image.Image:
    """A border within a border."""
    once = border(photo, other, chance)
    wide = max(2, round(chance.uniform(0.01, 0.08) * min(once.size)))
    canvas = Image.new("RGB", (once.width + 2 * wide, once.height + 2 * wide), chance.choice(GROUNDS))
    canvas.paste(once, (wide, wide))
    return canvas


def letterbox(photo: Image.Image, _: Image.Image, chance: random.Random) -> Image.Image:
    """Bars above and below, or at both sides, to a usual screen."""
    wide, high = chance.choice(((1280, 720), (1080, 1080), (720, 1280), (1080, 1350), (1024, 768), (800, 1200)))
    canvas = Image.new("RGB", (wide, high), chance.choice((DARK, DARK, DARK, LIGHT, (16, 16, 16))))
    inner = fitted(photo, wide, high)
    canvas.paste(inner, ((wide - inner.width) // 2, (high - inner.height) // 2))
    return canvas


def meme(photo: Image.Image, _: Image.Image, chance: random.Random) -> Image.Image:
    """A band of text above, below or both."""
    inner = fitted(photo, chance.randint(500, 1000), 1100)
    above = round(inner.height * chance.uniform(0.1, 0.35)) if chance.random() < 0.75 else 0
    below = round(inner.height * chance.uniform(0.08, 0.25)) if not above or chance.random() < 0.4 else 0
    ground = chance.choice((LIGHT, LIGHT, DARK, (245, 245, 247)))
    canvas = Image.new("RGB", (inner.width, inner.height + above + below), ground)
    canvas.paste(inner, (0, above))
    draw = ImageDraw.Draw(canvas)
    for top, high in ((0, above), (above + inner.height, below)):
        for line in range(chance.randint(1, 2) if high else 0):
            size = high * 0.3
            write(
                draw,
                (inner.width * 0.04, top + high * 0.12 + line * size * 1.3),
                words(chance, 6),
                size,
                ink_on(ground),
            )
    return canvas


def story(photo: Image.Image, other: Image.Image, chance: random.Random) -> Image.Image:
    """On a tall canvas: blurred self, slope of colours or one colour; text and stickers around, bars on top."""
    wide, high = chance.choice(((720, 1280), (1080, 1920), (540, 960), (1080, 2160)))
    kind = chance.choice(("blur", "blur", "slope", "flat"))
    if kind == "blur":
        ground = covering(photo if chance.random() < 0.8 else other, wide, high).filter(
            ImageFilter.GaussianBlur(wide * chance.uniform(0.02, 0.06))
        )
        if chance.random() < 0.5:
            ground = Image.eval(ground, lambda level: round(level * 0.6))
    elif kind == "slope":
        pair = Image.new("RGB", (1, 2))
        pair.putdata([tuple(chance.randbytes(3)) for _ in range(2)])
        ground = pair.resize((wide, high), Image.Resampling.BILINEAR)
    else:
        ground = Image.new("RGB", (wide, high), chance.choice(GROUNDS))
    inner = fitted(photo, round(wide * chance.uniform(0.75, 1.0)), round(high * 0.7))
    top = round((high - inner.height) * chance.uniform(0.3, 0.7))
    place = ((wide - inner.width) // 2, top)
    if chance.random() < 0.3:
        rounded(ground, inner, place, round(wide * 0.03))
    else:
        ground.paste(inner, place)
    draw = ImageDraw.Draw(ground)
    draw.line((wide * 0.03, high * 0.012, wide * 0.97, high * 0.012), fill=(220, 220, 220), width=max(1, wide // 250))
    draw.ellipse((wide * 0.04, high * 0.02, wide * 0.12, high * 0.02 + wide * 0.08), fill=tuple(chance.randbytes(3)))
    write(draw, (wide * 0.15, high * 0.03), words(chance, 2), wide * 0.035, (240, 240, 240))
    for _ in range(chance.randint(0, 3)):
        at = chance.choice((top - wide * 0.12, top + inner.height + wide * 0.05))
        write(draw, (wide * chance.uniform(0.05, 0.5), at), words(chance, 3), wide * 0.06, tuple(chance.randbytes(3)))
    if chance.random() < 0.5:
        size, left = wide * 0.14, wide * chance.uniform(0.1, 0.8)
        draw.ellipse((left, top + inner.height + 20, left + size, top + inner.height + 20 + size), fill=(250, 200, 40))
    return ground


def feed(photo: Image.Image, other: Image.Image, chance: random.Random) -> Image.Image:
    """A screenshot of a feed: status bar, avatar, text, the picture from side to side, buttons, the next post's head."""
    wide = chance.choice((720, 1080, 828, 1170))
    high = round(wide * chance.uniform(1.7, 2.2))
    ground = chance.choice((LIGHT, LIGHT, DARK, (18, 18, 18)))
    ink = ink_on(ground)
    canvas = Image.new("RGB", (wide, high), ground)
    draw = ImageDraw.Draw(canvas)
    unit = wide / 100
    write(draw, (unit * 5, unit * 2), "12:41", unit * 3.5, ink)
    draw.rectangle((unit * 88, unit * 2.5, unit * 95, unit * 5.5), fill=ink)
    at = unit * chance.uniform(8, 22)
    if chance.random() < 0.5:
        draw.line((0, at, wide, at), fill=(128, 128, 128), width=1)
    at = _post_head(draw, chance, at, wide, ink)
    for _ in range(chance.randint(0, 3)):
        write(draw, (unit * 4, at), words(chance, 8), unit * 3.6, ink)
        at += unit * 5
    at += unit * 1.5
    margin = 0 if chance.random() < 0.6 else round(unit * chance.uniform(1, 5))
    inner = fitted(photo, wide - 2 * margin, round(high * 0.66))
    left = (wide - inner.width) // 2
    if margin and chance.random() < 0.5:
        rounded(canvas, inner, (left, round(at)), round(unit * 3))
    else:
        canvas.paste(inner, (left, round(at)))
    at += inner.height + unit * 2
    for number in range(chance.randint(3, 4)):
        x = unit * (4 + number * 12)
        draw.ellipse((x, at, x + unit * 6, at + unit * 6), outline=ink, width=max(1, round(unit * 0.6)))
    at += unit * 9
    write(draw, (unit * 4, at), words(chance, 3), unit * 3.4, ink)
    at = _post_head(draw, chance, at + unit * 8, wide, ink)
    if at < high - unit * 4:
        canvas.paste(covering(other, wide, max(8, round(high - at))), (0, round(at)))
    if chance.random() < 0.6:
        bar = round(unit * 13)
        draw.rectangle((0, high - bar, wide, high), fill=ground)
        for number in range(5):
            x = unit * (6 + number * 20)
            draw.rectangle((x, high - bar * 0.75, x + unit * 7, high - bar * 0.25), outline=ink, width=2)
    return canvas


def _post_head(draw: ImageDraw.ImageDraw, chance: random.Random, at: float, wide: int, ink: Colour) -> float:
    unit = wide / 100
    at += unit * 2
    draw.ellipse((unit * 4, at, unit * 13, at + unit * 9), fill=tuple(chance.randbytes(3)))
    write(draw, (unit * 16, at), words(chance, 2), unit * 3.8, ink)
    write(draw, (unit * 16, at + unit * 5), words(chance, 3), unit * 3, (130, 130, 130))
    return at + unit * 11


def chat(photo: Image.Image, _: Image.Image, chance: random.Random) -> Image.Image:
    """A chat: bubbles of text, the picture in one with round corners, sometimes on a patterned ground."""
    wide = chance.choice((720, 1080, 828))
    high = round(wide * chance.uniform(1.7, 2.2))
    unit = wide / 100
    ground = chance.choice(((236, 229, 221), LIGHT, (11, 20, 26), DARK, (220, 230, 240)))
    canvas = Image.new("RGB", (wide, high), ground)
    draw = ImageDraw.Draw(canvas)
    ink = ink_on(ground)
    bubble = tuple(max(0, level - 25) if sum(ground) > 380 else level + 28 for level in ground)
    draw.rectangle((0, 0, wide, unit * 18), fill=chance.choice(((0, 128, 105), bubble, ground)))
    write(draw, (unit * 16, unit * 9), words(chance, 2), unit * 4, ink)
    at = unit * 22
    for _ in range(chance.randint(1, 3)):
        left = chance.choice((3, 30))
        draw.rounded_rectangle((unit * left, at, unit * (left + 60), at + unit * 9), unit * 2, fill=bubble)
        write(draw, (unit * (left + 3), at + unit * 2.5), words(chance, 5), unit * 3.6, ink)
        at += unit * 12
    inner = fitted(photo, round(unit * chance.uniform(55, 76)), round(high * 0.5))
    rim = chance.choice((0.0, 0.7, 1.2)) * unit
    left = round(chance.choice((3 * unit + rim, wide - inner.width - 3 * unit - rim)))
    if rim:
        box = (left - rim, at - rim, left + inner.width + rim, at + inner.height + rim + chance.choice((0, unit * 6)))
        draw.rounded_rectangle(box, unit * 2.5, fill=bubble)
    rounded(canvas, inner, (left, round(at)), round(unit * chance.uniform(1, 3.5)))
    write(draw, (left + inner.width - unit * 12, at + inner.height - unit * 5), "12:40", unit * 3, (255, 255, 255))
    at += inner.height + unit * 9
    while at < high - unit * 22:
        draw.rounded_rectangle((unit * 3, at, unit * 60, at + unit * 9), unit * 2, fill=bubble)
        write(draw, (unit * 6, at + unit * 2.5), words(chance, 5), unit * 3.6, ink)
        at += unit * 12
    draw.rounded_rectangle((unit * 3, high - unit * 13, unit * 85, high - unit * 3), unit * 5, fill=bubble)
    return canvas


def gallery(photo: Image.Image, other: Image.Image, chance: random.Random) -> Image.Image:
    """A viewer: toolbars above and below, the picture between; sometimes a strip of small ones."""
    wide, high = chance.choice(((1080, 2160), (720, 1400), (1280, 800), (1366, 768)))
    ground = chance.choice((DARK, DARK, LIGHT, (30, 30, 30)))
    ink = ink_on(ground)
    canvas = Image.new("RGB", (wide, high), ground)
    draw = ImageDraw.Draw(canvas)
    bar = round(high * chance.uniform(0.06, 0.1))
    inner = fitted(photo, wide, high - 2 * bar - (bar if chance.random() < 0.5 else 0))
    canvas.paste(inner, ((wide - inner.width) // 2, bar + max(0, (high - 2 * bar - inner.height) // 2)))
    write(draw, (bar * 0.5, bar * 0.35), words(chance, 3), bar * 0.3, ink)
    for number in range(4):
        x = wide * (0.12 + number * 0.22)
        draw.rectangle((x, high - bar * 0.7, x + bar * 0.4, high - bar * 0.3), outline=ink, width=3)
    if chance.random() < 0.4:
        small = covering(other, bar // 2, bar // 2)
        for number in range(6):
            canvas.paste(small, (10 + number * (bar // 2 + 4), high - bar - bar // 2))
    return canvas


def page(photo: Image.Image, other: Image.Image, chance: random.Random) -> Image.Image:
    """A browser's page: tabs, address, columns of text, the picture in the article, another one beside."""
    wide, high = chance.choice(((1366, 768), (1280, 900), (1080, 1920), (1600, 900)))
    ground = chance.choice((LIGHT, LIGHT, (24, 26, 27)))
    ink = ink_on(ground)
    canvas = Image.new("RGB", (wide, high), ground)
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, 0, wide, 40), fill=(222, 225, 230) if ground == LIGHT else (53, 54, 58))
    draw.rounded_rectangle((90, 46, wide * 0.8, 74), 14, fill=(241, 243, 244) if ground == LIGHT else (40, 41, 45))
    column = round(wide * (0.62 if wide > high else 0.92))
    left = round(wide * 0.04)
    write(draw, (left, 95), words(chance, 5), 34, ink)
    at = 150.0
    for _ in range(chance.randint(0, 4)):
        write(draw, (left, at), words(chance, 12), 17, ink)
        at += 25
    inner = fitted(photo, round(column * chance.uniform(0.6, 1)), round(high * 0.62))
    canvas.paste(inner, (left, round(at + 10)))
    at += inner.height + 25
    while at < high:
        write(draw, (left, at), words(chance, 12), 17, ink)
        at += 25
    if wide > high:
        small = fitted(other, round(wide * 0.22), 300)
        canvas.paste(small, (round(wide * 0.74), 150))
        for line in range(8):
            write(draw, (wide * 0.74, 170 + small.height + line * 22), words(chance, 5), 14, ink)
    return canvas


def collage(photo: Image.Image, other: Image.Image, chance: random.Random) -> Image.Image:
    """Two pictures side by side or one above the other, with a gap, a thin one or none."""
    gap = chance.choice((0, 0, 2, 6, 14))
    rim = chance.choice((0, 0, gap, 10))
    ground = chance.choice((LIGHT, DARK, (200, 200, 200)))
    pair = [photo, other]
    if chance.random() < 0.5:
        pair.reverse()
    if chance.random() < 0.5:
        side = chance.randint(400, 800)
        parts = [
            one.resize((max(8, round(one.width * side / one.height)), side), Image.Resampling.LANCZOS) for one in pair
        ]
        canvas = Image.new("RGB", (sum(one.width for one in parts) + gap + 2 * rim, side + 2 * rim), ground)
        canvas.paste(parts[0], (rim, rim))
        canvas.paste(parts[1], (rim + parts[0].width + gap, rim))
    else:
        side = chance.randint(500, 900)
        parts = [
            one.resize((side, max(8, round(one.height * side / one.width))), Image.Resampling.LANCZOS) for one in pair
        ]
        canvas = Image.new("RGB", (side + 2 * rim, sum(one.height for one in parts) + gap + 2 * rim), ground)
        canvas.paste(parts[0], (rim, rim))
        canvas.paste(parts[1], (rim, rim + parts[0].height + gap))
    return canvas


def inset(photo: Image.Image, other: Image.Image, chance: random.Random) -> Image.Image:
    """The picture on another one, 70 % of its side, sometimes with a rim or a shadow."""
    share = chance.uniform(0.65, 0.75)
    wide, high = chance.choice(((1200, 900), (900, 1200), (1000, 1000), (1280, 720)))
    ground = covering(other, wide, high)
    inner = fitted(photo, round(wide * share), round(high * share))
    left, top = round((wide - inner.width) * chance.random()), round((high - inner.height) * chance.random())
    style = chance.choice(("bare", "bare", "rim", "shadow"))
    if style == "rim":
        rim = chance.randint(2, 10)
        ground.paste(
            chance.choice((LIGHT, DARK)), (left - rim, top - rim, left + inner.width + rim, top + inner.height + rim)
        )
    if style == "shadow":
        mask = Image.new("L", ground.size, 0)
        ImageDraw.Draw(mask).rectangle((left, top + 8, left + inner.width, top + inner.height + 8), fill=160)
        ground.paste(DARK, (0, 0), mask.filter(ImageFilter.GaussianBlur(12)))
    ground.paste(inner, (left, top))
    return ground


FAMILIES: dict[str, Maker] = {
    maker.__name__: maker
    for maker in (
        plain, border, double_border, letterbox, meme, story, feed, chat, gallery, page, collage, inset,
    )
}  # fmt: skip


def passed_on(picture: Image.Image, chance: random.Random) -> bytes:
    """As a file: often scaled once more, then a JPEG of quality 60 to 90."""
    if chance.random() < 0.5:
        share = chance.uniform(0.55, 1.15)
        size = (max(8, round(picture.width * share)), max(8, round(picture.height * share)))
        picture = picture.resize(size, chance.choice((Image.Resampling.BILINEAR, Image.Resampling.LANCZOS)))
    return jpeg(picture, chance.randint(60, 90))


def jpeg(picture: Image.Image, quality: int) -> bytes:
    """A file."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def pixels_of(data: bytes) -> NDArray[np.uint8]:
    """uint8[H, W, 3] of a file."""
    with Image.open(io.BytesIO(data)) as opened:
        return np.asarray(opened.convert("RGB"))
