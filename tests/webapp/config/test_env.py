"""What the environment may say, and what is answered when it says nonsense."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from webapp.config import env
from webapp.config.mode import choose_settings

NAME = "SBEA_TEST_VALUE"


class TestTypes:
    @pytest.mark.parametrize(("raw", "value"), [("1", True), ("Yes", True), ("off", False), ("", False)])
    def test_flag(self, monkeypatch: pytest.MonkeyPatch, raw: str, value: bool) -> None:
        monkeypatch.setenv(NAME, raw)
        assert env.flag(NAME, default=not value) is value

    def test_refusals_name_the_variable_and_the_remedy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(NAME, "perhaps")
        with pytest.raises(ImproperlyConfigured, match=rf"{NAME}.*Write 1 or 0"):
            env.flag(NAME, default=True)
        with pytest.raises(ImproperlyConfigured, match=rf"{NAME}.*whole number"):
            env.integer(NAME, 1, low=0, high=9)
        monkeypatch.setenv(NAME, "10")
        with pytest.raises(ImproperlyConfigured, match="from 0 to 9"):
            env.integer(NAME, 1, low=0, high=9)
        with pytest.raises(ImproperlyConfigured, match=rf"{NAME}='10' is unknown. Write one of: a, b"):
            env.choice(NAME, ("a", "b"))
        assert env.choice("SBEA_ABSENT", ("a", "b")) == "a"
        with pytest.raises(ImproperlyConfigured, match="SBEA_ABSENT is not set"):
            env.text("SBEA_ABSENT")

    def test_folders_must_exist(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path)
        monkeypatch.setenv(NAME, os.pathsep.join([str(tmp_path / "link"), ""]))
        assert env.folders(NAME) == (tmp_path.resolve(),)
        monkeypatch.setenv(NAME, str(tmp_path / "absent"))
        with pytest.raises(ImproperlyConfigured, match="is no folder"):
            env.folders(NAME)

    def test_a_data_folder_that_cannot_be_made(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        monkeypatch.setenv(NAME, str(tmp_path / "file" / "data"))
        with pytest.raises(ImproperlyConfigured, match=f"Point {NAME} at a folder"):
            env.folder(NAME, tmp_path)


class TestPrivateFolder:
    def test_is_made_for_this_account_alone(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv(NAME, str(tmp_path / "new" / "data"))
        made = env.private_folder(NAME, tmp_path)
        assert made == tmp_path / "new" / "data"
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
        assert env.private_folder(NAME, tmp_path) == made

    @pytest.mark.parametrize("mode", [0o755, 0o750, 0o701])
    def test_one_that_is_open_to_others_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: int
    ) -> None:
        monkeypatch.setenv(NAME, str(tmp_path))
        tmp_path.chmod(mode)
        with pytest.raises(ImproperlyConfigured, match=f"chmod 700 {tmp_path}"):
            env.private_folder(NAME, tmp_path)

    def test_one_that_cannot_be_made(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        monkeypatch.setenv(NAME, str(tmp_path / "file" / "data"))
        with pytest.raises(ImproperlyConfigured, match=f"Point {NAME} at a folder"):
            env.private_folder(NAME, tmp_path)


class TestDatabaseUrl:
    def test_parts_are_read_and_decoded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(NAME, "postgresql://lab:p%40ss@db:5433/studio?sslmode=require")
        read = env.database_url(NAME)
        assert (read["NAME"], read["USER"], read["PASSWORD"]) == ("studio", "lab", "p@ss")
        assert (read["HOST"], read["PORT"], read["OPTIONS"]) == ("db", "5433", {"sslmode": "require"})

    @pytest.mark.parametrize("url", ["mysql://db/x", "postgresql://db", "studio.sqlite3"])
    def test_others_are_refused(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        monkeypatch.setenv(NAME, url)
        with pytest.raises(ImproperlyConfigured, match=NAME):
            env.database_url(NAME)


class TestSecretKey:
    @pytest.fixture(autouse=True)
    def _no_key_given(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SECRET_KEY", raising=False)

    def test_is_made_once_and_private(self, tmp_path: Path) -> None:
        key = env.secret_key(tmp_path)
        assert len(key) >= 50
        assert env.secret_key(tmp_path) == key
        assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
        assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
        (tmp_path / "other").mkdir()
        assert env.secret_key(tmp_path / "other") != key

    def test_one_that_others_can_read_is_refused(self, tmp_path: Path) -> None:
        env.secret_key(tmp_path)
        (tmp_path / "secret_key").chmod(0o644)
        with pytest.raises(ImproperlyConfigured, match="chmod 600"):
            env.secret_key(tmp_path)

    def test_an_empty_one_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "secret_key").touch(mode=0o600)
        with pytest.raises(ImproperlyConfigured, match="Delete it"):
            env.secret_key(tmp_path)


def test_an_unknown_mode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SBEA_MODE", "cloud")
    with pytest.raises(SystemExit, match="embedded, server"):
        choose_settings()
