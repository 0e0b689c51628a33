"""What a studio's file leaves in the library, and what its report says."""

import resource
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.access import Actor
from catalog.importing import pending
from catalog.importing.pending import import_pending, run_import
from catalog.importing.starting import cancel_import, import_again
from catalog.models import (
    Avail,
    Credit,
    Fact,
    FactKind,
    Import,
    ImportRow,
    ImportState,
    Scheme,
    Title,
    TitleIdentifier,
)
from ledger.models import Event
from tests import factories
from tests.catalog.importing.files import EIDR, bring, codes, counts, movies, send, sheet
from tests.catalog.imports.books import MOVIE, avails, book

pytestmark = pytest.mark.django_db


@pytest.fixture
def studio(var_dir: Path) -> Actor:
    return factories.studio()


def test_an_avail_becomes_a_title_and_a_licence_out(studio: Actor, tmp_path: Path) -> None:
    job = bring(studio, sheet(tmp_path / "a.xlsx", {"Licensee": "Shop", "Exclusive": "Yes"}))
    assert (job.state, counts(job)) == (ImportState.DONE, (1, 0, 0, 0, 0))
    fact = Fact.objects.get()
    assert fact.title.name == "First Dance, The"
    assert fact.body == {
        "from": "Rockstar Films",
        "to": "Shop",
        "uses": ["distribute.vod"],
        "exclusivity": "exclusive",
        "territory": ["KR"],
        "start": "2027-01-01T00:00:00Z",
        "end": "2027-12-31T00:00:00Z",
    }
    assert (fact.document, fact.clause) == ("a.xlsx", "avail:1")


def test_the_same_file_twice_changes_nothing(studio: Actor, tmp_path: Path) -> None:
    rows = [
        {"TitleID": EIDR, "Director": "Ada Park, Bo Chen"},
        {
            "ALID": "alid:2",
            "AvailID": "b",
            "TitleInternalAlias": "Other",
            "TotalRunTime": "1:00:00",
        },
        {
            "ALID": "alid:2",
            "AvailID": "c",
            "TitleInternalAlias": "Other",
            "TotalRunTime": "1:10:00",
        },
    ]
    path = sheet(tmp_path / "a.xlsx", *rows)
    bring(studio, path)
    events = Event.objects.count()
    again = bring(studio, path)
    assert counts(again)[2] == 3
    assert Event.objects.count() == events
    assert (Title.objects.count(), Avail.objects.count(), Credit.objects.count()) == (2, 3, 2)


def test_a_bad_eidr_is_kept_apart_and_the_row_stays(studio: Actor, tmp_path: Path) -> None:
    bad = EIDR[:-1] + "Z"
    job = bring(studio, sheet(tmp_path / "a.xlsx", {"TitleID": bad}))
    assert (counts(job), codes(job)) == ((0, 0, 0, 1, 0), ["eidr"])
    assert Title.objects.get().eidr is None
    assert TitleIdentifier.objects.get(scheme=Scheme.EIDR).verified is False


def test_names_never_match_but_are_spoken_of(studio: Actor, tmp_path: Path) -> None:
    factories.title(studio, name="First Dance, The", year=None)
    job = bring(studio, sheet(tmp_path / "a.xlsx", {}))
    assert Title.objects.count() == 2
    assert codes(job) == ["looks_like"]


def test_a_title_is_found_by_eidr_and_corrected_once(studio: Actor, tmp_path: Path) -> None:
    title = factories.title(studio, eidr=EIDR, name="Old name")
    job = bring(studio, sheet(tmp_path / "a.xlsx", {"TitleID": EIDR, "ReleaseYear": 1996}))
    title.refresh_from_db()
    assert (title.name, title.year) == ("First Dance, The", 1996)
    assert Title.objects.count() == 1
    assert counts(job) == (1, 0, 0, 0, 0)
    assert Event.objects.filter(kind="title.changed").count() == 1


