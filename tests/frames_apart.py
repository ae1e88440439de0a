"""More pictures as people pass them on, kept apart from tests/frames.py: nothing was tuned on these.

Not a test. Makers as there.
"""

import random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from tests.frames import DARK, LIGHT, Maker, covering, fitted, ink_on, rounded, words, write


def polaroid(photo: Image.Image, _: Image.Image, chance: random.Random) -> Image.Image:
    """A paper print on cloth of soft spots: off-white rim, wide below, a line of script, a shadow."""
    inner = fitted(photo, chance.randint(420, 800), 800)
    rim = round(inner.width * chance.uniform(0.04, 0.07))
    card = Image.new("RGB", (inner.width + 2 * rim, inner.height + rim * 5), (250, 248, 242))
    card.paste(inner, (rim, rim))
    write(ImageDraw.Draw(card), (rim * 2, inner.height + rim * 2), words(chance, 3), rim * 1.3, (60, 60, 90))
    wide, high = round(card.width * 1.25), round(card.height * 1.2)
    cloth = Image.frombytes("RGB", (12, 12), bytes(chance.randint(90, 140) for _ in range(12 * 12 * 3)))
    canvas = cloth.resize((wide, high), Image.Resampling.BICUBIC)
    place = (chance.randint(10, wide - card.width - 10), chance.randint(10, high - card.height - 14))
    shade = Image.new("L", canvas.size, 0)
    ImageDraw.Draw(shade).rectangle(
        (place[0] + 6, place[1] + 8, place[0] + card.width + 6, place[1] + card.height + 8), fill=120
    )
    canvas.paste(DARK, (0, 0), shade.filter(ImageFilter.GaussianBlur(8)))
    canvas.paste(card, place)
    return canvas


def cinema(photo: Image.Image, _: Image.Image, chance: random.Random) -> Image.Image:
    """Bars of almost black, subtitles in the lower one, the whole thing made smaller."""
    inner = fitted(photo, 1_280, 1_000)
    bar = round(inner.height * chance.uniform(0.06, 0.2))
    canvas = Image.new("RGB", (inner.width, inner.height + 2 * bar), (chance.randint(0, 10),) * 3)
    canvas.paste(inner, (0, bar))
    write(
        ImageDraw.Draw(canvas),
        (inner.width * 0.3, inner.height + bar * 1.3),
        words(chance, 5),
        bar * 0.4,
        (230, 230, 120),
    )
    return canvas.resize((round(canvas.width * 0.6), round(canvas.height * 0.6)), Image.Resampling.BICUBIC)


def caption_bar(photo: Image.Image, _: Image.Image, chance: random.Random) -> Image.Image:
    """Text on a coloured band above, a thin line below, a handle in the corner under the picture."""
    inner = fitted(photo, chance.randint(600, 1_080), 1_200)
    band, foot = round(inner.width * chance.uniform(0.12, 0.3)), round(inner.width * 0.06)
    ground = chance.choice((LIGHT, (255, 224, 102), (29, 53, 87), (230, 57, 70)))
    canvas = Image.new("RGB", (inner.width, inner.height + band + foot), ground)
    canvas.paste(inner, (0, band))
    draw = ImageDraw.Draw(canvas)
    for line in range(2):
        write(draw, (inner.width * 0.05, band * (0.1 + 0.42 * line)), words(chance, 6), band * 0.3, ink_on(ground))
    write(
        draw, (inner.width * 0.7, inner.height + band + foot * 0.2), "@" + words(chance, 1), foot * 0.5, ink_on(ground)
    )
    return canvas


