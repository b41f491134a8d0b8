// Starts what the client tests need, each in a folder and on ports of its own, and ends it by pid:
// a real node (anvil), the built-in mock, and the sidecar in front of them.
//
// RPC_SIDECAR_BIN names the program. Without it the EVM clients talk to anvil directly, which shows
// what a bare node does and is how these tests were checked themselves.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.dirname(fileURLToPath(import.meta.url));
export const sidecarBinary = process.env.RPC_SIDECAR_BIN;
export const isDirect = !sidecarBinary;

// anvil's first development accounts, known to everybody.
export const keys = [
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
  '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6',
];

export function binaryOf(tool) {
  return path.join(folder, `node_modules/@foundry-rs/${tool}-linux-amd64/bin/${tool}`);
}

// Runs a program until stop(); `line` is the first of its output that matches.
export async function serve(command, args, pattern) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(`did not start: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  const line = await new Promise((resolve, reject) => {
    const look = (chunk) => {
      output += chunk;
      const found = pattern.exec(output);
      if (found) {
        resolve(found);
      }
    };
    child.stdout.on('data', look);
    child.stderr.on('data', (chunk) => (output += chunk));
    ended.then((how) =>
      reject(new Error(`${command} ended (${how}) before it served:\n${output}`)),
    );
  });
  return {
    pid: child.pid,
    line,
    output: () => output,
    stop: async () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

export async function startAnvil(scope) {
  const ipc = path.join(scope.folder, 'anvil.ipc');
  const anvil = await serve(
    binaryOf('anvil'),
    ['--host', '127.0.0.1', '--port', '0', '--ipc', ipc],
    /Listening on 127\.0\.0\.1:(\d+)/,
  );
  scope.onEnd(anvil.stop);
  const port = Number(anvil.line[1]);
  return { pid: anvil.pid, port, ipc, http: `http://127.0.0.1:${port}` };
}

function httpUrl(address) {
  return address.startsWith('http://') ? address : `http://${address}`;
}

export async function startMock(scope, family) {
  const mock = await serve(sidecarBinary, ['mock', '--family', family], /^listening http=(\S+)/m);
  scope.onEnd(mock.stop);
  return { http: httpUrl(mock.line[1]) };
}

// `chains`: TOML text of [[chain]] tables.
export async function startSidecar(scope, chains) {
  const socket = path.join(scope.folder, 'rpc.sock');
  const config = path.join(scope.folder, 'sidecar.toml');
  await writeFile(
    config,
    `[listen]\npath = "${socket}"\n[http]\nlisten = "127.0.0.1:0"\n${chains}`,
  );
  const sidecar = await serve(
    sidecarBinary,
    ['run', '--config', config],
    /^listening socket=\S+ http=(\S+)/m,
  );
  scope.onEnd(async () => {
    const how = await sidecar.stop();
    assert.equal(how, 0, `the sidecar ended with ${how}:\n${sidecar.output()}`);
  });
  return { pid: sidecar.pid, socket, http: httpUrl(sidecar.line[1]) };
}

// What a test began, in reverse order; a folder that goes with it.
export async function openScope() {
  const temp = await mkdtemp(path.join(os.tmpdir(), 'rpc-clients-'));
  const ends = [];
  return {
    folder: temp,
    onEnd: (end) => ends.push(end),
    close: async () => {
      const faults = [];
      while (ends.length > 0) {
        await ends
          .pop()()
          .catch((error) => faults.push(error));
      }
      await rm(temp, { recursive: true, force: true });
      if (faults.length > 0) {
        throw faults[0];
      }
    },
  };
}

// anvil behind the sidecar, over HTTP or over its own socket.
export async function startEvm(scope, provider = 'http') {
  const anvil = await startAnvil(scope);
  if (isDirect) {
    return { anvil, sidecar: null, endpoints: { ipc: anvil.ipc, http: anvil.http } };
  }
  const url = provider === 'ipc' ? `ipc = "${anvil.ipc}"` : `http = "${anvil.http}"`;
  const sidecar = await startSidecar(
    scope,
    `[[chain]]
name = "dev"
family = "evm"
chain_id = 31337
  [[chain.provider]]
  name = "anvil"
  ${url}
`,
  );
  return { anvil, sidecar, endpoints: { ipc: sidecar.socket, http: sidecar.http } };
}

// The body of one POST, byte for byte; over TCP, or over a Unix socket.
export function post(url, body, socketPath) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      { method: 'POST', agent: false, socketPath, headers: { 'content-type': 'application/json' } },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

export async function ask(url, method, params = []) {
  const answer = JSON.parse(await post(url, { jsonrpc: '2.0', id: 1, method, params }));
  assert.equal(answer.error, undefined, JSON.stringify(answer.error));
  return answer.result;
}

// Runs a script of this folder to its end and returns the JSON that it printed.
export async function runScript(script, ...args) {
  const child = spawn(process.execPath, [path.join(folder, script), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const timer = setTimeout(() => child.kill('SIGKILL'), 90_000);
  const code = await new Promise((resolve) =>
    child.once('close', (c, signal) => resolve(signal ?? c)),
  );
  clearTimeout(timer);
  assert.equal(code, 0, `${script} ${args.join(' ')} ended with ${code}:\n${stderr}`);
  const revive = (_, value) => (/^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value);
  return JSON.parse(stdout, revive);
}

export const runWorker = (...args) => runScript('worker.mjs', ...args);

async function socketInodes(pid) {
  const inodes = new Set();
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    const found = /^socket:\[(\d+)\]$/.exec(target);
    if (found) {
      inodes.add(found[1]);
    }
  }
  return inodes;
}

// Node 18's readFile of promises stops at the first short read, of which such files have many.
function rowsOf(table) {
  try {
    return readFileSync(table, 'utf8').split('\n').slice(1);
  } catch {
    return []; // a kernel without IPv6
  }
}

// Looks again and again who holds established connections to a port; end() tells.
export function watchPeers(port, ownerPid) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const seen = { own: new Set(), foreign: new Set(), looks: 0 };
  let isOn = true;
  const look = async () => {
    for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
      const peers = rowsOf(table)
        .map((row) => row.trim().split(/\s+/))
        .filter((cell) => {
          return (
            cell.length > 9 && cell[2].endsWith(`:${hex}`) && cell[3] === '01' && cell[9] !== '0'
          );
        });
      // Read after the table: a connection opened since is not in it.
      const owned = peers.length > 0 ? await socketInodes(ownerPid) : new Set();
      for (const cell of peers) {
        if (owned.has(cell[9])) {
          seen.own.add(cell[9]);
        } else if (isStillThere(table, cell)) {
          seen.foreign.add(`${cell[1]} inode ${cell[9]}`);
        }
      }
    }
    seen.looks += 1;
  };
  // One of the owner's may have closed between the two looks.
  const isStillThere = (table, cell) => {
    return rowsOf(table).some((row) => {
      const now = row.trim().split(/\s+/);
      return now[1] === cell[1] && now[3] === '01' && now[9] === cell[9];
    });
  };
  const running = (async () => {
    while (isOn) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    end: async () => {
      isOn = false;
      await running;
      return seen;
    },
  };
}
