"""Column names, and finding them in the headers that people write.

The names are MovieLabs' own (Avails 1.7 to 1.9), those of Avails-AI, and a few that only plain
tables have. Headers may come in any order and case; one that is misspelt by a letter or two is
still found, and said to be so.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_AVAILS = """
DisplayName Licensee AssetLanguage Territory TerritoryExclusion StoreType WorkType EntryType
TitleInternalAlias TitleDisplayUnlimited LocalizationType CompanyDisplayCredit GroupIdentity
Director LicenseType LicenseRightsDescription FormatProfile HDR WCG HFR NGAudio Start StartLag End
EndLag WindowDuration PriceType PriceValue PriceCurrency SRP Description Download OtherTerms
OtherInstructions TitleID EditID AltID ContentID AvailID UV_ID DMA_ID ReportingID Metadata ALID
SuppressionLiftDate SpecialPreOrderFulfillDate AnnounceDate ReleaseYear ReleaseHistoryOriginal
ReleaseHistoryPhysicalHV ExceptionFlag RatingSystem RatingValue RatingReason RentalDuration
WatchDuration FixedEndDate CaptionIncluded CaptionExemption Any ContractID TitleStatus Exclusive
ExclusiveAttributes BrandingRights BrandingRightsAttributes ServiceProvider TotalRunTime
HoldbackLanguage AllowedLanguages RequiredFulfillmentLanguages BundledALIDs RetailerID1 RetailerID2
RetailerID3 RetailerSpare1 RetailerSpare2 RetailerSpare3 PackageLabel AssociatedALID CampaignID
TPRType RefALID RefTerritory RefTerritoryExcluded RefLicenseType RefFormatProfile RefAvailID
SeriesTitleInternalAlias SeriesTitleDisplayUnlimited SeasonTitleInternalAlias
SeasonTitleDisplayUnlimited VolumeTitleInternalAlias VolumeTitleDisplayUnlimited
EpisodeTitleInternalAlias EpisodeTitleDisplayUnlimited SeasonNumber VolumeNumber EpisodeNumber
DistributionNumber VolumeDistributionNumber EpisodeCount SeasonCount SeriesID SeasonID VolumeID
EpisodeTitleID EpisodeID SeriesAltID SeasonAltID VolumeAltID EpisodeAltID SeriesContentID
SeasonContentID VolumeContentID EpisodeContentID RetailerEpisodeID1 RetailerEpisodeID2
RetailerVolumeID RetailerSeasonID RetailerSeriesID
"""
AI_COLUMNS = (
    "ModelKind",
    "Modality",
    "MaxLicensees",
    "DeliveryForm",
    "MinutesAvailable",
    "PricePerMinute",
    "PricePerHour",
    "PricePerFile",
    "PricePerSegment",
    "PriceFactors",
    "MinimumPrice",
    "MostFavoured",
    "Currency",
    "NILVStatus",
    "GuildFlags",
    "ElementExceptions",
    "AINotes",
)
TABLE_COLUMNS = (
    "OriginalLanguage",
    "Countries",
    "Genres",
    "IMDbID",
    "ISAN",
    "EIDR",
    "Synopsis",
    "Writer",
    "Cast",
    "NameKorean",
    "NameEnglish",
)
_OF_TITLES = """
EntryType WorkType TitleInternalAlias TitleDisplayUnlimited NameKorean NameEnglish
OriginalLanguage Countries Genres Director Writer Cast ReleaseYear ReleaseHistoryOriginal
TotalRunTime RatingSystem RatingValue IMDbID ISAN EIDR TitleID EditID AltID ContentID UV_ID
DMA_ID ReportingID ALID AvailID SeriesTitleInternalAlias SeriesTitleDisplayUnlimited
SeasonTitleInternalAlias SeasonTitleDisplayUnlimited VolumeTitleInternalAlias
VolumeTitleDisplayUnlimited EpisodeTitleInternalAlias EpisodeTitleDisplayUnlimited SeasonNumber
VolumeNumber EpisodeNumber SeriesID SeasonID VolumeID EpisodeTitleID EpisodeID SeriesAltID
SeasonAltID VolumeAltID EpisodeAltID SeriesContentID SeasonContentID VolumeContentID
EpisodeContentID
"""
_PLACELESS = """
Synopsis CompanyDisplayCredit RatingReason DistributionNumber VolumeDistributionNumber SeasonCount
EpisodeCount
"""
# What is kept of a title; the others are of its terms, and kept with them.
TITLE_COLUMNS = frozenset(_OF_TITLES.split())
# Where one of them is filled in, a row of a table says terms.
TERMS_COLUMNS = frozenset({"Territory", "LicenseType", "Start"})
# What is read, and has no place at a title nor in its terms.
PLACELESS = frozenset(_PLACELESS.split())
COLUMNS = frozenset([*_AVAILS.split(), *AI_COLUMNS, *TABLE_COLUMNS])

# Other spellings, among them MovieLabs' own slip in the TV template.
_ALSO = {
    "VolumeDistributinoNumber": "VolumeDistributionNumber",
    "BundleALIDs": "BundledALIDs",
    "Avail/AvailID": "AvailID",
    "TerritoryExcluded": "TerritoryExclusion",
    "AllowedLanguage": "AllowedLanguages",
    "HoldbackLanguages": "HoldbackLanguage",
}
# What plain tables call things, in English and Korean, best first; for the wizard's proposal.
_TABLE_WORDS = {
    "TitleInternalAlias": "title|name|original title|film|movie|제목|작품명|원제|영화명|원제목",
    "TitleDisplayUnlimited": "display title|display name title|표시 제목",
    "NameKorean": "korean title|title korean|title ko|한글 제목|한국어 제목|국문 제목|국문명",
    "NameEnglish": "english title|title english|title en|title (en)|영문 제목|영어 제목|영문명",
    "WorkType": "type|kind|work type|title type|종류|유형|구분|작품 유형",
    "ReleaseYear": "year|release year|production year|연도|제작 연도|제작년도|개봉 연도|년도",
    "ReleaseHistoryOriginal": "release date|released|premiere|개봉일|공개일|방영일|최초 공개일",
    "TotalRunTime": (
        "runtime|run time|duration|length|running time|상영 시간|재생 시간|러닝타임|길이|분"
    ),
    "Genres": "genre|genres|장르",
    "Countries": "country|countries|production country|제작 국가|국가|제작국",
    "OriginalLanguage": "language|original language|languages|언어|원어|원작 언어",
    "Director": "director|directors|directed by|감독|연출",
    "Writer": "writer|writers|screenplay|작가|각본",
    "Cast": "cast|actors|starring|출연|배우|출연진",
    "IMDbID": "imdb|imdb id|imdbid|tconst",
    "ISAN": "isan|isan id",
    "EIDR": "eidr|eidr id|eidr title id",
    "AltID": "id|internal id|house id|catalog number|asset id|관리 번호|작품 코드|코드|자체 id",
    "RatingValue": "rating|certification|mpaa|등급|관람 등급|심의 등급",
    "RatingSystem": "rating system|등급 체계",
    "SeriesTitleInternalAlias": "series|series title|show|시리즈|프로그램명|시리즈명",
    "SeasonNumber": "season|season no|시즌",
    "EpisodeNumber": "episode|episode no|회차|에피소드",
    "EpisodeTitleInternalAlias": "episode title|에피소드 제목|회차 제목|부제",
    "Territory": "territories|territory|region|지역|권역|판권 지역",
    "TerritoryExclusion": "excluded territories|except|제외 지역",
    "Start": "start|start date|from|시작일|계약 시작일|권리 시작일",
    "End": "end|end date|until|expiry|종료일|계약 종료일|권리 종료일|만료일",
    "LicenseType": "license type|licence type|right|권리 유형|라이선스 유형",
    "Licensee": "licensee|buyer|이용자|라이선시",
    "DisplayName": "licensor|owner|권리자|라이선서|저작권자",
    "Exclusive": "exclusive|exclusivity|독점|독점 여부",
    "ContractID": "contract|contract id|agreement|계약 번호",
    "PricePerMinute": "price per minute|분당 가격",
    "PriceCurrency": "currency|통화",
    "Description": "notes|remark|비고|메모",
}


def _key(header: str) -> str:
    """Return letters and digits only, in one case: `Title (KO)` and `title_ko` are one."""
    folded = unicodedata.normalize("NFKC", header).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


_BY_KEY = {_key(name): name for name in COLUMNS} | {_key(k): v for k, v in _ALSO.items()}
_WORDS = {_key(word): column for column, words in _TABLE_WORDS.items() for word in words.split("|")}


@dataclass(frozen=True, slots=True)
class Headers:
    """What the headers of a table are: column names by index, and what was odd about them."""

    columns: Mapping[int, str]
    unknown: Mapping[int, str]
    misspelt: Mapping[int, str]
    repeated: Mapping[int, str]


def match_headers(headers: Mapping[int, str]) -> Headers:
    """Find columns by name. Two headers of one name: the first counts, the other is `repeated`."""
    columns: dict[int, str] = {}
    misspelt: dict[int, str] = {}
    repeated: dict[int, str] = {}
    left: dict[int, str] = {}
    for index, header in sorted(headers.items()):
        name = _BY_KEY.get(_key(header))
        if name is None:
            left[index] = header
        elif name in columns.values():
            repeated[index] = name
        else:
            columns[index] = name
    unknown: dict[int, str] = {}
    for index, header in left.items():
        name = _nearest(header, set(columns.values()))
        if name is None:
            unknown[index] = header
        else:
            columns[index] = misspelt[index] = name
    return Headers(columns, unknown, misspelt, repeated)


def propose_mapping(headers: Sequence[str]) -> dict[str, str]:
    """Return column names for the headers of a plain table, in English or Korean.

    Each column is proposed once, for the first header that means it; headers that mean nothing
    we know are left out. A person confirms the proposal.
    """
    proposal: dict[str, str] = {}
    for lookup in (_BY_KEY, _WORDS):
        for header in headers:
            name = lookup.get(_key(header))
            if name and header not in proposal and name not in proposal.values():
                proposal[header] = name
    for header in headers:
        name = None if header in proposal else _nearest(header, set(proposal.values()))
        if name:
            proposal[header] = name
    return proposal


def _nearest(header: str, taken: set[str]) -> str | None:
    """Return the one free column that `header` misspells: one letter off, two in long names.

    Digits must agree: RetailerID1 is never a slip for RetailerID2.
    """
    key = _key(header)[:60]
    if len(key) < 6:
        return None
    most = 1 if len(key) < 12 else 2
    digits = re.sub(r"\D", "", key)
    found = {
        name
        for known, name in _BY_KEY.items()
        if name not in taken
        and len(known) >= 6
        and re.sub(r"\D", "", known) == digits
        and _distance(key, known, most) <= most
    }
    return found.pop() if len(found) == 1 else None


def _distance(one: str, other: str, most: int) -> int:
    """Return how many letters to insert, drop, change or swap with the next; `most` + 1 if more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
