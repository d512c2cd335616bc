// openid-client: signed client authentication, PAR, DPoP with nonces, devices, registration, other grants.
import assert from 'node:assert/strict';
import * as oauth from 'openid-client';

import { approveDevice, authorize } from './browser.mjs';
import * as peer from './peer.mjs';

const { step, refused } = peer;
const cookies = new Map();

// RFC 8414's path, not OpenID's: the scripts speak plain OAuth. Loopback has no TLS.
const options = { algorithm: 'oauth2', execute: [oauth.allowInsecureRequests] };

function discover(id, authentication, issuer = peer.ISSUER) {
  return oauth.discovery(new URL(issuer), id, {}, authentication, options);
}

const scope = 'read';
const resource = peer.RESOURCE;
const service = await discover(peer.SERVICE_ID, oauth.ClientSecretBasic(peer.SERVICE_SECRET));

async function introspect(token) {
  const seen = await oauth.tokenIntrospection(service, token);
  assert.equal(seen.active, true);
  return seen;
}

const signer = oauth.PrivateKeyJwt(await peer.signingKey());

for (const [name, id, authentication] of [
  ['client_secret_post', peer.SERVICE_ID, oauth.ClientSecretPost(peer.SERVICE_SECRET)],
  ['client_secret_jwt', peer.HMAC_ID, oauth.ClientSecretJwt(peer.HMAC_SECRET)],
  ['private_key_jwt', peer.SIGNER_ID, signer],
]) {
  await step(name, async () => {
    const token = await oauth.clientCredentialsGrant(await discover(id, authentication), { scope });
    assert.ok(token.access_token);
  });
}

await step('private_key_jwt by another key is refused', async () => {
  const { privateKey } = await oauth.randomDPoPKeyPair('ES256');
  const { kid } = await peer.signingKey();
  const stranger = oauth.PrivateKeyJwt({ key: privateKey, kid });
  const client = await discover(peer.SIGNER_ID, stranger);
  await peer.refusedClient(() => oauth.clientCredentialsGrant(client, { scope }));
});

// The redirect of a sign-in whose request was pushed, and what it is checked with.
async function signIn(client, parameters, proof) {
  const verifier = oauth.randomPKCECodeVerifier();
  const state = oauth.randomState();
  const request = {
    redirect_uri: peer.REDIRECT_URI,
    scope,
    resource,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    ...parameters,
  };
  const url = await oauth.buildAuthorizationUrlWithPAR(client, request, proof);
  assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
  const redirect = await authorize(url, peer.REDIRECT_URI, 'allow', cookies);
  const checks = { pkceCodeVerifier: verifier, expectedState: state };
  return oauth.authorizationCodeGrant(client, redirect, checks, undefined, proof);
}

await step('pushed authorization request, confidential', async () => {
  const web = await discover(peer.WEB_ID, oauth.ClientSecretBasic(peer.WEB_SECRET));
  await introspect((await signIn(web)).access_token);
});

await step('pushed authorization request, private_key_jwt', async () => {
  await introspect((await signIn(await discover(peer.SIGNER_ID, signer))).access_token);
});

await step('pushed request with an unknown redirect URI is refused', async () => {
  const web = await discover(peer.WEB_ID, oauth.ClientSecretBasic(peer.WEB_SECRET));
  const elsewhere = { redirect_uri: 'https://elsewhere.example/' };
  await refused('invalid_request', () => signIn(web, elsewhere));
});

