"""nginx and Caddy with the files of ``deploy/``, in front of a server, without TLS and on free ports."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import Server, free_port, running
from tests.service import ROOT


@contextmanager
def proxy(kind: str, upstream: int, directory: Path) -> Iterator[Server]:
    """``nginx`` or ``caddy`` in front of a port of this machine; its access log is ``directory/access.log``."""
    program = shutil.which(kind) or shutil.which(kind, path="/usr/sbin:/usr/local/sbin")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{kind} is not installed: apt-get install nginx caddy")
    port = free_port()
    file, command = (
        _nginx(program, port, upstream, directory) if kind == "nginx" else _caddy(program, port, upstream, directory)
    )
    check = {"nginx": [*command, "-t"], "caddy": [program, "validate", "--adapter", "caddyfile", "--config", str(file)]}
    checked = subprocess.run(check[kind], capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0, checked.stderr
    environment = {"HOME": str(directory), "XDG_DATA_HOME": str(directory), "XDG_CONFIG_HOME": str(directory)}
    with running(
        command, port=port, environment=environment, directory=directory, log=directory / f"{kind}.log"
    ) as server:
        yield server


def _nginx(program: str, port: int, upstream: int, directory: Path) -> tuple[Path, list[str]]:
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    text = _replaced(
        text,
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("    ssl_certificate     /etc/ssl/notify.example.com.pem;\n", ""),
        ("    ssl_certificate_key /etc/ssl/notify.example.com.key;\n", ""),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{upstream};"),
        ("/var/log/nginx/notifications.log", f"{directory}/access.log"),
        ("/var/log/nginx/notifications.error.log", f"{directory}/error.log"),
    )
    places = "".join(
        f"{name}_temp_path {directory}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = directory / "nginx.conf"
    file.write_text(
        f"daemon off; master_process off; pid {directory}/nginx.pid; error_log {directory}/error.log;\n"
        f"events {{}}\nhttp {{\n{places}{text}\n}}\n"
    )
    return file, [program, "-c", str(file), "-e", str(directory / "error.log")]


def _caddy(program: str, port: int, upstream: int, directory: Path) -> tuple[Path, list[str]]:
    text = (ROOT / "deploy" / "Caddyfile").read_text()
    text = _replaced(
        text,
        ("\nnotify.example.com {", f"\n{{\n\tadmin off\n\tauto_https off\n}}\n\nhttp://127.0.0.1:{port} {{"),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        ("/var/log/caddy/notifications.log", f"{directory}/access.log"),
    )
    file = directory / "Caddyfile"
    file.write_text(text)
    return file, [program, "run", "--adapter", "caddyfile", "--config", str(file)]


def _replaced(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text
