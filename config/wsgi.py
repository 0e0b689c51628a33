"""The WSGI application served by granian."""

import os

from django.core.wsgi import get_wsgi_application

from config.garbage import look_seldom
from config.private import create_for_owner_only

create_for_owner_only()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
look_seldom()
