"""The addresses of the pages: each section's module brings its own list."""

from web.views import public

urlpatterns = [
    *public.urlpatterns,
]