def shared_story(photo: Image.Image, other: Image.Image, chance: random.Random) -> Image.Image:
    """A post shared into a story: a card with the poster's name over the picture and words under it, on two colours."""
    wide, high = 1_080, 1_920
    first, second = (tuple(chance.randbytes(3)) for _ in range(2))
    mask = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180))).resize((wide, high))
    canvas = Image.composite(Image.new("RGB", (wide, high), first), Image.new("RGB", (wide, high), second), mask)
    inner = fitted(photo, round(wide * chance.uniform(0.7, 0.9)), round(high * 0.55))
    head, foot = 96, chance.choice((0, 110))
    card = Image.new("RGB", (inner.width, inner.height + head + foot), chance.choice((LIGHT, (30, 30, 30))))
    card.paste(covering(other, 60, 60), (18, 18))
    draw = ImageDraw.Draw(card)
    ink = ink_on(card.getpixel((2, 2)))
    write(draw, (96, 30), words(chance, 2), 30, ink)
    card.paste(inner, (0, head))
    if foot:
        write(draw, (18, head + inner.height + 30), words(chance, 5), 32, ink)
    rounded(canvas, card, ((wide - card.width) // 2, chance.randint(250, high - card.height - 200)), 36)
    return canvas


def dark_feed(photo: Image.Image, other: Image.Image, chance: random.Random) -> Image.Image:
    """A feed with a margin at the left for the avatar and round corners, dark or dimmed, hairlines between posts."""
    wide, high = 1_080, chance.choice((1_920, 2_340))
    ground = chance.choice(((21, 32, 43), DARK, LIGHT, (22, 24, 28)))
    ink, line = ink_on(ground), tuple((level + 128) // 2 for level in ground)
    canvas = Image.new("RGB", (wide, high), ground)
    draw = ImageDraw.Draw(canvas)
    write(draw, (60, 24), "9:07", 38, ink)
    at, left = chance.randint(140, 420), 170
    draw.line((0, at - 20, wide, at - 20), fill=line, width=2)
    draw.ellipse((40, at, 140, at + 100), fill=tuple(chance.randbytes(3)))
    write(draw, (left, at), words(chance, 4), 36, ink)
    for _row in range(chance.randint(1, 4)):
        at += 52
        write(draw, (left, at), words(chance, 7), 38, ink)
    at += 80
    inner = fitted(photo, wide - left - 40, round(high * 0.5))
    rounded(canvas, inner, (left, at), chance.choice((16, 32, 48)))
    at += inner.height + 30
    for number in range(4):
        draw.arc((left + number * 210, at, left + number * 210 + 40, at + 40), 0, 330, fill=line, width=5)
    draw.line((0, at + 80, wide, at + 80), fill=line, width=2)
    draw.ellipse((40, at + 110, 140, at + 210), fill=tuple(chance.randbytes(3)))
    write(draw, (left, at + 110), words(chance, 4), 36, ink)
    if at + 300 < high:
        rounded(canvas, covering(other, wide - left - 40, high - at - 200 + 60), (left, at + 260), 32)
    return canvas


def desktop(photo: Image.Image, other: Image.Image, chance: random.Random) -> Image.Image:
    """A viewer's window on a desktop with a wallpaper and a panel."""
    wide, high = chance.choice(((1_920, 1_080), (1_366, 768)))
    canvas = covering(other, wide, high)
    inner = fitted(photo, round(wide * chance.uniform(0.5, 0.75)), round(high * 0.75))
    left, top = chance.randint(20, wide - inner.width - 20), chance.randint(20, high - inner.height - 100)
    draw = ImageDraw.Draw(canvas)
    bar = chance.choice((LIGHT, (50, 50, 54), (222, 222, 226)))
    draw.rectangle((left - 1, top, left + inner.width, top + 36 + inner.height), fill=bar)
    write(draw, (left + 14, top + 8), words(chance, 2), 18, ink_on(bar))
    draw.rectangle((0, high - 44, wide, high), fill=(20, 20, 26))
    canvas.paste(inner, (left, top + 36))
    return canvas


def three(photo: Image.Image, other: Image.Image, chance: random.Random) -> Image.Image:
    """The whole picture beside two others one above the other, gaps between."""
    side, gap = chance.randint(480, 900), chance.choice((3, 8, 16))
    inner = fitted(photo, 1_100, side)
    small = round((inner.height - gap) / 2)
    ground = chance.choice((LIGHT, DARK, (235, 235, 235)))
    canvas = Image.new("RGB", (inner.width + gap + small, inner.height), ground)
    canvas.paste(covering(other, small, small), (inner.width + gap, 0))
    canvas.paste(
        covering(ImageChops.offset(other, other.width // 3, 0), small, small), (inner.width + gap, small + gap)
    )
    canvas.paste(inner, (0, 0))
    return canvas


def reaction(photo: Image.Image, other: Image.Image, chance: random.Random) -> Image.Image:
    """The picture large on a dimmed, blurred other one, as players and calls show it, slightly off the middle."""
    wide, high = chance.choice(((1_280, 720), (1_080, 1_080), (720, 1_280)))
    ground = ImageEnhance.Brightness(
        covering(other, wide, high).filter(ImageFilter.GaussianBlur(chance.uniform(2, 18)))
    )
    canvas = ground.enhance(chance.uniform(0.4, 0.9))
    inner = fitted(photo, round(wide * 0.7), round(high * 0.7))
    place = (
        round((wide - inner.width) * chance.uniform(0.2, 0.8)),
        round((high - inner.height) * chance.uniform(0.2, 0.8)),
    )
    canvas.paste(inner, place)
    return canvas


FAMILIES: dict[str, Maker] = {
    maker.__name__: maker
    for maker in (polaroid, cinema, caption_bar, shared_story, dark_feed, desktop, three, reaction)
}  # fmt: skip
