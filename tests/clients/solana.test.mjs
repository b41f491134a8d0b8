import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ask, isDirect, openScope, post, runScript, startMock, startSidecar } from './harness.mjs';

describe('@solana/web3.js, the built-in mock over http', { skip: isDirect }, () => {
  let scope;
  let mock;
  let sidecar;
  before(async () => {
    scope = await openScope();
    mock = await startMock(scope, 'svm');
    sidecar = await startSidecar(
      scope,
      `[[chain]]
name = "solana"
family = "svm"
  [[chain.provider]]
  name = "mock"
  http = "${mock.http}"
`,
    );
  });
  after(() => scope.close());

  const finalizedSlot = async () => {
    const slot = await ask(mock.http, 'getSlot', [{ commitment: 'finalized' }]);
    return String((await ask(mock.http, 'getBlocks', [slot - 20, slot])).at(-1));
  };

  it('two processes at once see what the provider shows directly', async () => {
    const slot = await finalizedSlot();
    const [one, two, direct] = await Promise.all([
      runScript('worker_solana.mjs', `${sidecar.http}/solana`, slot),
      runScript('worker_solana.mjs', `${sidecar.http}/`, slot),
      runScript('worker_solana.mjs', mock.http, slot),
    ]);

    for (const seen of [one, two]) {
      assert.deepEqual(seen.stable, direct.stable);
      assert.deepEqual(seen.stable.batch, seen.stable.signatures);
      assert.ok(seen.stable.signatures.length > 0);
      assert.ok(seen.moving.slot >= Number(slot));
      assert.ok(seen.moving.isSameSignature);
      assert.ok(
        ['processed', 'confirmed', 'finalized'].includes(seen.moving.status),
        seen.moving.status,
      );
    }
  });

  it('numbers above 2^53 keep every digit', async () => {
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: '0',
      method: 'getAccountInfo',
      params: ['11111111111111111111111111111111', { encoding: 'base64' }],
    });
    // Only the slot of the answer moves.
    const fixed = (text) => text.replace(/"slot":\d+/, '"slot":0');
    const direct = fixed(await post(mock.http, body));
    const through = fixed(await post(`${sidecar.http}/solana`, body));

    assert.match(through, /"rentEpoch":18446744073709551615\b/);
    const valueOf = (text) => /"value":(\{.*?\})\}/s.exec(text)[1];
    assert.equal(valueOf(through), valueOf(direct));
    assert.equal(JSON.parse(through).id, '0');
  });
});
