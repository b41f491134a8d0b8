// Each client's own way to watch blocks, logs and pending transactions: watch() resolves when it
// does, and gives what it saw, whether its blocks come in their order, and how to end it.
import { createRequire } from 'node:module';
import { IpcSocketProvider, WebSocketProvider } from 'ethers';
import { createPublicClient, parseAbiItem, webSocket } from 'viem';
import { ipc } from 'viem/node';
import { newSight } from './subscriptions_house.mjs';

const { Web3 } = createRequire(import.meta.url)('web3');

async function watchWithViem(transport, chain) {
  const sight = newSight();
  const client = createPublicClient({ transport });
  const onError = (error) => sight.errors.push(String(error));
  const ends = [
    client.watchBlocks({ onBlock: ({ number }) => sight.blocks.push(Number(number)), onError }),
    client.watchEvent({
      address: chain.address,
      event: parseAbiItem('event Stored(address indexed by, uint256 value, string note)'),
      onLogs: (logs) => sight.logs.push(...logs.map((log) => log.transactionHash)),
      onError,
    }),
    client.watchPendingTransactions({
      onTransactions: (hashes) => sight.pending.push(...hashes),
      onError,
    }),
  ];
  return {
    sight,
    isSorted: false, // it asks for the block of each head, and tells as the answers come
    end: async () => {
      ends.forEach((end) => end());
      const rpc = await client.transport.getRpcClient?.();
      rpc?.close();
    },
  };
}

async function watchWithEthers(provider, chain) {
  const sight = newSight();
  await provider.on('block', (number) => sight.blocks.push(number));
  await provider.on({ address: chain.address, topics: [chain.topic] }, (log) =>
    sight.logs.push(log.transactionHash),
  );
  await provider.on('pending', (hash) => sight.pending.push(hash));
  await provider.on('error', (error) => sight.errors.push(String(error)));
  return { sight, isSorted: true, end: () => provider.destroy() };
}

async function watchWithWeb3(chain) {
  const sight = newSight();
  const web3 = new Web3(new Web3.providers.WebsocketProvider(chain.ws));
  const onError = (error) => sight.errors.push(String(error));
  const heads = await web3.eth.subscribe('newBlockHeaders');
  heads.on('data', ({ number }) => sight.blocks.push(Number(number)));
  const logs = await web3.eth.subscribe('logs', { address: chain.address });
  logs.on('data', ({ transactionHash }) => sight.logs.push(transactionHash));
  const pending = await web3.eth.subscribe('pendingTransactions');
  pending.on('data', (hash) => sight.pending.push(hash));
  [heads, logs, pending].forEach((one) => one.on('error', onError));
  return { sight, isSorted: true, end: async () => web3.currentProvider.disconnect() };
}

export const watchers = {
  'viem webSocket': (chain) => watchWithViem(webSocket(chain.ws), chain),
  'viem ipc': (chain) => watchWithViem(ipc(chain.sidecar.socket), chain),
  'ethers WebSocketProvider': (chain) => watchWithEthers(new WebSocketProvider(chain.ws), chain),
  'ethers IpcSocketProvider': (chain) =>
    watchWithEthers(new IpcSocketProvider(chain.sidecar.socket), chain),
  'web3 WebsocketProvider': (chain) => watchWithWeb3(chain),
};
