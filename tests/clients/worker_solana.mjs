// One process that uses @solana/web3.js as a program would, and prints what it saw as JSON.
//   node worker_solana.mjs URL SLOT       SLOT: a finalized one
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { Connection, Keypair, PublicKey, SystemProgram, Transaction } = require('@solana/web3.js');

const bs58 = require('bs58');

const [, , url, slot] = process.argv;
const connection = new Connection(url, 'confirmed');
const seen = { stable: {}, moving: {} };

const block = await connection.getBlock(Number(slot), { maxSupportedTransactionVersion: 0 });
const signatures = block.transactions.slice(0, 3).map((entry) => entry.transaction.signatures[0]);
const account = block.transactions[0].transaction.message.getAccountKeys().get(0);
seen.stable.genesis = await connection.getGenesisHash();
seen.stable.version = await connection.getVersion();
seen.stable.blockhash = block.blockhash;
seen.stable.parent = block.parentSlot;
seen.stable.signatures = signatures;
seen.stable.rent = await connection.getMinimumBalanceForRentExemption(165);
const system = await connection.getAccountInfo(SystemProgram.programId);
seen.stable.owner = system && system.owner.toBase58();
// One array of requests on the wire; the answers are matched to it by place.
const batch = await connection.getTransactions(signatures, { maxSupportedTransactionVersion: 0 });
seen.stable.batch = batch.map((entry) => entry && entry.transaction.signatures[0]);

seen.moving.slot = await connection.getSlot();
seen.moving.height = await connection.getBlockHeight();
seen.moving.epoch = await connection.getEpochInfo();
seen.moving.balance = await connection.getBalance(new PublicKey(account));

// Signed here, so its signature is known before it is sent.
const payer = Keypair.generate();
await connection.requestAirdrop(payer.publicKey, 1_000_000_000);
for (
  let tries = 0;
  tries < 100 && (await connection.getBalance(payer.publicKey)) === 0;
  tries += 1
) {
  await new Promise((resolve) => setTimeout(resolve, 100));
}
const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash();
const transfer = new Transaction({
  feePayer: payer.publicKey,
  blockhash,
  lastValidBlockHeight,
}).add(
  SystemProgram.transfer({
    fromPubkey: payer.publicKey,
    toPubkey: Keypair.generate().publicKey,
    lamports: 1234n,
  }),
);
transfer.sign(payer);
const expected = bs58.encode(transfer.signature);
const sent = await connection.sendRawTransaction(transfer.serialize(), { skipPreflight: true });
seen.moving.isSameSignature = sent === expected;
for (let tries = 0; tries < 100 && !seen.moving.status; tries += 1) {
  const { value } = await connection.getSignatureStatuses([sent]);
  seen.moving.status = value[0]?.confirmationStatus;
  await new Promise((resolve) => setTimeout(resolve, 100));
}
try {
  await connection.getBlock(2 ** 52, { maxSupportedTransactionVersion: 0 });
} catch (error) {
  seen.stable.noBlock = { code: error.code, message: error.message };
}

process.stdout.write(`${JSON.stringify(seen)}\n`, () => process.exit(0));
