// oidc-provider for `cargo xtask bench server`, on the loopback port named second: its own store in
// memory, the secret as it is. The first argument is the format of its tokens, `opaque` or `jwt` (ES256).
import { generateKeyPairSync } from 'node:crypto';

import Provider from 'oidc-provider';

const [format, port] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

function key(kind, options, alg) {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg };
}

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'client',
      client_secret: 'secret',
      grant_types: ['client_credentials', 'authorization_code'],
      response_types: ['code'],
      redirect_uris: ['https://app.example/cb'],
      scope: 'read',
    },
  ],
  jwks: {
    keys: [
      key('ec', { namedCurve: 'P-256' }, 'ES256'),
      key('rsa', { modulusLength: 2048 }, 'RS256'),
    ],
  },
  scopes: ['read'],
  ttl: { ClientCredentials: 3600 },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    dPoP: { enabled: true },
    introspection: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'https://api.example.com',
      getResourceServerInfo: () => ({
        scope: 'read',
        accessTokenFormat: format,
        ...(format === 'jwt' ? { jwt: { sign: { alg: 'ES256' } } } : {}),
      }),
    },
  },
});
provider.listen(Number(port), '127.0.0.1');
