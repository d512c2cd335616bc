// oauth4webapi: each request and each answer by itself, held to the specifications by a strict client.
import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';

import { approveDevice, authorize } from './browser.mjs';
import * as peer from './peer.mjs';

const { step, refused, refusedClient } = peer;
const cookies = new Map();
// Loopback has no TLS.
const http = { [oauth.allowInsecureRequests]: true };
const scope = 'read';
const resource = peer.RESOURCE;

async function discover(issuer) {
  const url = new URL(issuer);
  const answer = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...http });
  return oauth.processDiscoveryResponse(url, answer);
}

const as = await discover(peer.ISSUER);
const service = { client_id: peer.SERVICE_ID };
const serviceAuth = oauth.ClientSecretBasic(peer.SERVICE_SECRET);
const signer = oauth.PrivateKeyJwt(await peer.signingKey());

async function clientCredentials(client, auth, parameters = { scope }, options = http) {
  const answer = await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, options);
  return oauth.processClientCredentialsResponse(as, client, answer);
}

async function introspect(token) {
  const answer = await oauth.introspectionRequest(as, service, serviceAuth, token, http);
  return oauth.processIntrospectionResponse(as, service, answer);
}

async function revoke(client, auth, token) {
  const answer = await oauth.revocationRequest(as, client, auth, token, http);
  await oauth.processRevocationResponse(answer);
}

await step('client credentials, introspection, revocation', async () => {
  const { access_token: token } = await clientCredentials(service, serviceAuth);
  assert.equal((await introspect(token)).client_id, peer.SERVICE_ID);
  await revoke(service, serviceAuth, token);
  assert.deepEqual(await introspect(token), { active: false });
});

for (const [name, client_id, auth] of [
  ['client_secret_post', peer.SERVICE_ID, oauth.ClientSecretPost(peer.SERVICE_SECRET)],
  ['client_secret_jwt', peer.HMAC_ID, oauth.ClientSecretJwt(peer.HMAC_SECRET)],
  ['private_key_jwt', peer.SIGNER_ID, signer],
]) {
  await step(name, async () => {
    assert.ok((await clientCredentials({ client_id }, auth)).access_token);
  });
}

await step('another method than the registered one is refused', async () => {
  const basic = oauth.ClientSecretBasic(peer.HMAC_SECRET);
  await refusedClient(() => clientCredentials({ client_id: peer.HMAC_ID }, basic));
  const none = oauth.None();
  await refusedClient(() => clientCredentials({ client_id: peer.SIGNER_ID }, none));
});

// The tokens of a sign-in. With a proof the request is pushed and bound to the key.
async function signIn(client, auth, { DPoP, pushed = Boolean(DPoP), exchange = DPoP } = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const request = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: peer.REDIRECT_URI,
    response_type: 'code',
    scope,
    resource,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  });
  const url = new URL(as.authorization_endpoint);
  url.search = pushed ? await push(client, auth, request, DPoP) : request;
  const redirect = await authorize(url, peer.REDIRECT_URI, 'allow', cookies);
  const code = oauth.validateAuthResponse(as, client, redirect, state);
  const redeem = async () => {
    const options = { ...http, DPoP: exchange };
    const answer = await oauth.authorizationCodeGrantRequest(
      as, client, auth, code, peer.REDIRECT_URI, verifier, options,
    );
    return oauth.processAuthorizationCodeResponse(as, client, answer);
  };
  return { tokens: await withNonce(redeem), redeem };
}

async function push(client, auth, request, DPoP) {
  const pushed = await withNonce(async () => {
    const options = { ...http, DPoP };
    const answer = await oauth.pushedAuthorizationRequest(as, client, auth, request, options);
    return oauth.processPushedAuthorizationResponse(as, client, answer);
  });
  assert.ok(pushed.expires_in > 0);
  return new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri });
}

let nonces = 0;

// The library repeats nothing by itself: it keeps the nonce, and its user asks again.
async function withNonce(call) {
  try {
    return await call();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    nonces += 1;
    return call();
  }
}

async function refresh(client, auth, token, DPoP) {
  return withNonce(async () => {
    const options = { ...http, DPoP };
    const answer = await oauth.refreshTokenGrantRequest(as, client, auth, token, options);
    return oauth.processRefreshTokenResponse(as, client, answer);
  });
}

const web = { client_id: peer.WEB_ID };
const webAuth = oauth.ClientSecretBasic(peer.WEB_SECRET);

await step('code with PKCE, state and iss, refresh, revocation', async () => {
  const { tokens } = await signIn(web, webAuth);
  const renewed = await refresh(web, webAuth, tokens.refresh_token);
  assert.equal((await introspect(renewed.access_token)).active, true);
  const last = renewed.refresh_token ?? tokens.refresh_token;
  await revoke(web, webAuth, last);
  await refused('invalid_grant', () => refresh(web, webAuth, last));
  assert.deepEqual(await introspect(renewed.access_token), { active: false });
});

