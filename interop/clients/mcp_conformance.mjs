// The client's side of authorization in the Model Context Protocol: every scenario of its conformance suite
// that is about it, extensions included, with the example mcp_client. The suite starts the servers.

import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SUITE = fileURLToPath(
  import.meta.resolve('../node_modules/@modelcontextprotocol/conformance/dist/index.js'),
);
const CLIENT = process.env.MCP_CLIENT;
// A scenario is mostly the start of Node.js.
const AT_ONCE = 4;
const KNOWN = 33;

const folder = await mkdtemp(join(tmpdir(), 'mcp-'));

function suite(...args) {
  return new Promise((resolve) => {
    execFile(process.execPath, [SUITE, ...args], { cwd: folder, timeout: 60_000 }, (error, out, err) => {
      resolve({ passed: error === null, report: out + err });
    });
  });
}

const listed = await suite('list');
const clients = listed.report.split(/^Client scenarios.*$/m)[1]?.split(/^\S/m)[0] ?? '';
const scenarios = [...clients.matchAll(/^ {2}- (auth\/\S+)/gm)].map(([, name]) => name);
if (scenarios.length < KNOWN) {
  console.error(`the suite lists ${scenarios.length} scenarios, and had ${KNOWN}:\n${listed.report}`);
  process.exit(1);
}

const outcomes = new Map();
const left = scenarios.values();
async function work() {
  for (const name of left) {
    outcomes.set(name, await suite('client', '--command', CLIENT, '--scenario', name));
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, work));

for (const name of scenarios) {
  const { passed, report } = outcomes.get(name);
  console.log(`${passed ? 'ok' : 'FAILED'} client: ${name}`);
  if (!passed) {
    console.error(`${name}:\n${report}`);
    process.exitCode = 1;
  }
}
