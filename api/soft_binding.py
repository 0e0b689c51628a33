"""Every address of the Soft Binding Resolution API, as its specification names them."""

from django.urls import path, re_path

from api.views import soft_binding as views

app_name = "soft-binding"
_BASE = "api/soft-binding/"
_MANIFEST = "manifests/<str:manifest_id>"
urlpatterns = [
    path(".well-known/c2pa-soft-binding-resolution", views.WellKnown.as_view(), name="well-known"),
    path(f"{_BASE}matches/byBinding", views.ByBinding.as_view(), name="by-binding"),
    path(f"{_BASE}matches/byContent", views.ByContent.as_view(), name="by-content"),
    path(f"{_BASE}matches/byReference", views.ByReference.as_view(), name="by-reference"),
    path(f"{_BASE}manifests", views.Manifests.as_view(), name="manifests"),
    path(f"{_BASE}{_MANIFEST}", views.ManifestStore.as_view(), name="manifest"),
    path(f"{_BASE}held/<str:key>/{_MANIFEST}", views.ManifestStore.as_view(), name="held-manifest"),
    path(f"{_BASE}{_MANIFEST}/receipts", views.Receipts.as_view(), name="receipts"),
    path(f"{_BASE}bindings", views.Bindings.as_view(), name="bindings"),
    path(
        f"{_BASE}services/supportedAlgorithms",
        views.SupportedAlgorithms.as_view(),
        name="algorithms",
    ),
    path(f"{_BASE}services/capabilities", views.Capabilities.as_view(), name="capabilities"),
    path(f"{_BASE}services/status", views.Health.as_view(), name="status"),
    re_path(f"^{_BASE}", views.NowhereElse.as_view()),
]
