"""The names of what a credential says in codes, in English and in Korean: uses, countries, kinds.

A code that no table knows is shown as it is: that beats hiding it.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Final

type Words = tuple[str, str]

_USES: Final[dict[str, Words]] = {
    "ALL": ("every use", "모든 용도"),
    "ai.all": ("every AI use", "모든 AI 용도"),
    "train": ("training", "학습"),
    "train.generative": ("training generative models", "생성형 모델 학습"),
    "train.pretrain": ("pre-training", "사전 학습"),
    "train.finetune": ("fine-tuning", "미세 조정"),
    "train.discriminative": (
        "training models that recognise, not generate",
        "인식 모델 학습(생성 제외)",
    ),
    "evaluate": ("evaluation", "성능 평가"),
    "input": ("use as input", "입력 자료로 사용"),
    "index": ("indexing for search", "검색용 색인"),
    "generate": ("generating", "생성"),
    "generate.output": ("output in the style of the work", "작품 스타일을 따른 생성"),
    "generate.likeness": ("output that shows the likeness", "초상·음성이 드러나는 생성"),
    "dub": ("dubbing", "더빙"),
    "deage": ("de-ageing", "디에이징"),
    "converse.persona": ("a persona one can talk to", "대화형 페르소나"),
    "derive": ("derived data", "파생 데이터"),
    "distribute": ("distribution", "배포"),
    "distribute.theatrical": ("cinema", "극장 상영"),
    "distribute.tv": ("television", "방송"),
    "distribute.vod": ("video on demand", "주문형 비디오"),
    "distribute.home_video": ("home video", "홈 비디오"),
    "distribute.other": ("other distribution", "그 밖의 배포"),
}
_MODEL_KINDS: Final[dict[str, Words]] = {
    "foundation": ("foundation model", "파운데이션 모델"),
    "open_weights": ("model with open weights", "가중치 공개 모델"),
    "customer_private": ("private model of one customer", "고객 한 곳의 전용 모델"),
    "evaluation_only": ("evaluation only, no training", "평가 전용(학습 금지)"),
}
_EXCLUSIVITY: Final[dict[str, Words]] = {
    "exclusive": ("exclusive", "독점"),
    "sole": ("sole", "단독"),
    "non_exclusive": ("non-exclusive", "비독점"),
}
_ATTRIBUTES: Final[dict[str, Words]] = {
    "face": ("face", "얼굴"),
    "voice": ("voice", "목소리"),
    "motion": ("movement", "동작"),
    "name": ("name", "이름"),
}
_OUTPUTS: Final[dict[str, Words]] = {
    "previs": ("previsualisation", "사전 시각화(프리비즈)"),
    "shot": ("generated shot", "생성한 숏"),
    "dub": ("dub", "더빙"),
    "deage": ("de-aged shot", "디에이징 숏"),
    "performance": ("synthetic performance", "합성 연기"),
    "still": ("promotional still", "홍보용 스틸"),
    "sound": ("sound or music", "소리 또는 음악"),
    "text": ("text", "글"),
    "model": ("model", "모델"),
    "data_set": ("data set", "데이터 세트"),
}
_ELEMENTS: Final[dict[str, Words]] = {
    "music": ("music", "음악"),
    "stock": ("stock footage", "자료 영상"),
    "artwork": ("artwork", "미술 작품"),
    "trademark": ("trademark", "상표"),
    "archive": ("archive material", "기록 자료"),
    "location": ("location", "장소"),
}
_DUTIES: Final[dict[str, Words]] = {
    "visible_label": ("a label that people see or hear", "사람이 보거나 듣는 표시"),
    "machine_mark": ("a mark that machines read", "기계가 읽는 표시"),
    "disclosure": ("a statement that it was made by AI", "AI로 만들었다는 고지"),
}
_GROUPS: Final[dict[str, Words]] = {
    "WORLD": ("the whole world", "전 세계"),
    "EU": ("European Union", "유럽 연합"),
    "BENELUX": ("Benelux", "베네룩스"),
    "DACH": ("Germany, Austria and Switzerland", "독일·오스트리아·스위스"),
    "NORDIC": ("Nordic countries", "북유럽 5개국"),
}
_NEVER: Final[Words] = ("never", "기한 없음")
_IN_SOUND: Final[Words] = ("in the sound", "소리")
_EXCEPT: Final = " except "
_DUTY: Final = re.compile(r"(?<=: )\w+(?=, )")


def worded(name: str, value: str, which: int) -> str:
    """Return what a check's value of this name says, in words of a language: 0 English, 1 Korean.
    One that is no code comes back as it is."""
    reader = _READERS.get(name)
    return value if reader is None else reader(value, which)


def moment(text: str) -> str:
    """Return an instant (RFC 3339) as people read it, in UTC; what is none as it came."""
    try:
        at = datetime.fromisoformat(text)
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at.tzinfo is not None else text
    except (ValueError, OverflowError):
        return text


@cache
def _places() -> dict[str, Words]:
    """The names of countries by ISO 3166-1 code, as CLDR has them, and of groups."""
    rows = files(__package__).joinpath("countries.txt").read_text(encoding="utf-8").splitlines()
    split = [row.split("|") for row in rows]
    return {code: (english, korean) for code, english, korean in split} | _GROUPS


def _named(table: dict[str, Words], between: str = ", ") -> Callable[[str, int], str]:
    """Return a reader of lists of codes that this table names; `between` stands between names."""
    return lambda value, which: between.join(
        table[code][which] if code in table else code for code in value.split(", ")
    )


def _territory(value: str, which: int) -> str:
    inside, _, outside = value.partition(_EXCEPT)
    within = _named(_places())(inside, which)
    if not outside:
        return within
    without = _named(_places())(outside, which)
    return (f"{within} except {without}", f"{without} 제외 {within}")[which]


def _end(value: str, which: int) -> str:
    return _NEVER[which] if value == "-" else moment(value)


def _passages(value: str, which: int) -> str:
    return "; ".join(_passage(each, which) for each in value.split("; "))


def _passage(text: str, which: int) -> str:
    """`music 00:00:02-00:00:03.500` in words; what names no span is in the sound."""
    element, _, at = text.partition(" ")
    return f"{_named(_ELEMENTS)(element, which)} ({at or _IN_SOUND[which]})"


def _duties(value: str, which: int) -> str:
    return _DUTY.sub(lambda found: _named(_DUTIES)(found[0], which), value)


_READERS: Final[dict[str, Callable[[str, int], str]]] = {
    "uses": _named(_USES, "; "),
    "use": _named(_USES),
    "model_kinds": _named(_MODEL_KINDS, "; "),
    "exclusivity": _named(_EXCLUSIVITY),
    "attributes": _named(_ATTRIBUTES),
    "kind": _named(_OUTPUTS),
    "territory": _territory,
    "passages": _passages,
    "duties": _duties,
    "start": lambda value, _which: moment(value),
    "made": lambda value, _which: moment(value),
    "time": lambda value, _which: moment(value),
    "end": _end,
}
