"""The pages anyone can open, and the frame around every page."""

import re
from types import SimpleNamespace

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from web import context

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.web.urls")]


def text(response: HttpResponse) -> str:
    return response.content.decode()


@pytest.mark.parametrize(
    "address", ["/", "/accounts/login/", "/accounts/password/reset/", "/titles/", "/form/", "/no/"]
)
def test_no_page_needs_what_the_policy_forbids(client: Client, address: str) -> None:
    response = client.get(address)
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    page = text(response)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)


def test_the_start_page_shows_one_licence_from_title_to_log(client: Client) -> None:
    page = text(client.get("/"))
    for words in ("Harbour Lights", "Clear in part: 41 of 44", "World except Japan", "184,500.00"):
        assert words in page
    assert "In the public log since 3 May 2027, entry 48,112" in page


def test_the_language_follows_the_reader_and_the_switch(client: Client) -> None:
    korean = client.get("/", headers={"accept-language": "ko-KR,ko;q=0.9"})
    assert '<html lang="ko">' in text(korean)
    assert "공개 기록부 등재" in text(korean)
    switched = client.post("/language/", {"language": "ko", "next": "/accounts/login/"})
    assert (switched.status_code, switched.headers["Location"]) == (302, "/accounts/login/")
    assert "로그인" in text(client.get("/accounts/login/"))


def test_the_language_switch_leads_to_no_other_site(client: Client) -> None:
    response = client.post("/language/", {"language": "ko", "next": "https://example.com/"})
    assert response.headers["Location"] == "/"


def test_operators_learn_that_it_runs_and_is_ready(client: Client) -> None:
    assert text(client.get("/healthz")) == "ok\n"
    assert client.get("/readyz").json() == {"ready": True}
    assert client.post("/healthz").status_code == 405


def test_an_unknown_address_says_what_to_do(client: Client) -> None:
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    assert "There is no such page" in text(response)


def test_a_failure_still_gives_a_whole_page(client: Client) -> None:
    client.raise_request_exception = False
    response = client.get("/fail/")
    assert response.status_code == 500
    assert "An error on our side" in text(response)
    assert "on purpose" not in text(response)


def test_a_failure_shows_even_when_nothing_else_works(
    client: Client, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lost = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"  # knows no file
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": lost}}
    client.raise_request_exception = False
    with django_assert_num_queries(0):
        response = client.get("/fail/", headers={"Accept-Language": "ko"})
    assert response.status_code == 500
    assert '<html lang="ko">' in text(response)
    assert "저희 쪽에서 오류가 났습니다" in text(response)


def test_a_form_without_its_token_is_refused_in_words() -> None:
    response = Client(enforce_csrf_checks=True).post("/language/", {"language": "ko"})
    assert response.status_code == 403
    assert "The form is too old" in text(response)


def test_a_form_names_every_error_twice_and_keeps_what_was_typed(client: Client) -> None:
    page = text(client.post("/form/", {"title": "A" * 21, "note": "kept"}))
    assert 'class="error-summary" role="alert" tabindex="-1" autofocus' in page
    assert '<a href="#id_title">Name:' in page
    assert 'id="id_title_error"' in page
    assert 'aria-describedby="id_title_helptext id_title_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'value="kept"' in page


def test_signing_in_with_a_wrong_password_says_so_and_looks_like_ours(client: Client) -> None:
    tried = {"login": "a@example.com", "password": "wrong"}
    page = text(client.post("/accounts/login/", tried))
    assert "error-summary" in page
    assert 'value="a@example.com"' in page
    assert "Edgecode" in page
    for said in (">E-mail<", "This e-mail address and this password do not fit together."):
        assert said in " ".join(page.split())
    assert "placeholder" not in page
    korean = text(client.post("/accounts/login/", tried, headers={"Accept-Language": "ko"}))
    assert ">이메일<" in " ".join(korean.split())
    assert "Email" not in korean


def test_sections_are_those_of_the_organisations_kind_whose_pages_exist() -> None:
    request = RequestFactory().get("/titles/7K3F2Q9P/")
    studio = SimpleNamespace(kind="studio", name="Northgate Pictures")
    request.actor = SimpleNamespace(organisation=studio)  # type: ignore[attr-defined]
    shell = context.page(request)["shell"]
    assert (shell.house_name, str(shell.house_kind)) == ("Northgate Pictures", "Studio")
    library = next(link for link in shell.sections if link.href == "/titles/")
    assert library.current


def test_a_stranger_has_no_sections() -> None:
    shell = context.page(RequestFactory().get("/"))["shell"]
    assert shell.sections == ()
    assert shell.house_name == ""


def test_section_letters_are_different_for_each_kind() -> None:
    for kind in ("studio", "talent", "lab", "auditor", "platform"):
        keys = [section.key for section in context.SECTIONS if kind in section.houses]
        assert len(keys) == len(set(keys))
