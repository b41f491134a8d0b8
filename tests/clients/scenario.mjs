// The one list of claims that every EVM client is held to, over each of its transports.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ask, isDirect, openScope, post, runWorker, startEvm, watchPeers } from './harness.mjs';
import { abi, tooLowCall, tooLowData } from './ledger.mjs';
import { Interface } from 'ethers';

// Braces that do not pair and letters outside ASCII choke some clients against a bare node.
const reason = isDirect ? 'not today' : 'not { today: é 漢字 }}';

async function checkWorker(seen, anvil, index) {
  const direct = (method, ...params) => ask(anvil.http, method, params);
  const ledger = new Interface(abi);

  assert.equal(seen.chainId, 31337);
  assert.deepEqual(seen.statuses, ['success', 'success', 'success']);
  assert.ok(seen.blockBefore < seen.blocks[0] && seen.blocks[0] < seen.blocks[1], `${seen.blocks}`);
  assert.equal(seen.valueAtFirst, 7n);
  assert.equal(seen.valueAtLast, 12n + BigInt(index));
  assert.equal(
    BigInt(await direct('eth_getStorageAt', seen.contract, '0x0', 'latest')),
    seen.valueAtLast,
  );
  assert.deepEqual(
    seen.logs.map(({ by, value, note }) => [by.toLowerCase(), value, note]),
    [
      [seen.address.toLowerCase(), 11n, 'first { note é'],
      [seen.address.toLowerCase(), 12n + BigInt(index), 'the big note'],
    ],
  );
  assert.equal(seen.tooLow.data, tooLowData);
  assert.equal(seen.refused.data, ledger.encodeErrorResult('Error', [reason]));
  assert.ok(seen.refused.message.includes(reason), seen.refused.message);
  seen.many.forEach((value, i) => assert.equal(value, i % 2 ? seen.valueAtLast : 31337n));
  if (seen.batch) {
    const count = Number(await direct('eth_getTransactionCount', seen.address, 'latest'));
    assert.deepEqual(seen.batch, [31337, seen.valueAtLast, 0n, count]);
  }
}

export function describeEvmClient(client, transports) {
  for (const provider of isDirect ? ['http'] : ['http', 'ipc']) {
    describe(`${client}, anvil over ${provider}`, () => {
      let scope;
      let house;
      before(async () => {
        scope = await openScope();
        house = await startEvm(scope, provider);
      });
      after(() => scope.close());

      for (const transport of transports) {
        it(`${transport}: two processes at once see what the chain holds`, async () => {
          const owner = house.sidecar ?? house.anvil;
          const watch = watchPeers(house.anvil.port, owner.pid);
          const endpoint = house.endpoints[transport];
          const [one, two] = await Promise.all([
            runWorker(client, transport, endpoint, '0', reason),
            runWorker(client, transport, endpoint, '1', reason),
          ]).finally(async () => {
            const peers = await watch.end();
            if (isDirect) {
              return;
            }
            assert.deepEqual([...peers.foreign], [], 'a worker reached the node by itself');
            assert.ok(peers.looks > 1); // each may take long where many sockets are open
            assert.equal(peers.own.size > 0, provider === 'http');
          });

          assert.notEqual(one.contract, two.contract);
          await checkWorker(one, house.anvil, 0);
          await checkWorker(two, house.anvil, 1);
        });
      }
    });
  }
}

// The answer's bytes from `"error":` or `"result":` on.
function payloadOf(text) {
  const found = /"(?:error|result)":(.*)\}\s*$/s.exec(text);
  assert.ok(found, text);
  return found[1].replace(/,"(?:id|jsonrpc)":[^{}[\]]*$/, '');
}

export function describeRawBytes() {
  describe('bytes of the node', () => {
    let scope;
    let house;
    before(async () => {
      scope = await openScope();
      house = await startEvm(scope);
    });
    after(() => scope.close());

    const deploy = async () => {
      const { bytecode } = await import('./ledger.mjs');
      const [from] = await ask(house.anvil.http, 'eth_accounts');
      const data = `${bytecode}${'7'.padStart(64, '0')}`;
      const hash = await ask(house.anvil.http, 'eth_sendTransaction', [
        { from, data, gas: '0x200000' },
      ]);
      for (;;) {
        const receipt = await ask(house.anvil.http, 'eth_getTransactionReceipt', [hash]);
        if (receipt) {
          return receipt.contractAddress;
        }
      }
    };

    it('an error with revert data and every kind of result pass unchanged', async () => {
      const to = await deploy();
      const refuse = new Interface(abi).encodeFunctionData('refuse', ['é { 漢字 " \\ \n']);
      const calls = [
        ['eth_call', [{ to, data: tooLowCall }, 'latest']],
        ['eth_call', [{ to, data: refuse }, 'latest']],
        ['eth_call', [{ to, data: '0x3fa4f245' }, 'latest']],
        ['eth_estimateGas', [{ to, data: tooLowCall }]],
        ['eth_feeHistory', ['0x2', 'latest', [25.0, 75.5]]],
        ['eth_getBlockByNumber', ['latest', true]],
        ['eth_getTransactionByHash', [`0x${'1'.repeat(64)}`]],
        ['eth_noSuchMethod', []],
        ['eth_getBalance', ['not an address', 'latest']],
      ];
      for (const [method, params] of calls) {
        const body = JSON.stringify({ jsonrpc: '2.0', id: 'ä-1', method, params });
        const direct = payloadOf(await post(house.anvil.http, body));
        const through = await post(house.endpoints.http, body);

        assert.equal(payloadOf(through), direct, method);
        assert.equal(JSON.parse(through).id, 'ä-1');
      }
    });
  });
}
