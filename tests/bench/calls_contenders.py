"""What `scripts/bench calls` measures: one origin, and the proxies before it, each a process with a
configuration of its own in one temporary folder."""

import contextlib
import http.client
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import time
from typing import NamedTuple

START_SECONDS = 20
FDS = 20_000
IDLE_SECONDS = 3600
CONNECTIONS_MAX = 64  # to the origin; HAProxy opens as many for 64 clients

# nginx answers each call with its own id and the account it asked for, without any disk or upstream:
# echo_read_request_body fills $request_body, and echo_exec goes on where `return` may use it.
ORIGIN_CONF = """
load_module {modules}/ngx_http_echo_module.so;
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
pcre_jit on;
worker_rlimit_nofile {fds};
events {{ worker_connections {fds}; }}
http {{
  access_log off;
  default_type application/json;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_in_single_buffer on;
  client_body_temp_path {folder}/nginx; proxy_temp_path {folder}/nginx;
  fastcgi_temp_path {folder}/nginx; uwsgi_temp_path {folder}/nginx; scgi_temp_path {folder}/nginx;
  map $request_body $call_id {{ "~\\"id\\":(?<found_id>[0-9]+)" $found_id; default null; }}
  map $request_body $account {{ "~\\"0x(?<found_account>[0-9a-f]{{40}})\\"" $found_account; default ""; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ echo_read_request_body; echo_exec @answer; }}
    location @answer {{ return 200 '{{"jsonrpc":"2.0","id":$call_id,"result":"0x$account"}}'; }}
    location = /stats {{ stub_status; }}
  }}
}}
"""

# Idle server connections are shared by all clients (http-reuse always), as the sidecar does.
HAPROXY_CONF = """
global
  nbthread 1
  maxconn 12000
  no strict-limits
defaults
  mode http
  timeout connect 5s
  timeout client {idle}s
  timeout server {idle}s
  timeout http-keep-alive {idle}s
  http-reuse always
  retries 0
frontend calls
  bind 127.0.0.1:{port} backlog 4096
  bind unix@{socket}
  default_backend origin
backend origin
  server origin 127.0.0.1:{origin_port}
"""

SIDECAR_CONF = """
[listen]
path = "{socket}"
[http]
listen = "127.0.0.1:0"
idle_timeout = "{idle}s"
[log]
level = "warn"
{quiet}[[chain]]
name = "ethereum"
family = "evm"
  [[chain.provider]]
  name = "origin"
  http = "http://127.0.0.1:{origin_port}"
  connections_max = {connections_max}
"""


# Each call must reach the origin exactly once, so nobody else may ask it. Versions before probes have no
# such section.
QUIET = '[probe]\ninterval = "1h"\n'


class BenchError(Exception):
    """Something that a person must mend; its text is all that is shown."""


class Contender(NamedTuple):
    name: str
    proxy: str  # a key of PROXIES, or "" for none
    dialect: str  # of calls_bench
    face: str  # which of the proxy's addresses


CONTENDERS = [
    Contender("direct", "", "http", "tcp"),
    Contender("haproxy", "haproxy", "http", "tcp"),
    Contender("haproxy unix", "haproxy", "http", "unix"),
    Contender("framed", "sidecar", "framed", "unix"),
    Contender("json-ipc", "sidecar", "json-ipc", "unix"),
    Contender("http unix", "sidecar", "http", "unix"),
    Contender("http tcp", "sidecar", "http", "tcp"),
    Contender("ws unix", "sidecar", "ws", "unix"),
]
BEFORE = Contender("framed before", "sidecar before", "framed", "unix")


def program(name, package):
    """Debian puts daemons where a user's PATH may not look."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not path:
        raise BenchError(f"{name} is not installed (Debian's {package}): run scripts/setup bench")
    return path


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def raise_fd_limit():
    """In the child, between fork and exec."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limit = FDS if hard == resource.RLIM_INFINITY else min(FDS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def clean_environment():
    """No proxies of the machine's, and no providers by environment."""
    return {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}


