// A worker that reads all the time, and keeps account of it: RATE calls a second, by turns over HTTP
// and over the Unix socket. viem's own retries are off, so that a call which fails is seen to fail.
//   node worker_load.mjs HTTP_URL SOCKET RATE
// For each line on standard input it prints what became of the calls that ended since the last one:
// {"calls", "failed": [text...], "max_ms", "slowest"}. It leaves when its input ends.
import readline from 'node:readline';
import { createPublicClient, http } from 'viem';
import { ipc } from 'viem/node';

const [, , url, socket, rate] = process.argv;
const patience = { retryCount: 0, timeout: 30_000 };
const clients = [http(url, patience), ipc(socket, patience)].map((transport) =>
  createPublicClient({ transport, cacheTime: 0 }),
);
const address = '0x000000000000000000000000000000000000dEaD';
// None of them is a question of the sidecar's own prober, and any node answers them.
const reads = [
  (client) => client.getBalance({ address }),
  (client) => client.getGasPrice(),
  (client) => client.getTransactionCount({ address }),
  (client) => client.getCode({ address }),
];

const empty = () => ({ calls: 0, failed: [], max_ms: 0, slowest: '' });
let ledger = empty();
let started = 0;

async function read(turn) {
  const begun = performance.now();
  const name = `call ${turn}`;
  try {
    await reads[turn % reads.length](clients[(turn >> 2) % clients.length]);
  } catch (error) {
    ledger.failed.push(`${name}: ${error.details ?? error.message}`);
  }
  const took = performance.now() - begun;
  ledger.calls += 1;
  if (took > ledger.max_ms) {
    ledger.max_ms = took;
    ledger.slowest = name;
  }
}

const first = performance.now();
setInterval(() => {
  // Beats that were missed are not made up for: a burst would measure this process, not the sidecar.
  const due = Math.floor(((performance.now() - first) * Number(rate)) / 1000);
  started = Math.max(started, due - 2);
  for (; started < due; started += 1) {
    read(started);
  }
}, 5);

readline
  .createInterface({ input: process.stdin })
  .on('line', () => {
    process.stdout.write(`${JSON.stringify(ledger)}\n`);
    ledger = empty();
  })
  .on('close', () => process.exit(0));
