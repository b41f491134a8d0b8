// One process that uses one client as a program would, and prints what it saw as one JSON line.
//   node worker.mjs viem|ethers|web3|cast ipc|http ENDPOINT ACCOUNT_INDEX REASON
import { keys } from './harness.mjs';
import { abi, tooLowCall } from './ledger.mjs';
import { Interface } from 'ethers';

const [, , name, transport, endpoint, index, reason] = process.argv;
const { open } = await import(`./client_${name}.mjs`);
const client = await open(transport, endpoint, keys[Number(index)]);

const seen = { address: client.address };
seen.chainId = await client.chainId();
seen.blockBefore = await client.blockNumber();
const deployed = await client.deploy(7n);
seen.contract = deployed.address;
seen.valueAtFirst = await client.value(deployed.address);
const big = 'x'.repeat(client.noteBytes ?? 150_000) + ' 漢字 { é';
const first = await client.store(deployed.address, 11n, 'first { note é');
const second = await client.store(deployed.address, 12n + BigInt(index), big);
seen.statuses = [deployed.status, first.status, second.status];
seen.blocks = [deployed.block, first.block, second.block];
seen.valueAtLast = await client.value(deployed.address);
seen.logs = (await client.logs(deployed.address, deployed.block)).map(({ by, value, note }) => ({
  by,
  value,
  note: note === big ? 'the big note' : note,
}));
seen.tooLow = await client.tooLow(deployed.address, tooLowCall);
const refuseCall = new Interface(abi).encodeFunctionData('refuse', [reason]);
seen.refused = await client.refuse(deployed.address, refuseCall);
// Many at once: answers must find their questions in any order.
seen.many = await Promise.all(
  Array.from({ length: client.batch ? 40 : 4 }, (_, i) =>
    i % 2 ? client.value(deployed.address) : client.chainId().then(BigInt),
  ),
);
seen.batch = client.batch ? await client.batch(deployed.address) : null;

const text = JSON.stringify(seen, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
// Some clients keep a socket or a timer for ever: leave once the line is out.
process.stdout.write(`${text}\n`, () => process.exit(0));
