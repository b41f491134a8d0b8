// The sidecar is restarted; clients that were connected go on by themselves. Not over IPC: they give up
// when the socket's file is gone for a moment, which a service manager's socket never is.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { JsonRpcProvider } from 'ethers';
import { createPublicClient, http, webSocket } from 'viem';
import { Web3 } from 'web3';
import { isDirect, openScope, serve, sidecarBinary, startMock } from './harness.mjs';
import { eventually } from './subscriptions_house.mjs';

const restarts = 5;

describe('clients outlive restarts of the sidecar', { skip: isDirect }, () => {
  let scope;
  let sidecar;
  let port = 0;
  let config;
  let socket;

  const start = async () => {
    const mock = config.mock;
    await writeFile(
      config.path,
      `[listen]
path = "${socket}"
[http]
listen = "127.0.0.1:${port}"
[[chain]]
name = "dev"
family = "evm"
  [[chain.provider]]
  name = "mock"
  http = "${mock}"
`,
    );
    sidecar = await serve(
      sidecarBinary,
      ['run', '--config', config.path],
      /^listening socket=\S+ http=127\.0\.0\.1:(\d+)/,
    );
    port = Number(sidecar.line[1]);
  };

  before(async () => {
    scope = await openScope();
    const mock = await startMock(scope, 'evm');
    socket = path.join(scope.folder, 'rpc.sock');
    config = { path: path.join(scope.folder, 'sidecar.toml'), mock: mock.http };
    await start();
    scope.onEnd(() => sidecar.stop());
  });
  after(() => scope.close());

  it('viem over http and ws, ethers and web3 over http answer after each', async () => {
    const url = `http://127.0.0.1:${port}`;
    const overHttp = createPublicClient({ transport: http(url) });
    const overWs = createPublicClient({ transport: webSocket(url.replace('http:', 'ws:')) });
    const ethers = new JsonRpcProvider(url, 1, { staticNetwork: true });
    const web3 = new Web3(url);
    // Its keep-alive would hold the process for ever.
    scope.onEnd(async () => (await overWs.transport.getRpcClient()).close());
    scope.onEnd(async () => ethers.destroy());
    const calls = {
      'viem http': () => overHttp.getBlockNumber({ cacheTime: 0 }),
      'viem ws': () => overWs.getBlockNumber({ cacheTime: 0 }),
      'ethers http': () => ethers.send('eth_blockNumber', []),
      'web3 http': () => web3.eth.getBlockNumber(),
    };
    for (let turn = 0; turn <= restarts; turn += 1) {
      if (turn > 0) {
        assert.equal(await sidecar.stop(), 0, sidecar.output());
        await start();
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
