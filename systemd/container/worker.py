#!/usr/bin/env python3
"""A worker: subscribes to new blocks over geth's IPC and prints them; comes back when the sidecar
restarts."""

import json
import os
import socket
import time

PATH = os.environ.get("RPC_SIDECAR_SOCKET", "/run/rpc/rpc.sock")


def messages(sock):
    decoder, text = json.JSONDecoder(), ""
    while chunk := sock.recv(65536):
        text += chunk.decode()
        while text:
            try:
                message, end = decoder.raw_decode(text)
            except ValueError:
                break  # not whole yet
            text = text[end:].lstrip()
            yield message


def watch():
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.connect(PATH)
        request = {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}
        sock.sendall(json.dumps(request).encode())
        for message in messages(sock):
            if "params" in message:
                print("block", int(message["params"]["result"]["number"], 16))


while True:
    try:
        watch()
    except OSError as error:
        print("no sidecar:", error)
    time.sleep(1)
