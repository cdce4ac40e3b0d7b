"""How QGIS reaches the network, told to programs that do not ask QGIS: proxy and certificates."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit

from qgis.core import QgsApplication, QgsNetworkAccessManager
from qgis.PyQt.QtNetwork import QNetworkProxy

SCHEMES = {
    QNetworkProxy.ProxyType.HttpProxy: "http",
    QNetworkProxy.ProxyType.HttpCachingProxy: "http",
    QNetworkProxy.ProxyType.Socks5Proxy: "socks5",
}
CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT")


def network_environment(folder: Path) -> dict[str, str]:
    """Return the environment variables that say what QGIS's settings say; call it on the main thread.

    `folder` takes a file with the certificates of authorities that the user added in QGIS, if there are any. Without a
    proxy in QGIS, the system's applies; certificates are those of the system in any case.
    """
    return {"UV_SYSTEM_CERTS": "1", **_proxy(), **_certificates(folder)}


def _proxy() -> dict[str, str]:
    manager = QgsNetworkAccessManager.instance()
    proxy = manager.fallbackProxy()
    scheme = SCHEMES.get(proxy.type())
    if scheme is None or not proxy.hostName():
        return {}
    user = quote(proxy.user(), safe="")
    login = f"{user}:{quote(proxy.password(), safe='')}@" if user else ""
    address = f"{scheme}://{login}{proxy.hostName()}:{proxy.port()}"
    exempt = ",".join(urlsplit(each).hostname or each for each in manager.excludeList())
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    values = {**dict.fromkeys(names, address), **({"NO_PROXY": exempt} if exempt else {})}
    return {**values, **{name.lower(): value for name, value in values.items()}}


def _certificates(folder: Path) -> dict[str, str]:
    manager = QgsApplication.authManager()
    if manager.isDisabled() or not (manager.databaseCAs() or manager.extraFileCAs()):
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "authorities.pem"
    path.write_bytes(bytes(manager.trustedCaCertsPemText()))
    return dict.fromkeys(CERTIFICATE_VARIABLES, str(path))
