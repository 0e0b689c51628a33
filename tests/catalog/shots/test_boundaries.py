"""Where shots begin, on pictures whose changes are known."""

import time

from PIL import Image, ImageFilter, ImageOps

from catalog.shots.boundaries import LINES, WIDTH, Boundaries
from tests.catalog.media import picture

SIZE = (WIDTH, LINES)
ONE, TWO, THREE = (
    picture(seed, SIZE).convert("L").rotate(seed * 40).transpose(how)
    for seed, how in (
        (0, Image.Transpose.ROTATE_180),
        (2, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.FLIP_LEFT_RIGHT),
    )
)
BLACK, WHITE = Image.new("L", SIZE, 16), Image.new("L", SIZE, 235)


def found(pictures: list[Image.Image]) -> list[tuple[int, str]]:
    boundaries = Boundaries()
    for each in pictures:
        boundaries.add(each)
    return [tuple(boundary) for boundary in boundaries.finish()]


def mixed(one: Image.Image, other: Image.Image, count: int) -> list[Image.Image]:
    return [Image.blend(one, other, (n + 1) / (count + 1)) for n in range(count)]


def moving(of: Image.Image, count: int, step: int) -> list[Image.Image]:
    wide = Image.new("L", (WIDTH * 3, LINES))
    for column in range(3):
        wide.paste(of if column % 2 else of.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
                   (column * WIDTH, 0))  # fmt: skip
    return [wide.crop((n * step, 0, n * step + WIDTH, LINES)) for n in range(count)]


def test_cuts_are_exact_to_the_frame() -> None:
    assert found([ONE] * 30 + [TWO] * 7 + [THREE] * 40) == [(30, "cut"), (37, "cut")]


def test_a_cut_near_either_end() -> None:
    assert found([ONE] * 5 + [TWO] * 5) == [(5, "cut")]


def test_a_shot_of_less_than_five_frames_is_none() -> None:
    assert len(found([ONE] * 20 + [TWO] * 3 + [THREE] * 20)) == 1
    assert found([ONE] * 2 + [TWO] * 20) == []


def test_nothing_and_one_frame() -> None:
    assert found([]) == []
    assert found([ONE]) == []


def test_a_still_picture_and_black_are_one_shot() -> None:
    assert found([ONE] * 100) == []
    assert found([BLACK] * 100) == []


def test_flashes_are_no_cuts() -> None:
    for length in (1, 2, 3):
        assert found([ONE] * 30 + [WHITE] * length + [ONE] * 30) == [], length


def test_a_flash_on_the_cut_is_one_cut() -> None:
    [(frame, kind)] = found([ONE] * 30 + [WHITE] * 2 + [TWO] * 30)
    assert kind == "cut"
    assert 30 <= frame <= 32


def test_quick_motion_is_no_cut() -> None:
    assert found(moving(ONE, 30, 4)) == []


def test_a_cut_into_motion() -> None:
    texture = Image.effect_noise(SIZE, 90).filter(ImageFilter.GaussianBlur(3))
    texture = ImageOps.autocontrast(texture)
    assert found([TWO] * 20 + moving(texture, 30, 1)) == [(20, "cut")]


def test_dissolves_are_found_in_their_middle() -> None:
    for length in (10, 24, 36):
        [(frame, kind)] = found([ONE] * 40 + mixed(ONE, TWO, length) + [TWO] * 40)
        assert kind == "dissolve", length
        assert abs(frame - (40 + length / 2)) <= length / 4, length


def test_a_change_of_light_is_no_dissolve() -> None:
    dim = ONE.point([n // 2 for n in range(256)])
    assert found([ONE] * 40 + mixed(ONE, dim, 24) + [dim] * 40) == []


def test_fades_through_black_are_one_boundary() -> None:
    pictures = (
        [ONE] * 30 + mixed(ONE, BLACK, 15) + [BLACK] * 10 + mixed(BLACK, TWO, 15) + [TWO] * 30
    )
    [(frame, kind)] = found(pictures)
    assert kind == "fade"
    assert 42 <= frame <= 58


def test_black_at_the_ends_is_no_boundary_of_its_own() -> None:
    fading = [BLACK] * 10 + mixed(BLACK, ONE, 20) + [ONE] * 20 + mixed(ONE, BLACK, 20) + [BLACK] * 9
    assert found(fading) == []


def test_black_between_cuts_is_a_shot() -> None:
    assert found([ONE] * 20 + [BLACK] * 12 + [TWO] * 20) == [(20, "cut"), (32, "cut")]


def test_a_film_that_flickers_for_hours_is_answered_soon() -> None:
    boundaries = Boundaries()
    for number in range(4_000):
        boundaries.add((ONE, TWO, THREE)[number // 5 % 3])
    start = time.process_time()
    # Every change is a cut, and no shot shorter than five frames.
    assert len(boundaries.finish()) == 799
    assert time.process_time() - start < 1