class Running:
    """One process, started on ports of its own, ended by its pid."""

    def __init__(self, name, folder):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.popen = None
        self.addresses = {}  # face -> what calls_bench connects to

    def start(self, arguments):
        out = self.folder / f"{self.name}.out"
        log = self.folder / f"{self.name}.err"
        with open(out, "wb") as stdout, open(log, "wb") as stderr:
            self.popen = subprocess.Popen(
                [str(one) for one in arguments],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                env=clean_environment(),
                preexec_fn=raise_fd_limit,
            )
        try:
            self.wait_until(self.is_serving)
        except BaseException:
            self.stop()
            raise

    def wait_until(self, claim):
        end = time.monotonic() + START_SECONDS
        while not claim():
            if self.popen.poll() is not None or time.monotonic() > end:
                raise BenchError(f"{self.name} does not serve:\n{self.log_end()}")
            time.sleep(0.01)

    def is_serving(self):
        host, _, port = self.addresses["tcp"].rpartition(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
            return True
        return False

    def log_end(self):
        paths = sorted(self.folder.glob(f"{self.name}.*"))
        texts = [path.read_text(errors="replace") for path in paths if path.suffix != ".sock"]
        return "".join(texts)[-2000:]

    @property
    def pid(self):
        return self.popen.pid

    def rss_kib(self):
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", text, re.MULTILINE)[1])

    def stop(self):
        if self.popen is None:
            return
        self.popen.terminate()
        try:
            self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self.popen = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Origin(Running):
    def __init__(self, folder):
        super().__init__("nginx", folder)
        self.port = free_port()
        self.addresses = {"tcp": f"127.0.0.1:{self.port}"}
        conf = self.folder / "nginx.conf"
        modules = "/usr/lib/nginx/modules"
        if not pathlib.Path(modules, "ngx_http_echo_module.so").exists():
            raise BenchError("nginx has no echo module (Debian's nginx-light brings it): "
                             "run scripts/setup bench")
        conf.write_text(ORIGIN_CONF.format(folder=folder, port=self.port, modules=modules, fds=FDS))
        self.start([program("nginx", "nginx-light"), "-p", folder, "-c", conf])
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children")
        self.wait_until(lambda: len(children.read_text().split()) == 1)
        self.worker_pid = int(children.read_text())

    def request_count(self):
        """Of all requests so far, this one included."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/stats")
        text = connection.getresponse().read().decode()
        connection.close()
        return int(re.search(r"\n\s*\d+ \d+ (\d+)", text)[1])


class HaProxy(Running):
    def __init__(self, folder, origin, _binary):
        super().__init__("haproxy", folder)
        port = free_port()
        unix = self.folder / "haproxy.sock"
        self.addresses = {"tcp": f"127.0.0.1:{port}", "unix": f"unix:{unix}"}
        conf = self.folder / "haproxy.cfg"
        conf.write_text(HAPROXY_CONF.format(
            port=port, socket=unix, origin_port=origin.port, idle=IDLE_SECONDS))
        self.start([program("haproxy", "haproxy"), "-db", "-f", conf])


class Sidecar(Running):
    def __init__(self, folder, origin, binary):
        super().__init__("sidecar", folder)
        if not os.access(binary, os.X_OK):
            raise BenchError(f"{binary} is not built")
        unix = self.folder / "rpc.sock"
        self.addresses = {"unix": f"unix:{unix}"}
        conf = self.folder / "sidecar.toml"
        settings = subprocess.run([binary, "describe-config"], capture_output=True, text=True,
                                  check=True).stdout
        conf.write_text(SIDECAR_CONF.format(
            quiet=QUIET if "[probe]" in settings else "", socket=unix, origin_port=origin.port, idle=IDLE_SECONDS,
            connections_max=CONNECTIONS_MAX))
        conf.chmod(0o600)
        self.start([binary, "run", "--config", conf])

    def is_serving(self):
        found = re.search(r"^listening .*\bhttp=(?:http://)?(\S+:\d+)",
                          (self.folder / "sidecar.out").read_text(), re.MULTILINE)
        if found:
            self.addresses["tcp"] = found[1]
        return bool(found)


PROXIES = {"haproxy": HaProxy, "sidecar": Sidecar, "sidecar before": Sidecar}
