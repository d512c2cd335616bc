// What the client scripts in JavaScript share: who they are and how they report.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export const {
  ISSUER,
  SERVICE_ID,
  SERVICE_SECRET,
  WEB_ID,
  WEB_SECRET,
  PUBLIC_ID,
  HMAC_ID,
  HMAC_SECRET,
  // A client whose keys the server knows, and one that must push its requests, prove its key and take
  // nonces.
  SIGNER_ID,
  BOUND_ID,
  REDIRECT_URI,
  RESOURCE,
  // The server of the example `exchange`.
  EXCHANGE_ISSUER,
} = process.env;

// The client of that server.
export const GATEWAY_ID = 'gateway';
export const GATEWAY_SECRET = 'the secret of the gateway';

// The key of the clients that sign, and of the issuers that the example `exchange` trusts.
export async function signingKey() {
  const { use: _, ...jwk } = privateJwk();
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']);
  return { key, kid: jwk.kid };
}

// That key as a JWK.
export function privateJwk() {
  return JSON.parse(readFileSync(process.env.CLIENT_KEY));
}

// The public part of that key.
export function publicJwk() {
  const { d: _, ...jwk } = privateJwk();
  return jwk;
}

// A JWT of that key.
export async function jwt(header, claims) {
  const { key, kid } = await signingKey();
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now, exp: now + 60, jti: crypto.randomUUID() };
  const input = `${part({ alg: 'ES256', kid, ...header })}.${part({ ...times, ...claims })}`;
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const signature = await crypto.subtle.sign(algorithm, key, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

// One line of the report. A failure ends the script: later steps stand on earlier ones.
export async function step(name, work) {
  try {
    await work();
  } catch (error) {
    console.log(`FAILED ${name}`);
    throw error;
  }
  console.log(`ok ${name}`);
}

// The call must end in this OAuth error.
export async function refused(code, call) {
  await assert.rejects(call, (error) => {
    assert.equal(error.error, code, String(error));
    return true;
  });
}

// The client must be refused. An answer with a challenge is an error of its own kind in the libraries.
export async function refusedClient(call) {
  await assert.rejects(call, (error) => {
    const challenge = error.cause?.[0]?.parameters?.error;
    const refusal = [error.error, challenge].includes('invalid_client');
    assert.ok(refusal || error.status === 401, String(error));
    return true;
  });
}
