import { Web3 } from 'web3';
import { IpcProvider } from 'web3-providers-ipc';
import { abi, bytecode } from './ledger.mjs';

export async function open(transport, endpoint, key) {
  const web3 = new Web3(transport === 'ipc' ? new IpcProvider(endpoint) : endpoint);
  web3.eth.transactionPollingInterval = 50;
  const account = web3.eth.accounts.wallet.add(key)[0];
  const contractAt = (address) => new web3.eth.Contract(abi, address);

  const revertOf = async (to, data) => {
    try {
      await web3.eth.call({ from: account.address, to, data });
    } catch (error) {
      const { data: found, message } = error.cause?.data ? error.cause : error;
      return { data: found?.data ?? found, message };
    }
    throw new Error('it did not revert');
  };

  return {
    address: account.address,
    chainId: async () => Number(await web3.eth.getChainId()),
    blockNumber: async () => Number(await web3.eth.getBlockNumber()),
    deploy: async (first) => {
      const sent = new web3.eth.Contract(abi).deploy({ data: bytecode, arguments: [first] });
      const receipt = await new Promise((resolve, reject) => {
        sent
          .send({ from: account.address, gas: '2000000' })
          .on('receipt', resolve)
          .on('error', reject);
      });
      return {
        status: 'success',
        block: Number(receipt.blockNumber),
        address: receipt.contractAddress,
      };
    },
    store: async (address, value, note) => {
      const call = contractAt(address).methods.store(value, note);
      const receipt = await call.send({ from: account.address, gas: '16000000' });
      return {
        status: receipt.status === 1n ? 'success' : 'reverted',
        block: Number(receipt.blockNumber),
      };
    },
    value: (address) => contractAt(address).methods.value().call(),
    logs: async (address, fromBlock) => {
      const logs = await contractAt(address).getPastEvents('Stored', { fromBlock });
      return logs.map(({ returnValues: { by, value, note } }) => ({ by, value, note }));
    },
    tooLow: revertOf,
    refuse: revertOf,
    batch: async (address) => {
      const batch = new web3.BatchRequest({ timeout: 10_000 });
      const ask = (id, method, params) => batch.add({ jsonrpc: '2.0', id, method, params });
      const wanted = [
        ask('b-1', 'eth_chainId', []),
        ask('b-2', 'eth_call', [{ to: address, data: '0x3fa4f245' }, 'latest']),
        ask('b-3', 'eth_getBalance', ['0x000000000000000000000000000000000000dEaD', 'latest']),
        ask('b-4', 'eth_getTransactionCount', [account.address, 'latest']),
      ];
      await batch.execute();
      const [network, value, balance, count] = await Promise.all(wanted);
      return [Number(network), BigInt(value), BigInt(balance), Number(count)];
    },
  };
}