def test_a_full_extract_withdraws_what_it_leaves_out(studio: Actor, tmp_path: Path) -> None:
    both = [{"AvailID": "a"}, {"AvailID": "b", "Territory": "US"}]
    bring(studio, sheet(tmp_path / "one.xlsx", *both))
    job = bring(studio, sheet(tmp_path / "two.xlsx", both[0]))
    assert job.report["withdrawn"] == 1
    assert [fact.clause for fact in Fact.objects.standing()] == ["a"]
    assert Fact.objects.count() == 2


def test_a_rejected_row_withdraws_nothing_of_its_alid(studio: Actor, tmp_path: Path) -> None:
    both = [{"AvailID": "a"}, {"AvailID": "b", "Territory": "US"}]
    bring(studio, sheet(tmp_path / "one.xlsx", *both))
    job = bring(studio, sheet(tmp_path / "two.xlsx", both[0], both[1] | {"Territory": "QQ"}))
    assert job.rejected == 1
    assert Fact.objects.standing().count() == 2


def test_delete_takes_back_and_full_delete_takes_all(studio: Actor, tmp_path: Path) -> None:
    rows = [{"AvailID": each, "EntryType": "Create", "Territory": t}
            for each, t in (("a", "KR"), ("b", "US"), ("c", "FR"))]  # fmt: skip
    bring(studio, sheet(tmp_path / "one.xlsx", *rows))
    bring(studio, sheet(tmp_path / "two.xlsx", {"EntryType": "Delete", "AvailID": "a"}))
    assert Fact.objects.standing().count() == 2
    job = bring(studio, sheet(tmp_path / "three.xlsx", {"EntryType": "Full Delete"}))
    assert counts(job) == (0, 1, 0, 0, 0)
    assert Fact.objects.standing().count() == 0


def test_a_series_is_one_tree(studio: Actor, tmp_path: Path) -> None:
    episode = {
        "WorkType": "Episode", "SeriesTitleInternalAlias": "The House", "SeasonNumber": 1,
        "TitleInternalAlias": None,
    }  # fmt: skip
    rows = [
        episode | {"EpisodeNumber": n, "EpisodeTitleInternalAlias": f"Part {n}", "ALID": f"e:{n}",
                   "AvailID": f"v:{n}"}
        for n in (1, 2, 3)
    ]  # fmt: skip
    bring(studio, sheet(tmp_path / "tv.xlsx", *rows))
    first = Title.objects.get(kind="episode", number=1)
    assert first.parent is not None
    assert first.parent.parent is not None
    assert (first.parent.number, first.parent.parent.name) == (1, "The House")
    assert Title.objects.count() == 5


def test_ai_rows_keep_terms_and_what_narrows_the_rights(studio: Actor, tmp_path: Path) -> None:
    row = {
        "LicenseType": "AITrain", "ModelKind": "customer_private", "MaxLicensees": 2,
        "PricePerMinute": "1.50", "Currency": "USD", "NILVStatus": "not_cleared",
        "GuildFlags": "DGA", "ElementExceptions": "Music@00:01:00-00:02:30",
    }  # fmt: skip
    bring(studio, sheet(tmp_path / "ai.xlsx", row))
    ai = Avail.objects.get().ai
    assert ai is not None
    assert (ai["uses"], ai["price_per_minute_minor"]) == (["train.pretrain"], 150)
    kinds = set(Fact.objects.values_list("kind", flat=True))
    assert kinds == {FactKind.CAP, FactKind.RESTRICTION, FactKind.GUILD, FactKind.ELEMENT}


def test_a_dry_run_keeps_nothing_and_reports_the_same(studio: Actor, tmp_path: Path) -> None:
    rows = [*movies(3), {"ALID": "alid:0", "TitleInternalAlias": "Film 0", "Territory": "US",
                         "AvailID": "x"}, {"Territory": "QQ"}]  # fmt: skip
    dry = bring(studio, sheet(tmp_path / "a.xlsx", *rows), dry_run=True)
    assert not Title.objects.exists()
    assert not Avail.objects.exists()
    assert not Event.objects.filter(kind="title.registered").exists()
    again = import_again(actor=studio, code=dry.code, dry_run=False)
    import_pending()
    again.refresh_from_db()
    assert counts(again) == counts(dry) == (4, 0, 0, 0, 1)


