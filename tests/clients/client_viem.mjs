import {
  BaseError,
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  parseEventLogs,
} from 'viem';
import { ipc } from 'viem/node';
import { privateKeyToAccount } from 'viem/accounts';
import { abi, bytecode } from './ledger.mjs';

export async function open(transport, endpoint, key) {
  // Plain and batching transports are two, as a program would configure one of them.
  const single = transport === 'ipc' ? ipc(endpoint) : http(endpoint);
  const batching = transport === 'ipc' ? single : http(endpoint, { batch: true });
  const chain = defineChain({
    id: 31337,
    name: 'test',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [] } },
  });
  const account = privateKeyToAccount(key);
  const reader = createPublicClient({
    chain,
    transport: single,
    pollingInterval: 50,
    cacheTime: 0,
  });
  const batchReader = createPublicClient({ chain, transport: batching, cacheTime: 0 });
  const wallet = createWalletClient({ chain, account, transport: single });

  const receiptOf = async (hash) => {
    const receipt = await reader.waitForTransactionReceipt({ hash });
    return {
      status: receipt.status,
      block: Number(receipt.blockNumber),
      address: receipt.contractAddress,
    };
  };
  const revertOf = async (call) => {
    try {
      await call;
    } catch (error) {
      const cause =
        error instanceof BaseError ? error.walk((e) => typeof e.data === 'string') : null;
      if (cause) {
        return { data: cause.data, message: error.walk().details ?? cause.message };
      }
      throw error;
    }
    throw new Error('it did not revert');
  };

  return {
    address: account.address,
    chainId: () => reader.getChainId(),
    blockNumber: async () => Number(await reader.getBlockNumber()),
    deploy: async (first) =>
      receiptOf(await wallet.deployContract({ abi, bytecode, args: [first] })),
    store: async (address, value, note) =>
      receiptOf(
        await wallet.writeContract({ address, abi, functionName: 'store', args: [value, note] }),
      ),
    value: (address) => reader.readContract({ address, abi, functionName: 'value' }),
    logs: async (address, fromBlock) => {
      const logs = await reader.getLogs({ address, fromBlock: BigInt(fromBlock) });
      return parseEventLogs({ abi, logs }).map(({ args }) => args);
    },
    tooLow: (address, data) => revertOf(reader.call({ account, to: address, data })),
    refuse: (address, data) => revertOf(reader.call({ account, to: address, data })),
    batch: async (address) =>
      Promise.all([
        batchReader.getChainId(),
        batchReader.readContract({ address, abi, functionName: 'value' }),
        batchReader.getBalance({ address: '0x000000000000000000000000000000000000dEaD' }),
        batchReader.getTransactionCount({ address: account.address }),
      ]),
  };
}
