#!/bin/sh
# A worker: asks for the newest block once a second. With USE_SIDECAR=false it goes straight to the
# provider that PROVIDER_URL names.
set -e

ask() {
  case $USE_SIDECAR in
    false | 0 | no | off) curl -sS "$PROVIDER_URL" "$@" ;;
    *) curl -sS --unix-socket "${RPC_SIDECAR_SOCKET:-/run/rpc/rpc.sock}" http://localhost/ "$@" ;;
  esac
}

while :; do
  ask -H 'content-type: application/json' \
    -d '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}'
  echo
  sleep 1
done
