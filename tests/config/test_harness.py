"""The promises of the tests' own ground: no network, a folder per process, real connections."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from config.env import BASE_DIR
from tests.postgres import server


def test_the_tests_write_into_a_folder_of_their_own() -> None:
    assert settings.VAR_DIR.name.startswith("edgecode-tests-")
    assert BASE_DIR not in settings.VAR_DIR.parents


def test_the_internet_cannot_be_reached() -> None:
    # The guard warns before it raises, and warnings are errors here.
    with pytest.raises((RuntimeError, UserWarning), match="A test tried to use"):
        socket.create_connection(("192.0.2.1", 443), timeout=1)


@pytest.mark.django_db(transaction=True)
def test_threads_write_with_connections_of_their_own() -> None:
    def write(key: str) -> None:
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now())
        connection.close()

    threads = [Thread(target=write, args=(f"key-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Session.objects.count() == 4


@pytest.mark.django_db
def test_var_dir_is_fresh_for_each_test(var_dir: Path) -> None:
    assert var_dir == settings.VAR_DIR
    assert list(var_dir.iterdir()) == []


def test_postgresql_answers_and_is_gone_afterwards() -> None:
    with server() as url:
        with psycopg.connect(url) as link:
            row = link.execute("SELECT current_database()").fetchone()
        assert row == ("edgecode",)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)


def test_postgresql_does_not_outlive_a_killed_run(tmp_path: Path) -> None:
    said = tmp_path / "url"
    command = f"import os; open({str(said)!r},'w').write(os.environ['DATABASE_URL'])"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.postgres", "--", sys.executable, "-c", command + ";input()"],
        cwd=BASE_DIR,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (said.exists() and said.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    url = said.read_text()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    while time.monotonic() < deadline:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return
        time.sleep(0.1)
    pytest.fail("the server still answers")
