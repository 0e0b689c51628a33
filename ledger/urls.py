"""The log as C2SP tlog-tiles lays it out, below the prefix this is included at."""

from django.urls import path

from ledger import views

app_name = "ledger"
urlpatterns = [
    path("checkpoint", views.checkpoint, name="checkpoint"),
    path("log.vkey", views.vkey, name="vkey"),
    path("tile/<path:name>", views.tile, name="tile"),
    path("proof/<int:index>.tlog-proof", views.receipt, name="receipt"),
    path("consistency/<int:old>/<int:new>", views.consistency, name="consistency"),
]
