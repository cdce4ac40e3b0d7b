"""From where Install Engine fetches packages, through which proxy, with which certificates, and what it logs."""

from __future__ import annotations

from pathlib import Path

import pytest
from qgis.core import QgsNetworkAccessManager, QgsSettings

from building_footprints_plugin.bridge import network, packages
from building_footprints_plugin.bridge.packages import Source


@pytest.mark.parametrize(
    ("source", "uv", "pip"),
    [
        (Source(), ["--torch-backend", "auto"], []),
        (Source(cpu_only=True), ["--torch-backend", "cpu"], ["--extra-index-url", packages.TORCH_FOR_CPU]),
        (Source(index="https://mirror.example/simple"), ["--default-index", "https://mirror.example/simple"],
         ["--index-url", "https://mirror.example/simple"]),
        (Source(wheels="/w", cpu_only=True), ["--offline", "--no-index", "--find-links", "/w"],
         ["--no-index", "--find-links", "/w"]),
    ],
)  # fmt: skip
def test_where_packages_come_from(source, uv, pip):
    assert (source.for_uv(), source.for_pip()) == (uv, pip)


def test_passwords_are_not_logged(feedback, monkeypatch):
    lines: list[str] = []
    monkeypatch.setattr(type(feedback), "pushCommandInfo", lambda self, text: lines.append(text), raising=False)
    monkeypatch.setattr(type(feedback), "pushConsoleInfo", lambda self, text: lines.append(text), raising=False)
    packages.run_tool(["/bin/echo", "https://me:secret@mirror.example/simple"], {}, feedback)
    assert lines == ["/bin/echo https://***@mirror.example/simple", "https://***@mirror.example/simple"]


def test_the_proxy_of_qgis_is_told(tmp_path):
    settings = QgsSettings()
    said = {"proxyEnabled": True, "proxyType": "HttpProxy", "proxyHost": "proxy.example", "proxyPort": 3128}
    for name, value in {**said, "proxyUser": "me", "proxyPassword": "a b@c"}.items():
        settings.setValue(f"proxy/{name}", value)
    try:
        QgsNetworkAccessManager.instance().setupDefaultProxyAndCache()
        found = network.network_environment(tmp_path)
    finally:
        settings.remove("proxy")
        QgsNetworkAccessManager.instance().setupDefaultProxyAndCache()
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "http_proxy"):
        assert found[name] == "http://me:a%20b%40c@proxy.example:3128"
    assert not any("PROXY" in name.upper() for name in network.network_environment(tmp_path))


def test_authorities_that_were_added_in_qgis_are_told(tmp_path, monkeypatch):
    class Manager:
        isDisabled = staticmethod(lambda: False)  # noqa: N815 - QGIS's name
        databaseCAs = staticmethod(lambda: ["one"])  # noqa: N815
        trustedCaCertsPemText = staticmethod(lambda: b"PEM")  # noqa: N815

    monkeypatch.setattr(network.QgsApplication, "authManager", lambda: Manager)
    found = network.network_environment(tmp_path / "new")
    assert Path(found["SSL_CERT_FILE"]).read_bytes() == b"PEM"
    assert found["PIP_CERT"] == found["SSL_CERT_FILE"]
