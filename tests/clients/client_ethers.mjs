import { Contract, ContractFactory, IpcSocketProvider, JsonRpcProvider, Wallet } from 'ethers';
import { abi, bytecode } from './ledger.mjs';

export async function open(transport, endpoint, key) {
  const provider =
    transport === 'ipc'
      ? new IpcSocketProvider(endpoint, undefined, { cacheTimeout: -1 })
      : new JsonRpcProvider(endpoint, undefined, { pollingInterval: 50, cacheTimeout: -1 });
  const wallet = new Wallet(key, provider);

  // Over IPC, wait() depends on eth_subscribe; asking again works on every transport.
  const receiptOf = async (sent) => {
    let receipt = null;
    for (let tries = 0; receipt === null; tries += 1) {
      if (tries === 200) {
        throw new Error(`no receipt of ${sent.hash}`);
      }
      receipt = await provider.getTransactionReceipt(sent.hash);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return {
      status: receipt.status === 1 ? 'success' : 'reverted',
      block: receipt.blockNumber,
      address: receipt.contractAddress,
    };
  };
  const revertOf = async (to, data) => {
    try {
      await provider.call({ from: wallet.address, to, data });
    } catch (error) {
      if (error.code === 'CALL_EXCEPTION') {
        return { data: error.data, message: error.info.error.message };
      }
      throw error;
    }
    throw new Error('it did not revert');
  };

  return {
    address: wallet.address,
    chainId: async () => Number((await provider.getNetwork()).chainId),
    blockNumber: () => provider.getBlockNumber(),
    deploy: async (first) => {
      const contract = await new ContractFactory(abi, bytecode, wallet).deploy(first);
      return receiptOf(contract.deploymentTransaction());
    },
    store: async (address, value, note) =>
      receiptOf(await new Contract(address, abi, wallet).store(value, note)),
    value: (address) => new Contract(address, abi, provider).value(),
    logs: async (address, fromBlock) => {
      const contract = new Contract(address, abi, provider);
      const logs = await contract.queryFilter('Stored', fromBlock);
      return logs.map(({ args }) => ({ by: args.by, value: args.value, note: args.note }));
    },
    tooLow: revertOf,
    refuse: revertOf,
    batch: async (address) => {
      // Asked in one turn, so that the HTTP provider sends them as one array.
      const [network, value, balance, count] = await Promise.all([
        provider.send('eth_chainId', []),
        new Contract(address, abi, provider).value(),
        provider.getBalance('0x000000000000000000000000000000000000dEaD'),
        provider.getTransactionCount(wallet.address),
      ]);
      return [Number(network), value, balance, count];
    },
  };
}