def test_an_import_goes_on_where_it_was_killed(
    studio: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "BATCH_ROWS", 4)
    job = send(studio, sheet(tmp_path / "a.xlsx", *movies(10)))
    rounds = iter([False, False, True, True, True])
    run_import(job.code, lambda: next(rounds))
    job.refresh_from_db()
    assert (job.state, job.cursor, Title.objects.count()) == (ImportState.APPLYING, 8, 8)
    import_pending()
    job.refresh_from_db()
    assert (job.state, counts(job)) == (ImportState.DONE, (10, 0, 0, 0, 0))
    assert ImportRow.objects.count() == Title.objects.count() == 10


def test_a_large_file_does_not_hold_up_those_of_others(
    studio: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "BATCH_ROWS", 2)
    monkeypatch.setattr(pending, "TURN_BATCHES", 2)
    large = send(studio, sheet(tmp_path / "a.xlsx", *movies(7)))
    next_of_same = send(studio, sheet(tmp_path / "b.xlsx", {"TitleInternalAlias": "Next"}))
    of_other = send(factories.studio(), sheet(tmp_path / "c.xlsx", {}))
    ended = []
    while import_pending():
        done = Import.objects.filter(state=ImportState.DONE).exclude(pk__in=ended)
        ended += done.values_list("pk", flat=True)
    assert ended == [of_other.pk, large.pk, next_of_same.pk]
    large.refresh_from_db()
    assert counts(large) == (7, 0, 0, 0, 0)


def test_all_languages_of_a_film_are_kept_and_a_lost_rating_is_told(
    studio: Actor, tmp_path: Path
) -> None:
    table = tmp_path / "films.csv"
    table.write_text(
        "imdbID,Title,Language,Rating\n"
        'tt0118799,Life Is Beautiful,"German, Italian, Egyptian Arabic",PG-13\n'
        "tt0081150,Melvin and Howard,English,\n"
    )
    job = bring(studio, table)
    assert codes(job) == ["rating_system"]
    (told,) = ImportRow.objects.get(of=job, number=2).findings
    assert told["cell"] == "csv!D2"
    film, other = Title.objects.order_by("pk")
    assert (film.language, film.spoken) == ("de", ["de", "it", "arz"])
    assert (other.language, other.spoken) == ("en", [])
    assert counts(bring(studio, table))[:3] == (0, 0, 2)


