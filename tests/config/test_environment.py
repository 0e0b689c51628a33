"""What the environment may say, and what a wrong one is told."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.env import BASE_DIR, Environment, read_environment

PRINT_SETTINGS = (
    "from django.conf import settings; import sys;"
    " sys.stdout.write(str(settings.DATABASES['default']))"
)


def start(code: str, var_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new process with the project's settings and these variables only."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=BASE_DIR,
        env=kept
        | {"DJANGO_SETTINGS_MODULE": "config.settings", "EDGECODE_VAR_DIR": str(var_dir)}
        | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_every_bad_variable_is_named_in_one_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EDGECODE_BASE_URL", "ftp://edgecode.example")
    monkeypatch.setenv("EDGECODE_UPLOAD_MAX_BYTES", "a lot")
    monkeypatch.setenv("EDGECODE_DELIVERY_LINK_SECONDS", "0")
    monkeypatch.setenv("EDGECODE_OBJECT_STORE", "tape")
    with pytest.raises(SystemExit) as stopped:
        read_environment()
    message = str(stopped.value)
    for name in ("BASE_URL", "UPLOAD_MAX_BYTES", "DELIVERY_LINK_SECONDS", "OBJECT_STORE"):
        assert f"EDGECODE_{name}: " in message


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"EDGECODE_DEBUG": "false"}, "EDGECODE_SECRET_KEY"),
        ({"EDGECODE_OBJECT_STORE": "s3"}, "EDGECODE_S3_BUCKET"),
        ({"EDGECODE_STRIPE_SECRET_KEY": "sk_test_1"}, "EDGECODE_STRIPE_WEBHOOK_SECRET"),
        ({"EDGECODE_LEDGER_WITNESSES": "/no/such/policy"}, "EDGECODE_LEDGER_WITNESSES"),
        ({"EDGECODE_SIGNING_KEY": "kms:alias/issuer"}, "EDGECODE_SIGNING_CERTIFICATES"),
        ({"EDGECODE_SIGNING_CERTIFICATES": __file__}, "EDGECODE_SIGNING_KEY"),
        ({"EDGECODE_SIGNING_LEAF_DAYS": "91"}, "EDGECODE_SIGNING_LEAF_DAYS"),
        ({"EDGECODE_TRUSTED_PROXIES": "-1"}, "EDGECODE_TRUSTED_PROXIES"),
        ({"EDGECODE_TIMESTAMP_URL": "https://tsa.example/tsr/"}, "EDGECODE_TIMESTAMP_ROOTS"),
        ({"EDGECODE_TIMESTAMP_URL": "ftp://tsa.example/"}, "EDGECODE_TIMESTAMP_URL"),
        ({"EDGECODE_LEDGER_MIRROR_PREFIX": "a//../b"}, "EDGECODE_LEDGER_MIRROR_PREFIX"),
        (
            {
                "EDGECODE_STRIPE_SECRET_KEY": "sk_live_1",
                "EDGECODE_STRIPE_WEBHOOK_SECRET": "whsec_1",
                "EDGECODE_STRIPE_API_BASE": "http://127.0.0.1:9",
            },
            "EDGECODE_STRIPE_API_BASE",
        ),
    ],
)
def test_what_belongs_together_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], told: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=told):
        read_environment()


def test_no_secret_is_ever_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "EDGECODE_SECRET_KEY": "key-of-the-house",
        "EDGECODE_S3_SECRET_ACCESS_KEY": "bucket-secret",
        "EDGECODE_STRIPE_SECRET_KEY": "sk_live_secret",
        "EDGECODE_STRIPE_WEBHOOK_SECRET": "whsec_secret",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    shown = repr(Environment()) + str(Environment())
    monkeypatch.setenv("EDGECODE_BASE_URL", "nowhere")
    monkeypatch.setenv("EDGECODE_STRIPE_API_BASE", "http://127.0.0.1:9")
    with pytest.raises(SystemExit) as stopped:
        read_environment()
    shown += str(stopped.value)
    for value in secrets.values():
        assert value not in shown


def test_an_address_loses_its_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGECODE_BASE_URL", "https://edgecode.example/")
    assert Environment().base_url == "https://edgecode.example"


def test_sqlite_begins_every_transaction_ready_to_write(tmp_path: Path) -> None:
    done = start(PRINT_SETTINGS, tmp_path, EDGECODE_DEBUG="true")
    assert done.returncode == 0, done.stderr
    assert "'transaction_mode': 'IMMEDIATE'" in done.stdout
    assert "journal_mode=WAL" in done.stdout
    assert "synchronous=FULL" in done.stdout


def test_development_shows_our_error_pages_too(tmp_path: Path) -> None:
    code = (
        "import django; django.setup(); from django.test import Client;"
        "found = Client().get('/nope/', headers={'host': 'localhost'});"
        "print(found.status_code, found.content.decode())"
    )
    done = start(code, tmp_path, EDGECODE_DEBUG="true")
    assert done.stdout.startswith("404 "), done.stderr
    assert "There is no such page" in done.stdout
    assert "urlpatterns" not in done.stdout.lower()


def test_a_database_url_is_taken_apart(tmp_path: Path) -> None:
    url = "postgresql://stu%40dio:p%2Fss@db.example:6432/edge?sslmode=require"
    done = start(PRINT_SETTINGS, tmp_path, EDGECODE_DEBUG="true", DATABASE_URL=url)
    assert done.returncode == 0, done.stderr
    for part in (
        "'ENGINE': 'django.db.backends.postgresql'",
        "'USER': 'stu@dio'",
        "'PASSWORD': 'p/ss'",
        "'HOST': 'db.example'",
        "'PORT': '6432'",
        "'NAME': 'edge'",
        "'sslmode': 'require'",
    ):
        assert part in done.stdout


def test_another_kind_of_database_is_refused_without_its_password(tmp_path: Path) -> None:
    url = "mysql://root:hunter22@db.example/edge"
    done = start(PRINT_SETTINGS, tmp_path, EDGECODE_DEBUG="true", DATABASE_URL=url)
    assert done.returncode != 0
    assert "DATABASE_URL" in done.stderr
    assert "hunter22" not in done.stderr


def test_processes_that_start_together_agree_on_one_secret_key(tmp_path: Path) -> None:
    code = "from django.conf import settings; import sys; sys.stdout.write(settings.SECRET_KEY)"

    def key_of_a_process(_number: int) -> str:
        done = start(code, tmp_path, EDGECODE_DEBUG="true")
        assert done.returncode == 0, done.stderr
        return done.stdout

    with ThreadPoolExecutor(6) as pool:
        keys = set(pool.map(key_of_a_process, range(6)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.glob("secret-key*")] == ["secret-key"]


@pytest.mark.parametrize(
    ("variables", "backend"),
    [
        ({"EDGECODE_DEBUG": "true"}, "console"),
        ({"EDGECODE_SECRET_KEY": "k" * 50}, "dummy"),
        (
            {
                "EDGECODE_SECRET_KEY": "k" * 50,
                "EDGECODE_EMAIL_HOST": "mail.example",
                "EDGECODE_EMAIL_FROM": "Edgecode <edgecode@site.example>",
                "EDGECODE_EMAIL_USER": "edgecode",
                "EDGECODE_EMAIL_PASSWORD": "letters",
            },
            "smtp",
        ),
    ],
)
def test_letters_go_to_the_console_in_development_only(
    tmp_path: Path, variables: dict[str, str], backend: str
) -> None:
    done = start("from django.conf import settings; print(settings.MAILERS)", tmp_path, **variables)
    assert f".{backend}.EmailBackend" in done.stdout, done.stderr
    if backend == "smtp":
        assert "'use_tls': True" in done.stdout


def test_everything_wrong_with_the_mail_server_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("EDGECODE_DEBUG")
    monkeypatch.setenv("EDGECODE_EMAIL_HOST", "mail.example")
    monkeypatch.setenv("EDGECODE_EMAIL_PASSWORD", "letters")
    monkeypatch.setenv("EDGECODE_EMAIL_TLS", "none")
    with pytest.raises(SystemExit) as stopped:
        read_environment()
    lines = str(stopped.value).splitlines()[1:]
    told = {line.strip().partition(":")[0] for line in lines}
    names = ("SECRET_KEY", "EMAIL_FROM", "EMAIL_USER", "EMAIL_TLS")
    assert told == {f"EDGECODE_{name}" for name in names}
    assert "letters" not in str(stopped.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "0"), ("TLS", "ssl"), ("FROM", "me"), ("FROM", "A <a@b.example>\nBcc: c@d.example")],
)
def test_a_mail_setting_that_cannot_be_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("EDGECODE_EMAIL_HOST", "mail.example")
    monkeypatch.setenv("EDGECODE_EMAIL_FROM", "edgecode@site.example")
    monkeypatch.setenv(f"EDGECODE_EMAIL_{name}", value)
    with pytest.raises(SystemExit, match=f"EDGECODE_EMAIL_{name}: "):
        read_environment()


def test_no_first_log_is_named_like_a_later_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGECODE_LEDGER_ORIGIN", "edgecode.example/2031")
    with pytest.raises(SystemExit, match="EDGECODE_LEDGER_ORIGIN: "):
        read_environment()


@pytest.mark.long
def test_what_is_written_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    var = tmp_path / "var"
    make = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    environment = dict(os.environ) | {"EDGECODE_VAR_DIR": str(var)}
    environment.pop("DATABASE_URL", None)
    for _ in range(2):
        subprocess.run(make, cwd=BASE_DIR, env=environment, check=True)
        files = [var, *var.rglob("*")]
        assert {"edgecode.sqlite3", "tmp", "static"} <= {path.name for path in files}
        assert [path.name for path in files if path.stat().st_mode & 0o077] == []
        # As an earlier version left them: the next start mends what is ours.
        (var / "edgecode.sqlite3").chmod(0o644)
        (var / "tmp").chmod(0o755)
    start("import config.settings", var, EDGECODE_DEBUG="true")
    assert (var / "edgecode.sqlite3").stat().st_mode & 0o777 == 0o600
    assert (var / "tmp").stat().st_mode & 0o777 == 0o700


def test_a_folder_of_others_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o755)
    (tmp_path / "theirs").chmod(0o755)
    tmp_path.chmod(0o755)
    done = start("import config.settings", tmp_path, EDGECODE_DEBUG="true")
    assert done.returncode == 0, done.stderr
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "theirs").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600
