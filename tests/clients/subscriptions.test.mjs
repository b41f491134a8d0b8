import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ask, isDirect, openScope } from './harness.mjs';
import { watchers } from './subscriptions_clients.mjs';
import { checkSight, eventually, startChain } from './subscriptions_house.mjs';

for (const transport of ['ws', 'ipc']) {
  describe(`subscriptions of all clients, anvil over ${transport}`, { skip: isDirect }, () => {
    let scope;
    let chain;
    let first;
    const watches = {};
    const sent = [];

    // Subscriptions, and what they cost at the node: web3's filter is not that of the others.
    const waitLive = () =>
      eventually(async () => {
        const status = await ask(chain.sidecar.http, 'sidecar_status');
        const counts = [status.subscriptions, status.feeds, status.feed_sources];
        return counts.join() === [3 * Object.keys(watchers).length, 4, 4].join();
      }, 'not all are subscribed');

    before(async () => {
      scope = await openScope();
      chain = await startChain(scope, transport);
      first = (await chain.head()) + 1;
      for (const [name, watch] of Object.entries(watchers)) {
        watches[name] = await watch(chain);
      }
    });
    after(async () => {
      for (const { end } of Object.values(watches)) {
        await end();
      }
      await scope.close();
    });

    const checkAll = async () => {
      for (const [name, watch] of Object.entries(watches)) {
        await checkSight(watch, first, sent, name);
      }
    };

    const storeAll = async (count, isAnnounced) => {
      for (let value = 10; value < 10 + count; value += 1) {
        sent.push({ ...(await chain.store(value)), isAnnounced });
      }
    };

    it('each is told of each block, log and pending transaction', async () => {
      await waitLive();
      await storeAll(4, true);
      await checkAll();
    });

    it('each is told of the next ones when the node was ended and another goes on', async () => {
      for (let round = 0; round < 2; round += 1) {
        await chain.restart();
        await storeAll(2, false); // no node tells later what was pending when nobody listened
        await waitLive();
        await storeAll(2, true);
        await checkAll();
      }
      assert.equal(sent.length, 12);
    });
  });
}
