// oidc-provider as a plain OAuth server, on the loopback port named first.
//
// Clients come from the environment, like those of the client scripts, which run against it too.
// The pages have the field names that a browser without a screen looks for.
import { text } from 'node:stream/consumers';

import Provider, { errors } from 'oidc-provider';

const { SERVICE_ID, SERVICE_SECRET, WEB_ID, WEB_SECRET, PUBLIC_ID, REDIRECT_URI, RESOURCE } =
  process.env;
const { LOGIN_NAME, LOGIN_PASSWORD } = process.env;
const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

const interactive = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  redirect_uris: [REDIRECT_URI],
  scope: 'read',
};

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: SERVICE_ID,
      client_secret: SERVICE_SECRET,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      scope: 'read',
    },
    { ...interactive, client_id: WEB_ID, client_secret: WEB_SECRET },
    {
      ...interactive,
      client_id: PUBLIC_ID,
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    },
  ],
  scopes: ['read'],
  pkce: { required: () => true },
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: (_, resource) => {
        if (resource !== RESOURCE) throw new errors.InvalidTarget();
        return { scope: 'read', accessTokenFormat: 'opaque' };
      },
    },
  },
});

const PAGES = {
  login: `<form method="post"><input name="username"><input name="password" type="password">
    <button>Log in</button></form>`,
  consent: `<form method="post"><button name="decision" value="allow">Allow</button>
    <button name="decision" value="deny">Deny</button></form>`,
};

async function decide(prompt, form, { params, session }) {
  if (prompt.name === 'login') {
    const known =
      form.get('username') === LOGIN_NAME && form.get('password') === LOGIN_PASSWORD;
    return known ? { login: { accountId: LOGIN_NAME } } : undefined;
  }
  if (form.get('decision') !== 'allow') return { error: 'access_denied' };
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return { consent: { grantId: await grant.save() } };
}

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const details = await provider.interactionDetails(ctx.req, ctx.res);
  ctx.type = 'html';
  ctx.body = PAGES[details.prompt.name];
  if (ctx.method !== 'POST') return undefined;
  const form = new URLSearchParams(await text(ctx.req));
  const decision = await decide(details.prompt, form, details);
  if (!decision) {
    ctx.status = 401;
    return undefined;
  }
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, decision));
  ctx.status = 303;
  return undefined;
});

provider.on('server_error', (_, error) => console.error(error));
provider.listen(port, '127.0.0.1', () => console.log(`listening on ${issuer}`));
