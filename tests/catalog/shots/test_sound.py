"""Loudness, speech and outline of samples whose content is known."""

import math
import random
import wave
from array import array
from pathlib import Path

import pytest

from catalog.shots.sound import PEAK_COUNT, SILENCE_TENTHS, Sound

RATE = 16_000


def heard(samples: array[int]) -> tuple[int, bool]:
    sound = Sound()
    # In uneven pieces, as a decoder hands them out.
    for start in range(0, len(samples), 1021):
        sound.add(samples[start : start + 1021])
    return sound.between(0, sound.length_us)


def tone(hertz: float, peak: float, seconds: int = 4) -> array[int]:
    turn = 2 * math.pi * hertz / RATE
    return array("h", (round(peak * 32767 * math.sin(turn * n)) for n in range(RATE * seconds)))


def test_loudness_is_rms_below_full_scale() -> None:
    assert heard(tone(440, 1.0)) == (-30, False)  # a full sine: 3.01 dB below
    assert heard(tone(440, 0.1)) == (-230, False)
    assert heard(array("h", [0] * RATE)) == (SILENCE_TENTHS, False)
    assert heard(array("h", [-32768] * RATE))[0] == 0


def test_tones_noise_and_silence_are_no_speech() -> None:
    noise = array("h", (random.randrange(-8000, 8000) for _ in range(RATE * 4)))
    swelling = array("h", (v * n // len(noise) for n, v in enumerate(noise)))
    for samples in (tone(100, 0.5), tone(3000, 0.5), noise, swelling):
        assert not heard(samples)[1]


def test_a_voice_is_speech(tmp_path: Path) -> None:
    media = pytest.importorskip("demo.media")
    with wave.open(str(media.make_voice(tmp_path))) as file:
        samples = array("h", file.readframes(file.getnframes()))
        every = file.getframerate() / RATE
    at_16k = array("h", (samples[int(n * every)] for n in range(int(len(samples) / every))))
    assert heard(at_16k)[1]


def test_stretches_are_told_apart() -> None:
    sound = Sound()
    sound.add(tone(440, 1.0, 1))
    sound.add(array("h", [0] * RATE))
    assert sound.between(0, 1_000_000).loudness_tenths == -30
    assert sound.between(1_000_000, 2_000_000).loudness_tenths == SILENCE_TENTHS
    assert sound.between(9_000_000, 9_100_000).loudness_tenths == SILENCE_TENTHS


def test_a_gap_is_silence() -> None:
    sound = Sound()
    sound.silence_until(3_000_000)
    sound.add(tone(440, 1.0, 1))
    assert sound.length_us == 4_000_000
    assert sound.between(0, 3_000_000).loudness_tenths == SILENCE_TENTHS
    assert sound.between(3_000_000, 4_000_000).loudness_tenths == -30


def test_the_outline_is_short_and_shows_the_loudest() -> None:
    sound = Sound()
    sound.add(tone(440, 1.0, 1))
    sound.add(array("h", [0] * RATE))
    peaks = sound.peaks()
    assert len(peaks) == 200
    assert set(peaks[:100]) == {255}
    assert set(peaks[100:]) == {0}
    sound.silence_until(3600 * 1_000_000)
    assert len(sound.peaks()) <= PEAK_COUNT
    assert Sound().peaks() == b""