await step('second use of a code is refused, and ends what the first gave', async () => {
  const { tokens, redeem } = await signIn(web, webAuth);
  await refused('invalid_grant', redeem);
  assert.deepEqual(await introspect(tokens.access_token), { active: false });
});

await step('pushed authorization request, public', async () => {
  const app = { client_id: peer.PUBLIC_ID };
  const { tokens } = await signIn(app, oauth.None(), { pushed: true });
  const renewed = await refresh(app, oauth.None(), tokens.refresh_token);
  assert.notEqual(renewed.refresh_token, tokens.refresh_token);
});

const bound = { client_id: peer.BOUND_ID };
const proof = async (algorithm) =>
  oauth.DPoP(bound, await oauth.generateKeyPair(algorithm, { extractable: true }));

await step('DPoP with nonces: PAR, code, refresh', async () => {
  const DPoP = await proof('ES256');
  const { tokens } = await signIn(bound, oauth.None(), { DPoP });
  assert.equal(tokens.token_type, 'dpop');
  assert.equal((await introspect(tokens.access_token)).cnf.jkt, await DPoP.calculateThumbprint());
  assert.ok(nonces > 0, 'no nonce was asked for');
  const renewed = await refresh(bound, oauth.None(), tokens.refresh_token, DPoP);
  assert.equal((await introspect(renewed.access_token)).active, true);
});

await step('DPoP: a code that is bound to a key is refused to another', async () => {
  const [DPoP, exchange] = [await proof('ES256'), await proof('ES256')];
  await refused('invalid_grant', () => signIn(bound, oauth.None(), { DPoP, exchange }));
});

await step('DPoP: a request without a proof is refused', async () => {
  const options = { pushed: true };
  await assert.rejects(signIn(bound, oauth.None(), options), (error) => {
    assert.match(String(error.error), /^(invalid_dpop_proof|invalid_request|invalid_grant)$/);
    return true;
  });
});

await step('device', async () => {
  const tv = { client_id: peer.PUBLIC_ID };
  const none = oauth.None();
  const asked = await oauth.deviceAuthorizationRequest(as, tv, none, { scope, resource }, http);
  const device = await oauth.processDeviceAuthorizationResponse(as, tv, asked);
  const poll = async () => {
    const answer = await oauth.deviceCodeGrantRequest(as, tv, none, device.device_code, http);
    return oauth.processDeviceCodeResponse(as, tv, answer);
  };
  await approveDevice(device.verification_uri_complete, cookies);
  const tokens = await poll();
  assert.equal((await introspect(tokens.access_token)).active, true);
  await refused('invalid_grant', poll);
});

await step('registration: a public client, and what it manages', async () => {
  const about = {
    redirect_uris: [peer.REDIRECT_URI],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  };
  const answer = await oauth.dynamicClientRegistrationRequest(as, about, http);
  const client = await oauth.processDynamicClientRegistrationResponse(answer);
  assert.equal(client.client_secret, undefined);
  assert.ok((await signIn(client, oauth.None())).tokens.refresh_token);
  const authorization = `Bearer ${client.registration_access_token}`;
  const manage = (method) =>
    fetch(client.registration_client_uri, { method, headers: { authorization } });
  assert.equal((await (await manage('GET')).json()).client_id, client.client_id);
  assert.equal((await manage('DELETE')).status, 204);
  assert.equal((await manage('GET')).status, 401);
});

const exchangeAs = await discover(peer.EXCHANGE_ISSUER);
const gateway = { client_id: peer.GATEWAY_ID };
const gatewayAuth = oauth.ClientSecretBasic(peer.GATEWAY_SECRET);
const GRANT = 'urn:ietf:params:oauth:grant-type:';

async function generic(grantType, parameters) {
  const answer = await oauth.genericTokenEndpointRequest(
    exchangeAs, gateway, gatewayAuth, GRANT + grantType, parameters, http,
  );
  return oauth.processGenericTokenEndpointResponse(exchangeAs, gateway, answer);
}

await step('JWT bearer grant and token exchange', async () => {
  const claims = { iss: 'https://partner.example', sub: 'ada', aud: peer.EXCHANGE_ISSUER };
  const subject = await generic('jwt-bearer', { assertion: await peer.jwt({}, claims) });
  const forged = await peer.jwt({}, { ...claims, iss: 'https://nobody.example' });
  await refused('invalid_grant', () => generic('jwt-bearer', { assertion: forged }));
  const parameters = {
    subject_token: subject.access_token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    resource: 'https://orders.example.com',
  };
  const token = await generic('token-exchange', parameters);
  assert.equal(token.issued_token_type, 'urn:ietf:params:oauth:token-type:access_token');
  const elsewhere = { ...parameters, resource: 'https://elsewhere.example.com' };
  await refused('invalid_target', () => generic('token-exchange', elsewhere));
});