def test_cancelling_keeps_what_is_in(
    studio: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "BATCH_ROWS", 4)
    job = send(studio, sheet(tmp_path / "a.xlsx", *movies(10)))
    rounds = iter([False, True, True, True])
    run_import(job.code, lambda: next(rounds))
    cancel_import(actor=studio, code=job.code)
    import_pending()
    job.refresh_from_db()
    assert (job.state, Title.objects.count()) == (ImportState.CANCELLED, 4)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("locked.xlsx", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600),
        ("cut.xlsx", b"PK\x03\x04 and then nothing"),
        ("bomb.xml", b'<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>'),
        ("words.csv", b"nothing\nof\nuse\n"),
        ("noise.csv", bytes(range(256)) * 8),
    ],
)
def test_a_hostile_file_ends_in_one_clear_report(
    studio: Actor, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    job = bring(studio, tmp_path / name, sandboxed=True)
    assert job.state == ImportState.FAILED
    assert job.reason
    assert "Traceback" not in job.reason
    assert not Title.objects.exists()


def test_what_others_registered_is_not_mine(studio: Actor, tmp_path: Path) -> None:
    factories.title(factories.studio(), eidr=EIDR)
    bring(studio, sheet(tmp_path / "a.xlsx", {"TitleID": EIDR}))
    assert Title.objects.visible_to(studio).get().eidr == EIDR
    assert Title.objects.count() == 2


def test_nobody_takes_an_import_that_somebody_holds(studio: Actor, tmp_path: Path) -> None:
    job = send(studio, sheet(tmp_path / "a.xlsx", {}))
    Import.objects.update(leased_until=timezone.now() + pending.LEASE)
    assert import_pending() == 0
    assert run_import(job.code) is False


EDIT = "10.5240/77C5-ED35-8FC2-7D9D-9531-1"


def test_an_edit_stands_under_its_title_and_the_terms_at_the_title(
    studio: Actor, tmp_path: Path
) -> None:
    rows = [
        {"TitleID": EIDR, "EditID": EDIT, "AvailID": "a", "Territory": "KR"},
        {"TitleID": EIDR, "EditID": EDIT, "AvailID": "b", "Territory": "US"},
        {"TitleID": EIDR, "EditID": "cut-2", "AvailID": "c", "Territory": "FR"},
    ]
    path = sheet(tmp_path / "a.xlsx", *rows)
    assert counts(bring(studio, path)) == (3, 0, 0, 0, 0)
    film = Title.objects.get(kind="film")
    edits = Title.objects.filter(kind="edit").order_by("pk")
    assert [(each.parent, each.eidr) for each in edits] == [(film, EDIT), (film, None)]
    assert film.eidr == EIDR
    # What is licensed of one edit is seen when the film is cleared.
    assert {fact.title for fact in Fact.objects.all()} == {film}
    said = Avail.objects.order_by("avail_id").values_list("terms__edit_id", flat=True)
    assert list(said) == [EDIT, EDIT, "cut-2"]
    events = Event.objects.count()
    assert counts(bring(studio, path)) == (0, 0, 3, 0, 0)
    assert (Title.objects.count(), Event.objects.count()) == (3, events)


def test_an_edit_without_a_good_number_is_one_all_the_same(studio: Actor, tmp_path: Path) -> None:
    bad = EDIT[:-1] + "9"
    rows = [{"EditID": bad, "AvailID": each, "Territory": each} for each in ("KR", "US")]
    bring(studio, sheet(tmp_path / "a.xlsx", *rows))
    edit = Title.objects.get(kind="edit")
    assert edit.eidr is None
    assert TitleIdentifier.objects.get(title=edit, scheme=Scheme.EIDR).verified is False


def test_the_titles_own_number_makes_no_edit(studio: Actor, tmp_path: Path) -> None:
    bring(studio, sheet(tmp_path / "a.xlsx", {"TitleID": EIDR, "EditID": EIDR}))
    assert [title.kind for title in Title.objects.all()] == ["film"]
    assert "edit_id" not in Avail.objects.get().terms


def test_an_edit_of_another_title_stays_there(studio: Actor, tmp_path: Path) -> None:
    bring(studio, sheet(tmp_path / "a.xlsx", {"EditID": EDIT}))
    other = {"EditID": EDIT, "ALID": "alid:2", "AvailID": "z", "TitleInternalAlias": "Other"}
    job = bring(studio, sheet(tmp_path / "b.xlsx", other))
    assert (counts(job), codes(job)) == ((0, 0, 0, 1, 0), ["edit_elsewhere"])
    assert Title.objects.get(kind="edit").parent == Title.objects.get(
        name="First Dance, The", kind="film"
    )


def test_an_episode_of_nothing_is_rejected_and_the_rest_comes_in(
    studio: Actor, tmp_path: Path
) -> None:
    episode = {
        "WorkType": "Episode", "TitleInternalAlias": None, "EpisodeNumber": 1,
        "EpisodeTitleInternalAlias": "Pilot",
    }  # fmt: skip
    placed = episode | {"SeriesTitleInternalAlias": "The House", "SeasonNumber": 1}
    job = bring(studio, sheet(tmp_path / "tv.xlsx", episode, placed | {"ALID": "e:2"}))
    assert (job.rejected, Title.objects.filter(kind="episode").count()) == (1, 1)
    row = ImportRow.objects.get(of=job, outcome="rejected")
    assert "is part of a season or a series" in str(row.findings)
    assert "SeriesTitleInternalAlias" in str(row.findings)


def test_a_season_that_names_no_series_makes_it(studio: Actor, tmp_path: Path) -> None:
    season = {
        "WorkType": "Season", "TitleInternalAlias": None,
        "SeasonTitleInternalAlias": "불새: 시즌 1",
    }  # fmt: skip
    other = {"SeasonTitleInternalAlias": "불새 시즌 2", "ALID": "s:2"}
    episode = {
        "WorkType": "Episode", "TitleInternalAlias": None, "EpisodeTitleInternalAlias": "Pilot",
        "EpisodeNumber": 1, "SeasonTitleInternalAlias": "불새 시즌 2", "ALID": "e:1",
    }  # fmt: skip
    path = sheet(tmp_path / "tv.xlsx", season, season | other, episode)
    job = bring(studio, path)
    assert job.rejected == 0
    series = Title.objects.get(kind="series")
    assert series.name == "불새"
    seasons = Title.objects.filter(kind="season").order_by("pk")
    assert [(each.name, each.parent) for each in seasons] == [
        ("불새: 시즌 1", series),
        ("불새 시즌 2", series),
    ]
    assert Title.objects.get(kind="episode").parent == seasons[1]
    # What an earlier version kept as a season of nothing is the same one, and gets its series.
    seasons.update(parent=None)
    again = bring(studio, path)
    assert (again.accepted, again.rejected, Title.objects.count()) == (0, 0, 4)
    assert {each.parent for each in seasons} == {series}


def test_an_episode_has_edits_too(studio: Actor, tmp_path: Path) -> None:
    episode = {
        "WorkType": "Episode", "SeriesTitleInternalAlias": "The House", "SeasonNumber": 1,
        "TitleInternalAlias": None, "EpisodeNumber": 1, "EpisodeTitleInternalAlias": "Part 1",
        "EpisodeTitleID": EIDR, "EpisodeID": EDIT,
    }  # fmt: skip
    bring(studio, sheet(tmp_path / "tv.xlsx", episode))
    edit = Title.objects.get(kind="edit")
    assert edit.parent is not None
    assert (edit.eidr, edit.parent.kind, edit.parent.eidr) == (EDIT, "episode", EIDR)
    bring(studio, sheet(tmp_path / "tv.xlsx", episode | {"EpisodeID": EIDR}))
    assert Title.objects.filter(kind="edit").count() == 1


def test_the_longest_sheet_ends_in_a_report(studio: Actor, tmp_path: Path) -> None:
    """Formatted to the last row, as spreadsheets often are, with something in the very last. Every
    fourth row will do: what is kept of a row takes more than a hundred bytes."""
    empty = "".join(
        f'<row r="{number}"><c r="A{number}" s="0"/></row>' for number in range(4, 1_048_576, 4)
    )
    last = '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>Total</t></is></c></row>'
    xml = avails([MOVIE]).replace("</sheetData>", f"{empty}{last}</sheetData>")
    path = book(tmp_path / "a.xlsx", {"Movies": xml})
    del xml, empty
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    job = bring(studio, path, sandboxed=True)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 25_000
    assert (job.state, counts(job)) == (ImportState.DONE, (1, 0, 0, 0, 1))
    (row,) = ImportRow.objects.filter(of=job, outcome="rejected")
    assert row.number == 1_048_576
    assert "required" in codes(job)


def test_a_sheet_longer_than_a_spreadsheet_can_be_is_refused_whole(
    studio: Actor, tmp_path: Path
) -> None:
    xml = avails([MOVIE]).replace("</sheetData>", '<row r="1048577"/></sheetData>')
    job = bring(studio, book(tmp_path / "a.xlsx", {"Movies": xml}), sandboxed=True)
    assert (job.state, job.report["refused"]["code"]) == (ImportState.FAILED, "rows")
    assert not Title.objects.exists()
