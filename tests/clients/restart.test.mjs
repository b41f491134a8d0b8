// The sidecar is restarted while a service manager keeps its socket; clients that were connected go on
// by themselves. Not viem and ethers over IPC: neither connects again after its socket was closed.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { JsonRpcProvider } from 'ethers';
import { createPublicClient, http, webSocket } from 'viem';
import { Web3 } from 'web3';
import { IpcProvider } from 'web3-providers-ipc';
import { isDirect, openScope, serve, sidecarBinary, startMock } from './harness.mjs';
import { eventually } from './subscriptions_house.mjs';

const restarts = 5;
const keepSocket = fileURLToPath(new URL('keep_socket.py', import.meta.url));

describe('clients outlive restarts of the sidecar', { skip: isDirect }, () => {
  let scope;
  let socket;
  let keeper;
  let port = 0;
  let configure;

  const all = (pattern) => [...keeper.output().matchAll(pattern)].map((found) => Number(found[1]));
  const pids = () => all(/^started pid=(\d+)$/gm);
  const ports = () => all(/^listening socket=\S+ http=127\.0\.0\.1:(\d+)/gm);

  before(async () => {
    scope = await openScope();
    const mock = await startMock(scope, 'evm');
    socket = path.join(scope.folder, 'rpc.sock');
    const config = path.join(scope.folder, 'sidecar.toml');
    configure = () =>
      writeFile(
        config,
        `[listen]
path = "${socket}"
[http]
listen = "127.0.0.1:${port}"
[[chain]]
name = "dev"
family = "evm"
  [[chain.provider]]
  name = "mock"
  http = "${mock.http}"
`,
      );
    await configure();
    keeper = await serve(
      'python3',
      ['-B', keepSocket, socket, sidecarBinary, 'run', '--config', config],
      /^listening socket=\S+ http=/m,
    );
    scope.onEnd(async () => assert.equal(await keeper.stop(), 0, keeper.output()));
    [port] = ports();
    await configure(); // the next ones take the same
  });
  after(() => scope.close());

  const restart = async (turn) => {
    process.kill(pids().at(-1), 'SIGTERM');
    await eventually(() => ports().length > turn, keeper.output);
    assert.deepEqual(all(/^ended code=(-?\d+)$/gm), Array(turn).fill(0), keeper.output());
  };

  it('viem over http and ws, ethers over http, web3 over http and ipc answer after each', async () => {
    const url = `http://127.0.0.1:${port}`;
    const overHttp = createPublicClient({ transport: http(url) });
    const overWs = createPublicClient({
      transport: webSocket(url.replace('http:', 'ws:'), { reconnect: { delay: 100 } }),
    });
    const ethers = new JsonRpcProvider(url, 1, { staticNetwork: true });
    const web3 = new Web3(url);
    const web3Ipc = new Web3(new IpcProvider(socket, {}, { delay: 100 }));
    // viem's keep-alive would hold the process for ever.
    scope.onEnd(async () => (await overWs.transport.getRpcClient()).close());
    scope.onEnd(async () => ethers.destroy());
    scope.onEnd(async () => web3Ipc.provider.disconnect());
    const calls = {
      'viem http': () => overHttp.getBlockNumber({ cacheTime: 0 }),
      'viem ws': () => overWs.getBlockNumber({ cacheTime: 0 }),
      'ethers http': () => ethers.send('eth_blockNumber', []),
      'web3 http': () => web3.eth.getBlockNumber(),
      'web3 ipc': () => web3Ipc.eth.getBlockNumber(),
    };
    for (let turn = 0; turn <= restarts; turn += 1) {
      if (turn > 0) {
        await restart(turn);
      }
      for (const [name, call] of Object.entries(calls)) {
        let fault;
        await eventually(
          () => call().then(() => true, (error) => ((fault = error), false)),
          () => `${name} after restart ${turn}: ${fault}`,
        );
      }
    }
  });
});
