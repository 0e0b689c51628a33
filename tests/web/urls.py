"""The addresses these tests need: signing in, the pages, and a few parts on a page of their own."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from web import urls

OBJECT = """{% extends "web/object.html" %}{% load edgecode parts %}
{% block title %}Harbour Lights{% endblock %}
{% block head %}
{% object_head name=name code=code kind="Title" state=state action=action %}
{% endblock %}
{% block content %}
<div class="chips">{% chip "state" "BLOCKED" "Blocked" 3 %}</div>
<div class="table-wrap" tabindex="0" role="region" aria-label="Assets"><table class="table">
<thead><tr><th scope="col">File</th><th scope="col">Hash</th></tr></thead>
<tbody data-rows><tr><th scope="row"><a href="#a">reel-1.mp4</a></th><td>{% hash_short hash %}</td>
</tr><tr><th scope="row"><a href="#b">reel-2.mp4</a></th><td>{% hash_short hash %}</td></tr></tbody>
</table></div>{% pagination "n3xt" None 1 44 %}{% endblock %}"""

FORM = """{% extends "web/base.html" %}{% load parts %}
{% block title %}Form{% endblock %}
{% block main %}<h1>Form</h1><form class="form" method="post" enctype="multipart/form-data"
 data-upload>{% csrf_token %}{% error_summary form %}{% field form.title %}{% field form.note %}
{% drop_zone form.file "Drop a file here, or choose one" %}{% upload_progress %}
<button class="button button-main" type="submit">Send</button></form>{% endblock %}"""


class TitleForm(forms.Form):
    title = forms.CharField(label="Name", help_text="As the title card says it.", max_length=20)
    note = forms.CharField(label="Note", required=False)
    file = forms.FileField(label="File", required=False)


def show_object(request: HttpRequest) -> HttpResponse:
    context = {
        "name": "Harbour Lights",
        "code": "7K3F2Q9P",
        "state": "PARTIAL",
        "action": "Publish an offer",
        "hash": "5f2b8c0d" + "0" * 50 + "7c3a1d",
    }
    return HttpResponse(engines["django"].from_string(OBJECT).render(context, request))


def show_form(request: HttpRequest) -> HttpResponse:
    form = TitleForm(request.POST or None, request.FILES or None)
    return HttpResponse(engines["django"].from_string(FORM).render({"form": form}, request))


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("titles/", show_object, name="titles"),
    path("form/", show_form),
    path("fail/", fail),
    *urls.urlpatterns,
]
