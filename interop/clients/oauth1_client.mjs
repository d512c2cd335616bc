// The npm package oauth-1.0a signs what grantor signed, for the same nonce and time, identically.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
import { once } from 'node:events';

import OAuth from 'oauth-1.0a';

import { step } from './peer.mjs';

const consumer = { key: 'client', secret: 's3cret & %more' };
const token = { key: 'token', secret: 'its secret/+=' };
const FORM = 'application/x-www-form-urlencoded';

const arrived = [];
const server = http.createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const url = `http://${request.headers.host}${request.url}`;
  arrived.push({ method: request.method, url, headers: request.headers, body: Buffer.concat(chunks) });
  response.end();
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const base = `http://127.0.0.1:${server.address().port}`;

// Has grantor sign and send these, and gives what arrived.
async function send(calls) {
  arrived.length = 0;
  const env = {
    ...process.env,
    CLIENT_ID: consumer.key,
    CLIENT_SECRET: consumer.secret,
    TOKEN: token.key,
    TOKEN_SECRET: token.secret,
  };
  const child = spawn(process.env.OAUTH1, { env, stdio: ['pipe', 'ignore', 'inherit'] });
  for (const call of calls) {
    const { method = 'GET', path = '/', body = '', content_type = '', by = 'HMAC-SHA1' } = call;
    const line = {
      method,
      url: base + path,
      body: Buffer.from(body).toString('base64'),
      content_type,
      signature_method: by,
      placement: 'header',
    };
    child.stdin.write(`${JSON.stringify(line)}\n`);
  }
  child.stdin.end();
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  return [...arrived];
}

const hashes = { 'HMAC-SHA1': 'sha1', 'HMAC-SHA256': 'sha256', 'HMAC-SHA512': 'sha512' };

function signed({ method, url, headers, body }) {
  const ours = {};
  for (const pair of headers.authorization.slice('OAuth '.length).split(', ')) {
    const [name, value] = pair.split('=');
    ours[name] = decodeURIComponent(value.slice(1, -1));
  }
  const hash = hashes[ours.oauth_signature_method];
  const oauth = new OAuth({
    consumer,
    signature_method: ours.oauth_signature_method,
    hash_function: hash && ((text, key) => createHmac(hash, key).update(text).digest('base64')),
    body_hash_function: () => createHash(hash).update(body).digest('base64'),
  });
  oauth.getNonce = () => ours.oauth_nonce;
  oauth.getTimeStamp = () => Number(ours.oauth_timestamp);
  const isForm = (headers['content-type'] ?? '').startsWith(FORM);
  const data = {};
  if (isForm) {
    for (const [name, value] of new URLSearchParams(body.toString())) {
      data[name] = name in data ? [data[name], value].flat() : value;
    }
  }
  const request = { url, method, data, includeBodyHash: 'oauth_body_hash' in ours };
  const theirs = oauth.authorize(request, token);
  for (const [name, value] of Object.entries(ours)) {
    assert.equal(value, String(theirs[name]), `${name} of ${method} ${url}`);
  }
}

async function same(calls) {
  const requests = await send(calls);
  assert.equal(requests.length, calls.length);
  requests.forEach(signed);
}

try {
  await step('each signature method', () =>
    same([...Object.keys(hashes), 'PLAINTEXT'].map((by) => ({ by, path: '/a?b=c' }))));
  await step('each method of HTTP', () =>
    same(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => ({ method }))));
  await step('forms', () =>
    same(['a=b', 'a=1&a=2', 'a=%20+x%2B&%E5%95%A6=%C3%A9&e='].map((body) =>
      ({ method: 'POST', body, content_type: FORM }))));
  await step('JSON and its hash', () =>
    same(Object.keys(hashes).map((by) =>
      ({ method: 'POST', by, body: '{"a":"\u5566"}', content_type: 'application/json' }))));
  await step('unicode, escapes and repeated parameters in queries', () =>
    same(['/x?q=%E5%95%A6', '/%E5%95%A6?a=2&a=1&b=', '/x?a=http%3A%2F%2Fx%2Fy'].map((path) => ({ path }))));
} finally {
  server.close();
}
