// Chromium on the pages: signs in, decides, and ends at the redirect URI with a code that works; signs
// in devices.
//
// SCREENSHOTS names a folder that is there already; the pages are pictured into it.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as oauth from 'openid-client';
import { chromium } from 'playwright-core';

import * as peer from './peer.mjs';

const { LOGIN_NAME, LOGIN_PASSWORD, CHROMIUM, SCREENSHOTS } = process.env;
const { step } = peer;

function discover(id, authentication) {
  return oauth.discovery(new URL(peer.ISSUER), id, {}, authentication, {
    algorithm: 'oauth2',
    execute: [oauth.allowInsecureRequests],
  });
}

const client = await discover(peer.WEB_ID, oauth.ClientSecretBasic(peer.WEB_SECRET));
const device = await discover(peer.PUBLIC_ID, oauth.None());

// The application that the redirect leads to. It sends the browser on to another origin, as many
// do, to be rid of the code in the address.
const home = createServer((_, response) => response.end('signed in'));
await listen(home, 0);
const HOME = `http://localhost:${home.address().port}/`;
const redirects = [];
const application = createServer((request, response) => {
  redirects.push(new URL(request.url, peer.REDIRECT_URI));
  response.writeHead(303, { location: HOME }).end();
});
await listen(application, new URL(peer.REDIRECT_URI).port);

function listen(server, port) {
  return new Promise((done) => server.listen(Number(port), '127.0.0.1', done));
}

const profile = await mkdtemp(join(tmpdir(), 'grantor-chromium-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: CHROMIUM,
  headless: true,
  timeout: 60_000,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
context.setDefaultTimeout(15_000);

// A page that breaks its own content security policy says so on the console.
const complaints = [];
// Chromium also reports there the statuses of a wrong password, of a wrong code and of a wrong redirect URI, and that
// there is no icon.
const EXPECTED = /status of (400|422)|favicon\.ico/;

async function visit(href) {
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    complaints.push(`${message.location().url}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(href);
  return page;
}

async function open(parameters) {
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
  const page = await visit(url.href);
  return { page, checks: { pkceCodeVerifier: verifier, expectedState: state } };
}

async function picture(page, name) {
  if (!SCREENSHOTS) return;
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${colorScheme}.png`) });
  }
}

async function logIn(page, password) {
  await page.locator('input[name=username]').fill(LOGIN_NAME);
  await page.locator('input[name=password]').fill(password);
  await page.locator('form button').first().click();
}

function press(page, decision) {
  return page.locator(`button[name=decision][value=${decision}]`).click();
}

// Waits until the browser has come to the end of the redirects; they must have begun at the
// application.
async function arrive(page) {
  await page.waitForURL(HOME);
  assert.equal(await page.textContent('body'), 'signed in');
  await page.close();
  assert.equal(redirects.length, 1);
  return redirects.pop();
}

async function exchange(redirect, checks) {
  const token = await oauth.authorizationCodeGrant(client, redirect, checks);
  assert.ok(token.access_token);
}

// A device that asks; the person at the browser decides once the page shows the device's code.
function askFromDevice() {
  return oauth.initiateDeviceAuthorization(device, { scope: 'read', resource: peer.RESOURCE });
}

async function decideDevice(page, asked, decision) {
  const shown = page.locator('strong', { hasText: asked.user_code });
  await shown.waitFor();
  await picture(page, 'device-consent');
  await press(page, decision);
  await page.locator('button').waitFor({ state: 'detached' });
  await picture(page, `device-${decision}`);
  await page.close();
}

try {
  await step('wrong password stays on the page', async () => {
    const { page } = await open();
    await picture(page, 'login');
    await logIn(page, 'not the password');
    await page.locator('[role=alert]').waitFor();
    await picture(page, 'wrong-password');
    assert.ok(page.url().startsWith(peer.ISSUER), page.url());
    assert.equal(await page.locator('input[name=username]').inputValue(), LOGIN_NAME);
    assert.equal(await page.locator('input[name=password]').inputValue(), '');
    await page.close();
  });

  await step('log in and deny', async () => {
    const { page, checks } = await open();
    await logIn(page, LOGIN_PASSWORD);
    await page.locator('button[name=decision]').first().waitFor();
    await picture(page, 'consent');
    await press(page, 'deny');
    const redirect = await arrive(page);
    await peer.refused('access_denied', () => exchange(redirect, checks));
  });

  await step('allow, without a second login, and exchange the code', async () => {
    const { page, checks } = await open();
    await press(page, 'allow');
    await exchange(await arrive(page), checks);
  });

  await step('log in again, without a second consent', async () => {
    const { page, checks } = await open({ prompt: 'login' });
    await logIn(page, LOGIN_PASSWORD);
    await exchange(await arrive(page), checks);
  });

  await step('nothing is asked twice', async () => {
    const { page, checks } = await open();
    await exchange(await arrive(page), checks);
  });

  await step('a code that no device shows stays on the page', async () => {
    const asked = await askFromDevice();
    const page = await visit(asked.verification_uri);
    await page.locator('input[name=user_code]').fill('BCDF-GHJK');
    await picture(page, 'user-code');
    await page.locator('form button').click();
    await page.locator('[role=alert]').waitFor();
    assert.ok(page.url().startsWith(peer.ISSUER), page.url());
    await page.close();
  });

  await step('a device is denied by the code that was typed in', async () => {
    const asked = await askFromDevice();
    const page = await visit(asked.verification_uri);
    await page.locator('input[name=user_code]').fill(asked.user_code.toLowerCase());
    await page.locator('form button').click();
    await decideDevice(page, asked, 'deny');
    const poll = () => oauth.pollDeviceAuthorizationGrant(device, asked);
    await peer.refused('access_denied', poll);
  });

  await step('a device is allowed by the address that it shows', async () => {
    const asked = await askFromDevice();
    const page = await visit(asked.verification_uri_complete);
    await page.locator('form button').click();
    await decideDevice(page, asked, 'allow');
    const token = await oauth.pollDeviceAuthorizationGrant(device, asked);
    assert.ok(token.access_token);
  });

  await step('a redirect to somebody else stays on the page', async () => {
    const { page } = await open({ redirect_uri: 'http://127.0.0.1:1/elsewhere' });
    await picture(page, 'error');
    assert.ok(page.url().startsWith(peer.ISSUER), page.url());
    assert.equal(await page.locator('h1').count(), 1);
    await page.close();
  });

  await step('the pages break no rule of the browser', () => {
    const faults = complaints.filter((text) => !EXPECTED.test(text));
    assert.deepEqual(faults, []);
  });
} finally {
  await context.close();
  application.close();
  home.close();
  await rm(profile, { recursive: true, force: true });
}
