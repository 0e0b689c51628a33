"""The log as C2SP tlog-tiles lays it out, below the prefix this is included at; later shards of it
below their year."""

from django.urls import include, path, re_path

from ledger import views
from ledger.proofs import EARLIER_VKEYS, SECOND_VKEY

app_name = "ledger"
_of_a_shard = [
    path("checkpoint", views.checkpoint, name="checkpoint"),
    path("checkpoint.witnessed", views.witnessed, name="witnessed"),
    path("log.vkey", views.vkey, name="vkey"),
    path("earlier.vkeys", views.other_vkeys, {"name": EARLIER_VKEYS}, name="earlier-vkeys"),
    path("log.ml-dsa-44.vkey", views.other_vkeys, {"name": SECOND_VKEY}, name="second-vkey"),
    path("policy", views.policy, name="policy"),
    path("documents/<str:sha256>", views.document, name="document"),
    path("tile/<path:name>", views.tile, name="tile"),
    path("proof/<int:index>.tlog-proof", views.receipt, name="receipt"),
    path("proof/<int:index>.cose", views.cose_receipt, name="cose-receipt"),
    path("consistency/<int:old>.cose", views.cose_consistency, name="cose-consistency"),
    path("consistency/<int:old>/<int:new>", views.consistency, name="consistency"),
]
urlpatterns = [
    path("shards", views.shard_list, name="shards"),
    *_of_a_shard,
    re_path(r"^(?P<shard>[0-9]{4})/", include((_of_a_shard, "shard"))),
]
