"""How loud a film is from moment to moment, and whether somebody speaks. Pure: samples in.

Speech is told by how it moves: syllables rise and fall a few times a second with gaps between
them, and voiced vowels (few sign changes) alternate with hissing consonants (many). Music and
noise hold on. It answers for whole seconds, to sort shots, and is no transcript.
"""

import math
from array import array
from itertools import pairwise
from typing import NamedTuple

SAMPLE_RATE_HZ = 16_000
BLOCK_US = 10_000  # a block of sound: 10 ms
_BLOCK_SAMPLES = SAMPLE_RATE_HZ // 100
_FULL = 32_768
SILENCE_TENTHS = -960  # dB below full scale: what 16 bits can hold
PEAK_COUNT = 2_000

_WINDOW = 100  # blocks: one second
_AUDIBLE_TENTHS = -500
# The share of a second's blocks that lie far below its mean, and with how uneven the changes of
# sign are (deviation by mean, halved), together.
_QUIET, _QUIET_AND_UNEVEN = 0.18, 0.42
_LEAST_SPEECH_SHARE = 0.5


class Heard(NamedTuple):
    """Of a stretch of sound: loudness as RMS in tenths of a decibel below full scale, and
    whether somebody speaks in it."""

    loudness_tenths: int
    has_speech: bool


class Sound:
    """Take mono samples of 16 bits at 16 kHz in order; then ask about any stretch."""

    def __init__(self) -> None:
        self._rest = array("h")
        self._power = array("f")  # mean square of each block
        self._signs = array("B")  # sign changes in each block
        self._peaks = array("H")

    @property
    def length_us(self) -> int:
        """How much was taken."""
        return len(self._power) * BLOCK_US

    def silence_until(self, time_us: int) -> None:
        """Fill a gap, so that what comes next begins at this time."""
        for _ in range((time_us - self.length_us) // BLOCK_US):
            self._power.append(0.0)
            self._signs.append(0)
            self._peaks.append(0)

    def add(self, samples: array[int]) -> None:
        """Take the next samples."""
        self._rest.extend(samples)
        whole = len(self._rest) - len(self._rest) % _BLOCK_SAMPLES
        for start in range(0, whole, _BLOCK_SAMPLES):
            block = self._rest[start : start + _BLOCK_SAMPLES].tolist()
            self._power.append(math.sumprod(block, block) / _BLOCK_SAMPLES)
            self._signs.append(
                min(255, sum((one < 0) != (other < 0) for one, other in pairwise(block)))
            )
            self._peaks.append(min(_FULL - 1, max(map(abs, block))))
        del self._rest[:whole]

    def between(self, start_us: int, end_us: int) -> Heard:
        """Say what is heard from one time to another."""
        first, last = start_us // BLOCK_US, max(-(-end_us // BLOCK_US), start_us // BLOCK_US + 1)
        power = self._power[first:last]
        if not power:
            return Heard(SILENCE_TENTHS, has_speech=False)
        seconds = [
            _is_speech(self._power[at : at + _WINDOW], self._signs[at : at + _WINDOW])
            for at in range(first, max(first + 1, last - _WINDOW // 2), _WINDOW // 2)
        ]
        speaks = sum(seconds) >= _LEAST_SPEECH_SHARE * len(seconds)
        return Heard(_tenths(sum(power) / len(power)), has_speech=speaks and any(seconds))

    def peaks(self) -> bytes:
        """Return the outline for a picture: at most PEAK_COUNT loudest samples, each 0 to 255."""
        count = len(self._peaks)
        wide = max(1, -(-count // PEAK_COUNT))
        return bytes(max(self._peaks[at : at + wide]) >> 7 for at in range(0, count, wide))


def _tenths(power: float) -> int:
    if power <= 0:
        return SILENCE_TENTHS
    return max(SILENCE_TENTHS, round(100 * math.log10(power / _FULL**2)))


def _is_speech(power: array[float], signs: array[int]) -> bool:
    count = len(power)
    if count < _WINDOW // 4:
        return False
    mean = sum(power) / count
    if _tenths(mean) < _AUDIBLE_TENTHS:
        return False
    quiet = sum(value < mean / 10 for value in power) / count
    heard = [n for n, value in zip(signs, power, strict=True) if value >= mean / 100]
    average = sum(heard) / len(heard)
    spread = math.sqrt(sum((n - average) ** 2 for n in heard) / len(heard))
    return quiet >= _QUIET and quiet + spread / max(average, 1.0) / 2 >= _QUIET_AND_UNEVEN
