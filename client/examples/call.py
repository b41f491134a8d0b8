#!/usr/bin/env python3
"""librpcsidecar from Python by ctypes, no build step.

    python3 call.py [--library L] [--socket P] [--chain C] METHOD [PARAMS]
"""

import argparse
import ctypes
import json
import sys

OK, DISABLED = 0, 1


class _Options(ctypes.Structure):
    _fields_ = [
        ("socket_path", ctypes.c_char_p),
        ("client_name", ctypes.c_char_p),
        ("chain", ctypes.c_char_p),
        ("connect_timeout_ms", ctypes.c_uint32),
        ("call_deadline_ms", ctypes.c_uint32),
        ("reconnect_wait_ms", ctypes.c_uint32),
        ("reconnect_wait_ms_max", ctypes.c_uint32),
        ("calls_max", ctypes.c_uint32),
        ("queue_bytes_max", ctypes.c_size_t),
        ("reply_bytes_max", ctypes.c_size_t),
        ("assembly_bytes_max", ctypes.c_size_t),
        ("connect_later", ctypes.c_int),
        ("on_closing", ctypes.c_void_p),
        ("on_closing_user", ctypes.c_void_p),
        ("error_text", ctypes.c_void_p),
        ("error_size", ctypes.c_size_t),
        ("subscriptions_max", ctypes.c_uint32),
        ("keepalive_ms", ctypes.c_uint32),
        ("reserved", ctypes.c_void_p * 7),
    ]


class _Request(ctypes.Structure):
    _fields_ = [
        ("method", ctypes.c_char_p),
        ("params", ctypes.c_char_p),
        ("chain", ctypes.c_char_p),
        ("deadline_ms", ctypes.c_uint32),
        ("provider", ctypes.c_char_p),
        ("explain", ctypes.c_int),
        ("may_resend", ctypes.c_int),
        ("reserved", ctypes.c_void_p * 2),
    ]


class _Reply(ctypes.Structure):
    _fields_ = [
        ("is_error", ctypes.c_int),
        ("bytes", ctypes.POINTER(ctypes.c_char)),
        ("length", ctypes.c_size_t),
    ]


class SidecarError(Exception):
    """The call did not get through; status is one of RPCS_E_*."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class RpcError(Exception):
    """The call got through, and its answer is this JSON-RPC error object."""

    def __init__(self, error):
        super().__init__(error.get("message", ""))
        self.error = error


class Sidecar:
    """A connection to the rpc-sidecar of this host. One thread at a time."""

    def __init__(self, socket=None, chain=None, library="librpcsidecar.so.0"):
        self._client = ctypes.c_void_p()
        self._lib = ctypes.CDLL(library)
        self._lib.rpcs_status_text.restype = ctypes.c_char_p
        self._lib.rpcs_last_error.restype = ctypes.c_char_p
        self._lib.rpcs_last_error.argtypes = [ctypes.c_void_p]
        self._lib.rpcs_close.restype = None
        self._lib.rpcs_close.argtypes = [ctypes.c_void_p]
        self._lib.rpcs_reply_free.restype = None
        self._lib.rpcs_reply_free.argtypes = [ctypes.POINTER(_Reply)]
        self._lib.rpcs_call_on.argtypes = [
            ctypes.c_void_p, ctypes.POINTER(_Request), ctypes.POINTER(ctypes.POINTER(_Reply)),
        ]
        why = ctypes.create_string_buffer(200)
        options = _Options(
            socket_path=socket.encode() if socket else None,
            client_name=b"example-python/1.0",
            chain=chain.encode() if chain else None,
            error_text=ctypes.addressof(why),
            error_size=len(why),
        )
        status = self._lib.rpcs_connect(ctypes.byref(options), ctypes.byref(self._client))
        self._check(status, why.value)

    def _check(self, status, detail):
        if status != OK:
            text = self._lib.rpcs_status_text(status)
            raise SidecarError(status, f"{text.decode()} ({detail.decode(errors='replace')})")

    def call(self, method, params=None, deadline_ms=0, may_resend=False):
        """The result; params is a list or a dict. may_resend: it only reads, so it may be made
        again when the sidecar dies over it. ctypes lets other threads run meanwhile."""
        request = _Request(
            method=method.encode(),
            params=None if params is None else json.dumps(params).encode(),
            deadline_ms=deadline_ms,
            may_resend=may_resend,
        )
        reply = ctypes.POINTER(_Reply)()
        status = self._lib.rpcs_call_on(
            self._client, ctypes.byref(request), ctypes.byref(reply))
        self._check(status, self._lib.rpcs_last_error(self._client))
        try:
            value = json.loads(ctypes.string_at(reply.contents.bytes, reply.contents.length))
            if reply.contents.is_error:
                raise RpcError(value)
            return value
        finally:
            self._lib.rpcs_reply_free(reply)

    def close(self):
        self._lib.rpcs_close(self._client)
        self._client = ctypes.c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def main():
    parser = argparse.ArgumentParser(description="one call through rpc-sidecar")
    parser.add_argument("--library", default="librpcsidecar.so.0")
    parser.add_argument("--socket")
    parser.add_argument("--chain")
    parser.add_argument("method")
    parser.add_argument("params", nargs="?", type=json.loads)
    given = parser.parse_args()
    try:
        with Sidecar(given.socket, given.chain, given.library) as sidecar:
            print(json.dumps(sidecar.call(given.method, given.params, deadline_ms=10000)))
    except RpcError as error:
        print("error:", json.dumps(error.error), file=sys.stderr)
        return 3
    except SidecarError as error:
        if error.status == DISABLED:
            print(f"USE_SIDECAR is off: {given.method} would go straight to the provider")
            return 0
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
