"""Scrapes of a sidecar under test, as Prometheus makes them."""

import exposition

P = "rpc_sidecar_"


def ask(connection, method="GET", path="/metrics", **more):
    """Status, headers and text; the connection ends with the answer."""
    try:
        connection.request(method, path, **more)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read().decode()
    finally:
        connection.close()


def scrape(sidecar):
    status, _, text = ask(sidecar.http_unix())
    assert status == 200, (status, text)
    return exposition.Scrape(text)
