import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRequire } from 'node:module';
import { isDirect, openScope, serve, sidecarBinary, startSidecar } from './harness.mjs';
import { eventually, patience } from './subscriptions_house.mjs';

const { Connection, Keypair } = createRequire(import.meta.url)('@solana/web3.js');
const lamports = 1_000_000_000;

describe('@solana/web3.js subscribes, the built-in mock over ws', { skip: isDirect }, () => {
  let scope;
  let mock;
  let port = 0;
  let connection;
  let sidecar;
  const seen = { slots: [], logs: [], accounts: [], signatures: [] };
  const wallet = Keypair.generate().publicKey;
  const ids = {};

  // Slots are by the clock, so one that takes its place is on the same chain.
  const startMock = async () => {
    mock = await serve(
      sidecarBinary,
      ['mock', '--family', 'svm', '--block-time', '100ms', '--listen', `127.0.0.1:${port}`],
      /^listening http=127\.0\.0\.1:(\d+)/m,
    );
    port = Number(mock.line[1]);
  };
  const logsOf = (signature) => seen.logs.filter((one) => one.signature === signature);

  before(async () => {
    scope = await openScope();
    await startMock();
    scope.onEnd(() => mock.stop());
    sidecar = await startSidecar(
      scope,
      `${patience}[[chain]]
name = "solana"
family = "svm"
block_time = "100ms"
  [[chain.provider]]
  name = "mock"
  http = "http://127.0.0.1:${port}"
  ws = "ws://127.0.0.1:${port}"
`,
    );
    // The WebSocket's address is its own to guess: the next port.
    connection = new Connection(`${sidecar.http}/solana`, 'processed');
    ids.slot = connection.onSlotChange((slot) => seen.slots.push(slot));
    ids.logs = connection.onLogs(wallet, ({ signature, err }, { slot }) =>
      seen.logs.push({ signature, err, slot }),
    );
    ids.account = connection.onAccountChange(wallet, (info, { slot }) =>
      seen.accounts.push({ lamports: info.lamports, slot }),
    );
    await eventually(() => seen.slots.length > 2, 'no slots');
  });
  after(async () => {
    await connection.removeSlotChangeListener(ids.slot);
    await connection.removeOnLogsListener(ids.logs);
    await connection.removeAccountChangeListener(ids.account);
    connection._rpcWebSocket.close();
    await scope.close();
  });

  // No node can be asked for slots that it told nobody of: a hole is a gap, and counted.
  const checkSlots = async () => {
    const slots = [...seen.slots];
    let holes = 0;
    for (let i = 1; i < slots.length; i += 1) {
      const words = JSON.stringify(slots.slice(i - 2, i + 2));
      assert.ok(slots[i].slot > slots[i - 1].slot, words);
      assert.ok(slots[i].parent >= slots[i - 1].slot, words);
      holes += slots[i].parent > slots[i - 1].slot ? 1 : 0;
    }
    const { counters } = await (await fetch(sidecar.http)).json();
    assert.equal(holes, counters.feed_gap?.slot ?? 0);
    return holes;
  };

  const airdrop = async (amount) => {
    const signature = await connection.requestAirdrop(wallet, amount);
    connection.onSignature(
      signature,
      ({ err }, { slot }) => seen.signatures.push({ signature, err, slot }),
      'processed',
    );
    await eventually(
      () => seen.signatures.some((one) => one.signature === signature),
      () => `${signature}: ${JSON.stringify(seen)}`,
    );
    return signature;
  };

  it('slots, logs, an account and signatures are told', async () => {
    const first = await airdrop(lamports);
    const second = await airdrop(2 * lamports);

    await eventually(() => seen.accounts.at(-1)?.lamports === 3 * lamports, 'no account');
    await eventually(() => seen.logs.length === 2, () => JSON.stringify(seen.logs));
    for (const signature of [first, second]) {
      assert.equal(logsOf(signature).length, 1);
      assert.equal(seen.signatures.filter((one) => one.signature === signature).length, 1);
    }
    assert.equal(seen.accounts.length, 2, JSON.stringify(seen.accounts));
    assert.equal(await checkSlots(), 0);
  });

  it('slots go on when the node is killed and another one comes, and a hole is counted', async () => {
    const last = seen.slots.at(-1).slot;
    await mock.stop();
    await startMock();
    const stranger = Keypair.generate().publicKey; // the mock signs airdrops by their count
    await connection.requestAirdrop(stranger, lamports);
    await connection.requestAirdrop(stranger, lamports);
    const after = await airdrop(5 * lamports);

    await eventually(() => seen.slots.at(-1).slot > last + 10, 'no slots');
    await eventually(() => logsOf(after).length === 1, () => JSON.stringify(seen));
    await checkSlots();
    assert.equal(logsOf(after).length, 1);
  });
});
