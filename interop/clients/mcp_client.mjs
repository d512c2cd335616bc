// What the Model Context Protocol asks of an authorization server: its conformance suite, and its SDK as
// a client that registers itself and as one that is the URL of its document.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import * as sdk from '@modelcontextprotocol/sdk/client/auth.js';
import {
  ClientCredentialsProvider,
  PrivateKeyJwtProvider,
} from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { authorize } from './browser.mjs';
import { ISSUER, PUBLIC_ID, REDIRECT_URI, RESOURCE, step } from './peer.mjs';
import { SERVICE_ID, SERVICE_SECRET, SIGNER_ID, privateJwk } from './peer.mjs';

const suite = fileURLToPath(
  import.meta.resolve('../node_modules/@modelcontextprotocol/conformance/dist/index.js'),
);

// Runs the suite, and is the user whom it sends to the server.
async function conformance() {
  const { port } = new URL(REDIRECT_URI);
  const options = ['--url', ISSUER, '--client-id', PUBLIC_ID, '--resource', RESOURCE, '-p', port];
  const child = spawn(process.execPath, [suite, 'authorization', ...options]);
  let report = '';
  let sent = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', async (text) => {
      report += text;
      const url = report.match(/^(http\S+\/authorize\?\S+)\n/m);
      // The suite waits for the browser at the redirect URI, from when it says so on.
      if (!url || !report.includes('Callback server started') || sent) return;
      sent = true;
      await fetch(await authorize(url[1], REDIRECT_URI)).catch((error) => {
        report += String(error);
      });
    });
  }
  const [code] = await once(child, 'close');
  return { code, report };
}

await step('conformance suite: authorization, without a warning', async () => {
  const { code, report } = await conformance();
  assert.equal(code, 0, report);
  assert.ok(!/[1-9]\d* (failed|warnings?|skipped)|FAIL|WARN|SKIP/i.test(summary(report)), report);
});

// The words of the result, without the descriptions of the checks.
function summary(report) {
  const lines = report.split('\n').filter((line) => !line.includes('http'));
  return lines
    .join('\n')
    .replaceAll(/\b0 (failed|warnings?|skipped)/gi, '')
    .replaceAll(/(failed|warnings?|skipped):? 0\b/gi, '');
}

const clientMetadata = {
  client_name: 'An Agent',
  redirect_uris: [REDIRECT_URI],
  application_type: 'native',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};
const metadata = await sdk.discoverAuthorizationServerMetadata(ISSUER);

// Signs in and refreshes, as the SDK does behind its transport.
async function signIn(clientInformation) {
  const resource = new URL(RESOURCE);
  const { authorizationUrl, codeVerifier } = await sdk.startAuthorization(ISSUER, {
    metadata,
    clientInformation,
    redirectUrl: REDIRECT_URI,
    scope: 'notes:read',
    state: 'af0ifjsldkj',
    resource,
  });
  const redirect = await authorize(authorizationUrl, REDIRECT_URI);
  assert.equal(redirect.searchParams.get('iss'), metadata.issuer);
  const tokens = await sdk.exchangeAuthorization(ISSUER, {
    metadata,
    clientInformation,
    authorizationCode: redirect.searchParams.get('code'),
    codeVerifier,
    redirectUri: REDIRECT_URI,
    resource,
  });
  assert.equal(audience(tokens), RESOURCE);
  const renewed = await sdk.refreshAuthorization(ISSUER, {
    metadata,
    clientInformation,
    refreshToken: tokens.refresh_token,
    resource,
  });
  assert.equal(audience(renewed), RESOURCE);
  assert.notEqual(renewed.refresh_token, tokens.refresh_token);
}

function audience({ access_token: token }) {
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  assert.equal(claims.iss, metadata.issuer);
  return [claims.aud].flat().join(' ');
}

await step('SDK: a client that registers itself', async () => {
  const registered = await sdk.registerClient(ISSUER, { metadata, clientMetadata });
  await signIn(registered);
});

await step('SDK: a client that is the URL of its document', async () => {
  assert.equal(metadata.client_id_metadata_document_supported, true);
  let url;
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ client_id: url, ...clientMetadata }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${server.address().port}/client.json`;
  try {
    await signIn({ client_id: url });
  } finally {
    server.close();
  }
});

await step('SDK: a client that is gone is told to register again', async () => {
  const clientInformation = { client_id: 'gone' };
  const refresh = sdk.refreshAuthorization(ISSUER, {
    metadata,
    clientInformation,
    refreshToken: 'x',
  });
  await assert.rejects(refresh, (error) => error.constructor.name === 'InvalidClientError');
});

// Connects to the MCP server as a client that gets its tokens from this provider.
async function tools(authProvider) {
  const client = new Client({ name: 'an agent', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(RESOURCE), { authProvider });
  await client.connect(transport);
  const { tools: listed } = await client.listTools();
  await client.close();
  return listed.map(({ name }) => name);
}

const scope = 'notes:read';

await step('SDK: client credentials by a secret', async () => {
  const secret = { clientId: SERVICE_ID, clientSecret: SERVICE_SECRET, scope, expectedIssuer: ISSUER };
  assert.ok((await tools(new ClientCredentialsProvider(secret))).includes('read_notes'));
});

await step('SDK: client credentials by private_key_jwt', async () => {
  const key = { clientId: SIGNER_ID, privateKey: privateJwk(), algorithm: 'ES256', scope, expectedIssuer: ISSUER };
  assert.ok((await tools(new PrivateKeyJwtProvider(key))).includes('read_notes'));
});

// The provider of an application with a browser, which keeps what it gets.
class Signing {
  clientMetadata = clientMetadata;
  redirectUrl = REDIRECT_URI;
  state = () => 'af0ifjsldkj';
  clientInformation = () => this.client;
  saveClientInformation = (client) => (this.client = client);
  tokens = () => this.kept;
  saveTokens = (tokens) => (this.kept = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier) => (this.verifier = verifier);
  redirectToAuthorization = async (url) => {
    const redirect = await authorize(url, REDIRECT_URI);
    this.code = redirect.searchParams.get('code');
  };
}

await step('SDK: from the 401 to a tool', async () => {
  const provider = new Signing();
  const first = await sdk.auth(provider, { serverUrl: RESOURCE });
  assert.equal(first, 'REDIRECT');
  const signedIn = { serverUrl: RESOURCE, authorizationCode: provider.code };
  assert.equal(await sdk.auth(provider, signedIn), 'AUTHORIZED');
  assert.ok((await tools(provider)).includes('add_note'));
});
