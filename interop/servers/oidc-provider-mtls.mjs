// oidc-provider over https, on the loopback port named first: clients authenticate by a certificate (RFC
// 8705), of an authority or registered by themselves, and tokens are bound to it. Endpoints for clients
// with certificates are at `localhost`, as aliases.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';

import Provider from 'oidc-provider';

const { CERTIFICATES, SERVICE_ID, SIGNER_ID } = process.env;
const port = Number(process.argv[2]);
const issuer = `https://127.0.0.1:${port}`;
const mtls = `https://localhost:${port}`;
const read = (name) => readFileSync(`${CERTIFICATES}/${name}`);

/** The public key of a certificate, with the certificate, as a client registers it. */
function registered(name) {
  const certificate = new X509Certificate(read(name));
  const jwk = certificate.publicKey.export({ format: 'jwk' });
  return { keys: [{ ...jwk, x5c: [certificate.raw.toString('base64')] }] };
}

const service = {
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  scope: 'read',
  tls_client_certificate_bound_access_tokens: true,
};

const certificateOf = ({ req }) => {
  const certificate = req.socket.getPeerX509Certificate();
  return certificate && new X509Certificate(certificate.raw);
};

const provider = new Provider(issuer, {
  clients: [
    {
      ...service,
      client_id: SERVICE_ID,
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=app',
    },
    {
      ...service,
      client_id: SIGNER_ID,
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: registered('stranger.pem'),
    },
  ],
  clientAuthMethods: ['tls_client_auth', 'self_signed_tls_client_auth', 'none'],
  scopes: ['read'],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true, allowedPolicy: () => true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      tlsClientAuth: true,
      getCertificate: certificateOf,
      certificateAuthorized: ({ req }) => req.socket.authorized,
      certificateSubjectMatches: (ctx, property, expected) =>
        property === 'tls_client_auth_subject_dn' && certificateOf(ctx).subject === expected,
    },
  },
  discovery: {
    mtls_endpoint_aliases: {
      token_endpoint: `${mtls}/token`,
      introspection_endpoint: `${mtls}/token/introspection`,
      revocation_endpoint: `${mtls}/token/revocation`,
    },
  },
});

provider.on('server_error', (_, error) => console.error(error));
provider.on('grant.error', (_, error) => console.error(error));
const options = {
  key: read('server.key'),
  cert: read('server.pem'),
  ca: read('authority.pem'),
  requestCert: true,
  // A certificate that its client registered has no authority.
  rejectUnauthorized: false,
};
https
  .createServer(options, provider.callback())
  .listen(port, '127.0.0.1', () => console.log(`listening on ${issuer}`));
