// oidc-provider with all of OpenID Connect that a relying party of ours speaks, on the loopback port named
// first. Clients register themselves, and a user agrees to everything at once.
//
// Mutual TLS is in another script, since it takes a listener with certificates of its own.
import { generateKeyPairSync } from 'node:crypto';

import Provider from 'oidc-provider';

const { LOGIN_NAME, RESOURCE, NOTIFICATIONS } = process.env;
const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

const jwk = (type, options, rest) => {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), ...rest };
};

const provider = new Provider(issuer, {
  jwks: {
    keys: [
      jwk('rsa', { modulusLength: 2048 }, { kid: 'rsa', use: 'sig' }),
      jwk('ec', { namedCurve: 'P-256' }, { kid: 'ec', use: 'sig', alg: 'ES256' }),
      jwk('ec', { namedCurve: 'P-256' }, { kid: 'enc', use: 'enc', alg: 'ECDH-ES' }),
    ],
  },
  scopes: ['openid', 'offline_access', 'profile', 'read'],
  claims: { openid: ['sub'], profile: ['name'] },
  conformIdTokenClaims: true,
  pkce: { required: (_, client) => client.responseTypeAllowed('code') },
  responseTypes: [
    'code',
    'code id_token',
    'code token',
    'code id_token token',
    'id_token',
    'id_token token',
  ],
  enabledJWA: {
    idTokenEncryptionAlgValues: ['ECDH-ES', 'RSA-OAEP-256'],
    idTokenEncryptionEncValues: ['A256GCM', 'A128CBC-HS256'],
    userinfoEncryptionAlgValues: ['ECDH-ES'],
    userinfoEncryptionEncValues: ['A256GCM'],
    authorizationEncryptionAlgValues: ['ECDH-ES'],
    authorizationEncryptionEncValues: ['A256GCM'],
    requestObjectEncryptionAlgValues: ['ECDH-ES'],
    requestObjectEncryptionEncValues: ['A256GCM'],
    requestObjectSigningAlgValues: ['ES256', 'PS256', 'RS256', 'EdDSA'],
  },
  issueRefreshToken: (_, client, code) =>
    client.grantTypeAllowed('refresh_token') && !code.scopes.has('never'),
  rotateRefreshToken: true,
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: 'A User' }) }),
  // A notification goes to https alone: that host is the listener of the client. The dispatcher of the
  // options refuses loopback addresses.
  fetch: (url, { dispatcher, ...options }) =>
    globalThis.fetch(String(url).replace('https://client.example', NOTIFICATIONS), options),
  features: {
    ciba: {
      enabled: true,
      deliveryModes: ['poll', 'ping'],
      processLoginHint: (_, hint) => (hint === LOGIN_NAME ? hint : undefined),
      validateBindingMessage: () => {},
      validateRequestContext: () => {},
      verifyUserCode: () => {},
      triggerAuthenticationDevice: (_, request, account, client) => {
        setTimeout(() => agreed(request, account, client).catch(console.error), 100);
      },
    },
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    deviceFlow: { enabled: true },
    dPoP: {
      enabled: true,
      nonceSecret: Buffer.alloc(32, 7),
      requireNonce: () => true,
    },
    encryption: { enabled: true },
    introspection: { enabled: true },
    jwtResponseModes: { enabled: true },
    jwtUserinfo: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    registration: { enabled: true },
    registrationManagement: { enabled: true },
    requestObjects: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: () => ({ scope: 'read', accessTokenFormat: 'opaque' }),
    },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource: leaving },
    userinfo: { enabled: true },
  },
});

async function granted(accountId, clientId, scope) {
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope(scope);
  grant.addResourceScope(RESOURCE, scope);
  return grant;
}

/// The user agrees on a device of theirs.
async function agreed(request, account, client) {
  const grant = await granted(account.accountId, client.clientId, request.scope);
  await grant.save();
  await provider.backchannelResult(request, grant, { acr: 'device' });
}

// Pages whose form the browser sends at once.
function leaving(ctx, form) {
  ctx.body = form.replace('</form>', '<input name="logout" value="yes"></form>');
}

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { params } = await provider.interactionDetails(ctx.req, ctx.res);
  const grant = await granted(LOGIN_NAME, params.client_id, params.scope);
  const result = {
    login: { accountId: LOGIN_NAME },
    consent: { grantId: await grant.save() },
  };
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
  return undefined;
});

provider.on('server_error', (_, error) => console.error(error));
for (const event of ['authorization.error', 'grant.error', 'backchannel.error', 'registration_create.error']) {
  provider.on(event, (_, error) => console.error(event, error.message, error.error_detail));
}
provider.listen(port, '127.0.0.1', () => console.log(`listening on ${issuer}`));
