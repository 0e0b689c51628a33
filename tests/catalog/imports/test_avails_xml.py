"""Avails XML: an Avail becomes the rows a sheet would have, read as a stream."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.imports.rows import Identifier, Price, Unreadable
from tests.catalog.imports.books import codes, read, rows_of, summary_of

TRANSACTION = """
<a:Transaction TransactionID="t1"><a:LicenseType>EST</a:LicenseType>
<a:Territory><md:country>NA</md:country></a:Territory>
<a:Territory><md:country>KR</md:country></a:Territory>
<a:Start>2027-01-01T00:00:00</a:Start>
<a:EndCondition lag="P30D">ESTStart</a:EndCondition>
<a:AllowedLanguage>en</a:AllowedLanguage><a:AllowedLanguage>ko</a:AllowedLanguage>
<a:FormatProfile HDR="HDR10">UHD</a:FormatProfile>
<a:Term termName="WSP"><a:Money currency="USD">1.99</a:Money></a:Term>
<a:Term termName="Odd"><a:Text>thing</a:Text></a:Term></a:Transaction>
"""
MOVIE = """
<a:Asset contentID="cid:1"><a:WorkType>Movie</a:WorkType><a:Metadata>
<a:TitleDisplayUnlimited>The Bravados</a:TitleDisplayUnlimited>
<a:TitleInternalAlias>Bravados, The</a:TitleInternalAlias>
<a:TitleEIDR-URN>urn:eidr:10.5240:8FF3-1C20-84F5-F247-8BCD-E</a:TitleEIDR-URN>
<a:ReleaseDate>1958</a:ReleaseDate><a:RunLength>PT01H37M49S</a:RunLength></a:Metadata></a:Asset>
"""
EPISODE = """
<a:Asset contentID="cid:e1"><a:WorkType>Episode</a:WorkType><a:EpisodeMetadata>
<a:TitleInternalAlias>Pilot</a:TitleInternalAlias>
<a:EpisodeNumber><md:Number>1</md:Number></a:EpisodeNumber><a:SeasonMetadata>
<a:SeasonContentID>cid:s1</a:SeasonContentID>
<a:SeasonNumber><md:Number>2</md:Number></a:SeasonNumber><a:SeriesMetadata>
<a:SeriesContentID>cid:s</a:SeriesContentID>
<a:SeriesTitleInternalAlias>Detectives</a:SeriesTitleInternalAlias>
</a:SeriesMetadata></a:SeasonMetadata></a:EpisodeMetadata></a:Asset>
"""


def write(path: Path, avails: str, version: str = "2.6", head: str = "") -> Path:
    path.write_text(
        f'{head}<a:AvailList xmlns:a="http://www.movielabs.com/schema/avails/v{version}/avails"'
        f' xmlns:md="http://www.movielabs.com/schema/md/v2.7/md">{avails}</a:AvailList>'
    )
    return path


def avail(body: str) -> str:
    return (
        "<a:Avail><a:ALID>alid:1</a:ALID><a:Disposition><a:EntryType>Full Extract</a:EntryType>"
        f"</a:Disposition>{body}</a:Avail>"
    )


@pytest.mark.parametrize("version", ["2.2", "2.2.2", "2.3", "2.4", "2.5.2", "2.6.1", "2.7"])
def test_a_movie(tmp_path: Path, version: str) -> None:
    items = read(write(tmp_path / "a.xml", avail(MOVIE + TRANSACTION), version), "avails-xml")
    (row,) = rows_of(items)
    assert not row.is_rejected
    assert (row.title.name, row.title.display_name, row.title.year) == (
        "Bravados, The", "The Bravados", 1958,
    )  # fmt: skip
    assert row.title.run_time_ms == (3600 + 37 * 60 + 49) * 1000
    assert Identifier("eidr", "10.5240/8FF3-1C20-84F5-F247-8BCD-E", verified=True) in row.title.ids
    assert row.avail
    assert row.avail.territory == ["NA", "KR"]
    assert row.avail.starts_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert (row.avail.end_condition, row.avail.end_lag) == ("ESTStart", "P30D")
    assert row.avail.prices == [Price("WSP", 199, "USD")]
    assert row.avail.allowed_languages == ["en", "ko"]
    assert row.other["Term/Odd"] == "thing"
    assert summary_of(items).version == version[:3]


def test_people_are_credited_by_their_exact_job(tmp_path: Path) -> None:
    people = "".join(
        f"<a:People><md:Job><md:JobFunction>{job}</md:JobFunction></md:Job><md:Name>"
        f"<md:DisplayName>{name}</md:DisplayName></md:Name></a:People>"
        for job, name in (("Director", "Chen, Bo"), ("Director", "Ada Park"),
                          ("Art Director", "Cy Roe"), ("Actor", "Di Han"), ("Writer", "Ed Oh"))
    )  # fmt: skip
    movie = MOVIE.replace("</a:Metadata>", f"{people}</a:Metadata>")
    (row,) = rows_of(read(write(tmp_path / "a.xml", avail(movie + TRANSACTION)), "avails-xml"))
    assert (row.title.directors, row.title.cast, row.title.writers) == (
        ["Chen, Bo", "Ada Park"], ["Di Han"], ["Ed Oh"],
    )  # fmt: skip
    assert row.other["People/Art Director"] == "Cy Roe"


def test_each_transaction_is_a_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xml", avail(MOVIE + TRANSACTION * 3) * 2)
    assert [row.number for row in rows_of(read(path, "avails-xml"))] == [1, 2, 3, 4, 5, 6]


def test_an_episode_with_its_season_and_series(tmp_path: Path) -> None:
    (row,) = rows_of(read(write(tmp_path / "a.xml", avail(EPISODE + TRANSACTION)), "avails-xml"))
    assert (row.title.kind, row.title.name, row.title.number) == ("episode", "Pilot", "1")
    assert [(each.level, each.name, each.number) for each in row.title.parents] == [
        ("series", "Detectives", ""), ("season", "", "2"),
    ]  # fmt: skip


def test_a_bad_value_is_found_by_its_line(tmp_path: Path) -> None:
    body = avail(MOVIE + TRANSACTION).replace("KR", "JJ")
    (row,) = rows_of(read(write(tmp_path / "a.xml", body), "avails-xml"))
    assert ("error", "Territory", "territory") in codes(row)
    line = next(each.cell for each in row.findings if each.column == "Territory")
    assert line == "line 9"  # where the territories begin


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>', "xml_doctype"),
        ('<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>', "xml_doctype"),
        ("<AvailList/>", "xml_root"),
        ("no xml", "other_kind"),
        ("", "empty"),
    ],
)
def test_what_is_no_avails_xml_is_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "a.xml"
    path.write_text(text)
    with pytest.raises(Unreadable) as caught:
        read(path, "avails-xml")
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (avail("<a:x>" * 100 + "</a:x>" * 100), "xml_large"),
        (avail(f"<a:x>{'x' * 40_000}</a:x>"), "cell_long"),
        (avail(MOVIE * 101 + TRANSACTION * 101), "xml_large"),
        (avail(MOVIE)[:-5], "xml"),
    ],
)
def test_limits(tmp_path: Path, body: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(write(tmp_path / "a.xml", body), "avails-xml")
    assert caught.value.code == code


def test_an_unknown_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"2\.1 is not read"):
        read(write(tmp_path / "a.xml", avail(MOVIE), "2.1"), "avails-xml")
