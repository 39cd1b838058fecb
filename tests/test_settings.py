"""Settings: every mistake is said, nothing weak is taken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import create_app
from kb.settings import Settings, SettingsError, from_environment, generate_secret, secret_file

STRONG = "uM3xv9Qe-7TzLr2hWc5Bn8Kd_4PfGa6Y"


def read(tmp_path, **environment):
    return from_environment({"KB_DATA": str(tmp_path)} | environment)


def test_an_empty_environment_is_enough(tmp_path):
    settings = read(tmp_path)

    assert (settings.port, settings.host, settings.secret_key) == (8000, "127.0.0.1", None)
    assert settings.database_url == f"sqlite:///{tmp_path / 'kiriwake.db'}"


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"PORT": "eighty"}, "PORT: 'eighty' is not a whole number"),
        ({"PORT": "70000"}, "PORT"),
        ({"KB_HTTPS": "maybe"}, "KB_HTTPS: 'maybe' is neither 1 nor 0."),
        ({"KB_SECRET_KEY": "short"}, "too weak"),
        ({"KB_SECRET_KEY": "a" * 64}, "too weak"),
        ({"KB_SECRET_KEY": "changeme" + STRONG}, "common word"),
        ({"KB_SECERT_KEY": STRONG}, "KB_SECERT_KEY: there is no such setting"),
        ({"KB_IDLE_MINUTES": "0"}, "KB_IDLE_MINUTES"),
        ({"KB_SMTP_HOST": "mail"}, "KB_SMTP_FROM: give the address"),
        (
            {"KB_SMTP_HOST": "mail", "KB_SMTP_FROM": "a@b", "KB_SMTP_SECURITY": "ssl"},
            "KB_SMTP_SECURITY: 'ssl'",
        ),
        (
            {"KB_SMTP_HOST": "mail", "KB_SMTP_FROM": "a@b", "KB_SMTP_USER": "u"},
            "KB_SMTP_USER: a password needs",
        ),
        ({"KB_BASE_URL": "kb.example.jp"}, "KB_BASE_URL: 'kb.example.jp' does not begin"),
    ],
)
def test_a_mistake_is_said_in_a_sentence(tmp_path, environment, told):
    with pytest.raises(SettingsError, match=re.escape(told)):
        read(tmp_path, **environment)


def test_all_mistakes_are_said_at_once(tmp_path):
    with pytest.raises(SettingsError) as mistakes:
        read(tmp_path, PORT="x", KB_THREADS="0", KB_HTTPS="?")

    assert len(str(mistakes.value).splitlines()) == 3


def test_the_generated_secret_is_strong_private_and_stays(tmp_path):
    generate_secret(tmp_path)
    first = read(tmp_path).secret_key
    generate_secret(tmp_path)

    assert first and len(first) >= 48 and read(tmp_path).secret_key == first
    assert secret_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_a_secret_that_others_can_read_is_refused(tmp_path):
    generate_secret(tmp_path)
    secret_file(tmp_path).chmod(0o644)

    with pytest.raises(SettingsError, match="0600"):
        read(tmp_path)


def test_serving_without_a_secret_or_a_database_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("KB_DATA", str(tmp_path))
    monkeypatch.delenv("KB_SECRET_KEY", raising=False)
    app = create_app(Settings(data=tmp_path, database_url=f"sqlite:///{tmp_path / 'kb.db'}"))
    without_secret = app.test_cli_runner().invoke(args=["serve"])
    monkeypatch.setenv("KB_SECRET_KEY", STRONG)
    without_database = app.test_cli_runner().invoke(args=["serve"])

    assert without_secret.exit_code == 1 and "no secret key" in without_secret.output
    assert without_database.exit_code == 1 and "flask init" in without_database.output


def test_init_prints_the_first_password_once_and_changes_nothing_the_second_time(tmp_path, monkeypatch):
    monkeypatch.setenv("KB_DATA", str(tmp_path / "var"))
    (tmp_path / "var").mkdir(mode=0o755)
    runner = create_app().test_cli_runner()

    first, second = runner.invoke(args=["init"]), runner.invoke(args=["init"])

    assert first.exit_code == second.exit_code == 0, first.output
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
    assert "One-time password" in first.output and "45 starter articles" in first.output
    assert second.output == ""


def test_every_setting_is_documented():
    page = (Path(__file__).parent.parent / "docs" / "operate.md").read_text(encoding="utf-8")
    source = (Path(__file__).parent.parent / "kb" / "settings.py").read_text(encoding="utf-8")

    for name in sorted(set(re.findall(r"\bKB_[A-Z_]+", source)) - {"KB_SCREENSHOTS"}):
        assert f"`{name}`" in page, f"docs/operate.md does not say what {name} is"
