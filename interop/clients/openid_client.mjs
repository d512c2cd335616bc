// openid-client: discovery and every grant, with the checks of a strict client.
import assert from 'node:assert/strict';
import * as oauth from 'openid-client';

import { authorize } from './browser.mjs';
import * as peer from './peer.mjs';

const { step, refused } = peer;

// RFC 8414's path, not OpenID's: the scripts speak plain OAuth. Loopback has no TLS.
const options = { algorithm: 'oauth2', execute: [oauth.allowInsecureRequests] };

function discover(id, secret, method) {
  return oauth.discovery(new URL(peer.ISSUER), id, secret, method, options);
}

const basic = oauth.ClientSecretBasic;
const service = await discover(
  peer.SERVICE_ID,
  peer.SERVICE_SECRET,
  basic(peer.SERVICE_SECRET),
);
const web = await discover(peer.WEB_ID, peer.WEB_SECRET, basic(peer.WEB_SECRET));

await step('client credentials, introspection, revocation', async () => {
  const token = await oauth.clientCredentialsGrant(service, { scope: 'read' });
  assert.equal(token.token_type, 'bearer');
  assert.equal(token.scope ?? 'read', 'read');
  const before = await oauth.tokenIntrospection(service, token.access_token);
  assert.equal(before.active, true);
  assert.equal(before.client_id, peer.SERVICE_ID);
  await oauth.tokenRevocation(service, token.access_token);
  const after = await oauth.tokenIntrospection(service, token.access_token);
  assert.deepEqual(after, { active: false });
});

await step('token for one resource', async () => {
  const parameters = { scope: 'read', resource: peer.RESOURCE };
  const token = await oauth.clientCredentialsGrant(service, parameters);
  const { active, aud } = await oauth.tokenIntrospection(service, token.access_token);
  assert.equal(active, true);
  assert.deepEqual([aud].flat(), [peer.RESOURCE]);
});

await step('unknown resource is refused', async () => {
  const parameters = { scope: 'read', resource: 'https://elsewhere.example/' };
  await refused('invalid_target', () => oauth.clientCredentialsGrant(service, parameters));
});

await step('wrong secret is refused', async () => {
  const stranger = await discover(peer.SERVICE_ID, 'wrong', basic('wrong'));
  await assert.rejects(oauth.clientCredentialsGrant(stranger, { scope: 'read' }), (error) => {
    // Basic credentials are answered with a challenge, which the library reports on its own.
    const challenge = error.cause?.[0]?.parameters?.error;
    assert.ok([error.error, challenge].includes('invalid_client') || error.status === 401, error);
    return true;
  });
});

async function ask(client, decision, parameters) {
  const verifier = oauth.randomPKCECodeVerifier();
  const state = oauth.randomState();
  const url = oauth.buildAuthorizationUrl(client, {
    redirect_uri: peer.REDIRECT_URI,
    scope: 'read',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    ...parameters,
  });
  const redirect = await authorize(url, peer.REDIRECT_URI, decision);
  return { redirect, checks: { pkceCodeVerifier: verifier, expectedState: state } };
}

let token;
await step('code with PKCE', async () => {
  const { redirect, checks } = await ask(web);
  token = await oauth.authorizationCodeGrant(web, redirect, checks);
  assert.equal((await oauth.tokenIntrospection(web, token.access_token)).active, true);
});

await step('refresh', async () => {
  const renewed = await oauth.refreshTokenGrant(web, token.refresh_token);
  assert.notEqual(renewed.access_token, token.access_token);
  assert.equal((await oauth.tokenIntrospection(web, renewed.access_token)).active, true);
  token = { ...token, ...renewed };
});

await step('revocation of the refresh token ends the grant', async () => {
  await oauth.tokenRevocation(web, token.refresh_token);
  await refused('invalid_grant', () => oauth.refreshTokenGrant(web, token.refresh_token));
  assert.equal((await oauth.tokenIntrospection(web, token.access_token)).active, false);
});

await step('second use of a code is refused', async () => {
  const { redirect, checks } = await ask(web);
  const first = await oauth.authorizationCodeGrant(web, redirect, checks);
  await refused('invalid_grant', () => oauth.authorizationCodeGrant(web, redirect, checks));
  assert.ok(first.access_token);
});

await step('denied consent', async () => {
  // The user allowed it before, so it takes a word to be asked again.
  const { redirect, checks } = await ask(web, 'deny', { prompt: 'consent' });
  await refused('access_denied', () => oauth.authorizationCodeGrant(web, redirect, checks));
});

await step('public client: code with PKCE, refresh', async () => {
  const app = await discover(peer.PUBLIC_ID, undefined, oauth.None());
  const { redirect, checks } = await ask(app);
  const first = await oauth.authorizationCodeGrant(app, redirect, checks);
  const renewed = await oauth.refreshTokenGrant(app, first.refresh_token);
  assert.notEqual(renewed.access_token, first.access_token);
});
