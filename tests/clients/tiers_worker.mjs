// Makes SAFE calls through the sidecar with viem, so many a second, until its input ends; each line of input is
// answered with what it saw since the last one: {calls, failed, slowest_ms, first_error}.
//   node tiers_worker.mjs URL CALLS_PER_SECOND
import { createInterface } from 'node:readline';
import { createPublicClient, http } from 'viem';

const [, , url, rate] = process.argv;
// Retries of its own would hide what the sidecar failed.
const client = createPublicClient({ transport: http(url, { retryCount: 0, timeout: 20_000 }) });
const none = { calls: 0, failed: 0, slowest_ms: 0, first_error: null };
let seen = { ...none };

async function call() {
  const began = performance.now();
  let error = null;
  try {
    await client.request({ method: 'eth_chainId' });
  } catch (thrown) {
    error = String(thrown.details ?? thrown.message);
  }
  seen.calls += 1;
  seen.failed += error === null ? 0 : 1;
  seen.first_error ??= error;
  seen.slowest_ms = Math.max(seen.slowest_ms, performance.now() - began);
}

setInterval(call, 1000 / Number(rate));
console.log('ready');
for await (const _ of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(seen));
  seen = { ...none };
}
process.exit(0);
