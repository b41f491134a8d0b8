// What the tests of subscriptions share: anvil with its chain in a file, so that another one can go
// on from there, and what a client saw of it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { binaryOf, serve, startSidecar } from './harness.mjs';
import { abi, bytecode } from './ledger.mjs';
import { Interface } from 'ethers';

export async function eventually(claim, words, timeout = 30_000) {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await claim();
    if (value) {
      return value;
    }
    assert.ok(Date.now() < end, typeof words === 'function' ? words() : words);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

// Quick to find that a node is back, for tests that end it.
export const patience = `[feed]
failback_interval = "200ms"
[breaker]
open_min = "100ms"
open_max = "200ms"
[probe]
interval = "200ms"
`;

// One call straight to the node; it may be young.
async function askNode(url, method, params) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const answer = await response.json();
  assert.equal(answer.error, undefined, JSON.stringify(answer.error));
  return answer.result;
}

// anvil over `transport` (ws or ipc) behind the sidecar.
export async function startChain(scope, transport) {
  const state = path.join(scope.folder, 'anvil.json');
  const ipc = path.join(scope.folder, 'anvil.ipc');
  let port = 0;
  let anvil;
  const start = async () => {
    const args = ['--host', '127.0.0.1', '--port', String(port), '--ipc', ipc, '--state', state];
    anvil = await serve(binaryOf('anvil'), args, /Listening on 127\.0\.0\.1:(\d+)/);
    port = Number(anvil.line[1]);
  };
  await start();
  scope.onEnd(() => anvil.stop());
  const http = `http://127.0.0.1:${port}`;
  const url = transport === 'ipc' ? `ipc = "${ipc}"` : `ws = "ws://127.0.0.1:${port}"`;
  const sidecar = await startSidecar(
    scope,
    `${patience}[[chain]]
name = "dev"
family = "evm"
chain_id = 31337
block_time = "1s"
  [[chain.provider]]
  name = "anvil"
  ${url}
`,
  );
  const ask = (method, ...params) => askNode(http, method, params);
  const [from] = await ask('eth_accounts');
  const receiptOf = (hash) => eventually(() => ask('eth_getTransactionReceipt', hash), hash);
  const ledger = new Interface(abi);
  const deployed = await receiptOf(
    await ask('eth_sendTransaction', {
      from,
      data: `${bytecode}${'7'.padStart(64, '0')}`,
      gas: '0x200000',
    }),
  );
  const address = deployed.contractAddress;
  return {
    sidecar,
    address,
    topic: ledger.getEvent('Stored').topicHash,
    ws: sidecar.http.replace('http:', 'ws:'),
    head: async () => Number(await ask('eth_blockNumber')),
    // One transaction, and so one block with one log.
    store: async (value) => {
      const data = ledger.encodeFunctionData('store', [value, 'é { [']);
      const hash = await ask('eth_sendTransaction', { from, to: address, data, gas: '0x100000' });
      const receipt = await receiptOf(hash);
      return { hash, block: Number(receipt.blockNumber) };
    },
    // The node ends, and another one begins where it was, at the same place.
    restart: async () => {
      await anvil.stop();
      assert.ok(existsSync(state), anvil.output());
      await start();
    },
  };
}

// What a client was told: numbers of blocks, transactions of logs, pending transactions.
export function newSight() {
  return { blocks: [], logs: [], pending: [], errors: [] };
}

// Blocks without a hole and each once, from `first` on; the logs of all transactions `sent`, and
// those of them as pending that a node could tell of.
export async function checkSight(watch, first, sent, name) {
  const { sight } = watch;
  const last = sent.at(-1).block;
  const hashes = sent.map(({ hash }) => hash);
  const announced = sent.filter(({ isAnnounced }) => isAnnounced).map(({ hash }) => hash);
  await eventually(
    () =>
      sight.blocks.length > last - first &&
      sight.logs.length >= hashes.length &&
      announced.every((hash) => sight.pending.includes(hash)),
    () => `${name} saw ${JSON.stringify(sight)} of ${JSON.stringify(sent)}`,
  );
  const blocks = watch.isSorted ? sight.blocks : [...sight.blocks].sort((a, b) => a - b);
  assert.deepEqual(
    blocks,
    Array.from({ length: last - first + 1 }, (_, i) => first + i),
    `${name}: blocks`,
  );
  assert.deepEqual(sight.logs, hashes, `${name}: logs`);
  assert.deepEqual(
    sight.pending.filter((hash) => announced.includes(hash)),
    announced,
    `${name}: pending transactions`,
  );
  assert.equal(new Set(sight.pending).size, sight.pending.length, `${name}: pending twice`);
  assert.deepEqual(sight.errors, [], `${name}: errors`);
}
