"""What the calls of a benchmark go to, each one a process with a configuration of its own: nginx as
the origin that answers, and HAProxy and the sidecar in front of it."""

import dataclasses
import os
import pathlib
import shutil
import socket
import subprocess
import time

START_SECONDS = 10
ECHO_MODULE = "/usr/lib/nginx/modules/ngx_http_echo_module.so"

# The answer must bear the id of its request and an account only that request names, so the body is
# read and searched. `return` alone would send it with a Content-Length but never reads a body; the
# echo module, which Debian's nginx-light brings along, reads it first. Without a master the process
# is the one worker.
NGINX = """load_module {module};
daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
pcre_jit on;
events {{ worker_connections 19000; }}
http {{
  access_log off;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
  uwsgi_temp_path tmp; scgi_temp_path tmp;
  client_body_in_single_buffer on;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  default_type application/json;
  map $request_body $call_id {{ default null; "~\\"id\\":(?<found_id>[0-9]+)" $found_id; }}
  map $request_body $account {{ default null; "~(?<found_account>\\"0x[0-9a-f]+\\")" $found_account; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ echo_read_request_body; echo_exec @answer; }}
    location @answer {{
      return 200 '{{"jsonrpc":"2.0","id":$call_id,"result":$account}}';
    }}
  }}
}}
"""

# Connections to the origin are shared by all clients, as the sidecar shares its own. Two
# descriptors for each of maxconn would be more than the usual hard limit, and are never needed.
HAPROXY = """global
  nbthread 1
  maxconn 12000
  no strict-limits
defaults
  mode http
  http-reuse always
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 1h
frontend workers
  bind 127.0.0.1:{port}
  bind unix@{path} mode 600
  default_backend origins
backend origins
  server origin 127.0.0.1:{origin}
"""

SIDECAR = """[listen]
path = "{path}"
mode = "0600"
[http]
listen = "127.0.0.1:0"
[log]
level = "warn"
[[chain]]
name = "ethereum"
family = "evm"
  [[chain.provider]]
  name = "origin"
  http = "http://127.0.0.1:{origin}/"
  connections_max = {connections_max}
"""


class ServerError(Exception):
    """A server that is not there or did not start."""


@dataclasses.dataclass
class Server:
    popen: subprocess.Popen
    tcp: str
    unix: str = ""

    @property
    def pid(self):
        return self.popen.pid

    def rss_bytes(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ServerError(f"process {self.pid} has ended")

    def stop(self):
        if self.popen.poll() is None:
            self.popen.terminate()
        try:
            self.popen.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        if self.popen.stdout:
            self.popen.stdout.close()


def find(name):
    # A user's PATH may lack the folder where Debian puts servers.
    found = shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")
    if not found:
        raise ServerError(f"{name} is not installed: run scripts/setup bench")
    return found


def free_port():
    """One that was free a moment ago; a server that finds it taken says so and ends."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def start(name, command, folder, **more):
    environment = {key: value for key, value in os.environ.items()
                   if not key.lower().endswith("_proxy")}
    with open(folder / f"{name}.log", "wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, env=environment,
                                **more)


def fail_start(name, popen, folder):
    popen.kill()
    popen.wait()
    log = (folder / f"{name}.log").read_text(errors="replace")
    raise ServerError(f"{name} did not start:\n{log[-2000:]}")


def wait_port(name, popen, port, folder):
    end = time.monotonic() + START_SECONDS
    while popen.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)
    fail_start(name, popen, folder)


def start_nginx(folder):
    if not pathlib.Path(ECHO_MODULE).exists():
        raise ServerError("nginx's echo module is not installed: run scripts/setup bench")
    binary, port = find("nginx"), free_port()
    (folder / "nginx.conf").write_text(NGINX.format(module=ECHO_MODULE, port=port))
    command = [binary, "-p", folder, "-e", "stderr", "-c", "nginx.conf"]
    popen = start("nginx", command, folder, stdout=subprocess.DEVNULL)
    wait_port("nginx", popen, port, folder)
    return Server(popen, f"127.0.0.1:{port}")


def start_haproxy(folder, origin):
    binary, port, path = find("haproxy"), free_port(), folder / "haproxy.sock"
    text = HAPROXY.format(port=port, path=path, origin=origin.tcp.rpartition(":")[2])
    (folder / "haproxy.cfg").write_text(text)
    command = [binary, "-db", "-q", "-f", folder / "haproxy.cfg"]
    popen = start("haproxy", command, folder, stdout=subprocess.DEVNULL)
    wait_port("haproxy", popen, port, folder)
    return Server(popen, f"127.0.0.1:{port}", f"unix:{path}")


def start_sidecar(binary, folder, origin, connections_max):
    config = folder / "sidecar.toml"
    config.write_text(SIDECAR.format(path=folder / "rpc.sock", connections_max=connections_max,
                                     origin=origin.tcp.rpartition(":")[2]))
    config.chmod(0o600)
    popen = start("sidecar", [binary, "run", "--config", config], folder, stdout=subprocess.PIPE,
                  text=True)
    line = popen.stdout.readline()
    if not line.startswith("listening "):
        fail_start("sidecar", popen, folder)
    where = dict(field.partition("=")[::2] for field in line.split()[1:])
    return Server(popen, where["http"].removeprefix("http://"), "unix:" + where["socket"])


def version(command):
    """The first line with which a program says which one it is."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return done.stdout.strip().splitlines()[0] if done.stdout.strip() else "unknown"
