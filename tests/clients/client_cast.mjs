import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { binaryOf } from './harness.mjs';
import { abi, bytecode } from './ledger.mjs';
import { AbiCoder, Interface, Wallet } from 'ethers';

const run = promisify(execFile);

// One process per command, as a script would use it; a socket path and a URL are both --rpc-url.
export async function open(_transport, endpoint, key) {
  const ledger = new Interface(abi);
  const address = new Wallet(key).address;
  const cast = async (command, ...args) => {
    const { stdout } = await run(binaryOf('cast'), [command, '--rpc-url', endpoint, ...args], {
      maxBuffer: 64 << 20,
      env: { ...process.env, FOUNDRY_DISABLE_NIGHTLY_WARNING: '1' },
    });
    return stdout.trim();
  };
  const receiptOf = (text) => {
    const receipt = JSON.parse(text);
    return {
      status: receipt.status === '0x1' ? 'success' : 'reverted',
      block: Number(receipt.blockNumber),
      address: receipt.contractAddress,
    };
  };
  const revertOf = async (to, data) => {
    try {
      await cast('call', to, data, '--from', address);
    } catch (error) {
      const found = /data: "(0x[0-9a-f]*)"/.exec(error.stderr);
      if (found) {
        return { data: found[1], message: error.stderr };
      }
      throw error;
    }
    throw new Error('it did not revert');
  };

  return {
    address,
    noteBytes: 60_000, // what the kernel allows in one argument
    chainId: async () => Number(await cast('chain-id')),
    blockNumber: async () => Number(await cast('block-number')),
    deploy: async (first) => {
      const code = bytecode + AbiCoder.defaultAbiCoder().encode(['uint256'], [first]).slice(2);
      return receiptOf(await cast('send', '--json', '--private-key', key, '--create', code));
    },
    store: async (to, value, note) => {
      const call = ['store(uint256,string)', String(value), note];
      return receiptOf(await cast('send', '--json', '--private-key', key, to, ...call));
    },
    value: async (to) => BigInt((await cast('call', to, 'value()(uint256)')).split(' ')[0]),
    logs: async (to, fromBlock) => {
      const logs = JSON.parse(
        await cast('logs', '--json', '--from-block', String(fromBlock), '--address', to),
      );
      return logs.map((log) => {
        const { by, value, note } = ledger.parseLog(log).args;
        return { by, value, note };
      });
    },
    tooLow: revertOf,
    refuse: revertOf,
    batch: null, // cast sends none
  };
}