await step('DPoP with nonces: PAR, code, refresh', async () => {
  const bound = await discover(peer.BOUND_ID, oauth.None());
  const DPoP = oauth.getDPoPHandle(bound, await oauth.randomDPoPKeyPair('ES256'));
  const token = await signIn(bound, {}, { DPoP });
  assert.equal(token.token_type, 'dpop');
  const { cnf } = await introspect(token.access_token);
  assert.equal(cnf.jkt, await DPoP.calculateThumbprint());
  const renewed = await oauth.refreshTokenGrant(bound, token.refresh_token, undefined, { DPoP });
  assert.notEqual(renewed.access_token, token.access_token);
  const thief = oauth.getDPoPHandle(bound, await oauth.randomDPoPKeyPair('ES256'));
  const last = renewed.refresh_token ?? token.refresh_token;
  await refused('invalid_grant', () =>
    oauth.refreshTokenGrant(bound, last, undefined, { DPoP: thief }),
  );
});

for (const algorithm of ['EdDSA', 'RS256', 'PS256']) {
  await step(`DPoP of a confidential client, ${algorithm}`, async () => {
    const keys = await oauth.randomDPoPKeyPair(algorithm);
    const DPoP = oauth.getDPoPHandle(service, keys);
    const token = await oauth.clientCredentialsGrant(service, { scope }, { DPoP });
    const { cnf } = await introspect(token.access_token);
    assert.equal(cnf.jkt, await DPoP.calculateThumbprint());
  });
}

await step('device, polled by the library', async () => {
  const tv = await discover(peer.PUBLIC_ID, oauth.None());
  const device = await oauth.initiateDeviceAuthorization(tv, { scope, resource });
  await approveDevice(device.verification_uri_complete, cookies);
  const token = await oauth.pollDeviceAuthorizationGrant(tv, device);
  await introspect(token.access_token);
  assert.ok(token.refresh_token);
});

await step('registration with keys, and the code of that client', async () => {
  const client = await oauth.dynamicClientRegistration(
    new URL(peer.ISSUER),
    {
      redirect_uris: [peer.REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [peer.publicJwk()] },
    },
    signer,
    options,
  );
  const { client_id: id, registration_access_token: token } = client.clientMetadata();
  assert.ok(token, 'nothing to manage the registration with');
  const first = await signIn(await discover(id, signer));
  const renewed = await oauth.refreshTokenGrant(client, first.refresh_token);
  assert.ok(renewed.access_token);
});

const gateway = await discover(
  peer.GATEWAY_ID,
  oauth.ClientSecretBasic(peer.GATEWAY_SECRET),
  peer.EXCHANGE_ISSUER,
);
const GRANT = 'urn:ietf:params:oauth:grant-type:';
let asserted;

await step('JWT bearer grant', async () => {
  const claims = { iss: 'https://partner.example', sub: 'ada', aud: peer.EXCHANGE_ISSUER };
  const assertion = await peer.jwt({}, claims);
  const bearer = () => oauth.genericGrantRequest(gateway, `${GRANT}jwt-bearer`, { assertion });
  asserted = await bearer();
  const seen = await oauth.tokenIntrospection(gateway, asserted.access_token);
  assert.equal(seen.sub, 'partner:ada');
  await refused('invalid_grant', bearer);
});

await step('identity assertion of an identity provider', async () => {
  const assertion = await peer.jwt(
    { typ: 'oauth-id-jag+jwt' },
    {
      iss: 'https://idp.example',
      sub: 'U019488227',
      aud: peer.EXCHANGE_ISSUER,
      client_id: peer.GATEWAY_ID,
      scope,
    },
  );
  const token = await oauth.genericGrantRequest(gateway, `${GRANT}jwt-bearer`, { assertion });
  const seen = await oauth.tokenIntrospection(gateway, token.access_token);
  assert.equal(seen.sub, 'employee:U019488227');
});

await step('token exchange', async () => {
  const parameters = {
    subject_token: asserted.access_token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  };
  const exchange = (more) =>
    oauth.genericGrantRequest(gateway, `${GRANT}token-exchange`, { ...parameters, ...more });
  const token = await exchange({ resource: 'https://orders.example.com' });
  assert.equal(token.issued_token_type, 'urn:ietf:params:oauth:token-type:access_token');
  await refused('invalid_request', () => exchange({}));
});
