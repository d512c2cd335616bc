// Chromium on the pages: logs in, allows, and ends at the redirect URI with a code that works.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as oauth from 'openid-client';
import { chromium } from 'playwright-core';

import * as peer from './peer.mjs';

const { LOGIN_NAME, LOGIN_PASSWORD, CHROMIUM } = process.env;
const { step } = peer;

const client = await oauth.discovery(
  new URL(peer.ISSUER),
  peer.WEB_ID,
  peer.WEB_SECRET,
  oauth.ClientSecretBasic(peer.WEB_SECRET),
  { algorithm: 'oauth2', execute: [oauth.allowInsecureRequests] },
);

// The application that the redirect leads to.
const application = createServer((_, response) => response.end('signed in'));
await new Promise((done) => {
  application.listen(Number(new URL(peer.REDIRECT_URI).port), '127.0.0.1', done);
});

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

const complaints = [];

async function open() {
  const verifier = oauth.randomPKCECodeVerifier();
  const state = oauth.randomState();
  const url = oauth.buildAuthorizationUrl(client, {
    redirect_uri: peer.REDIRECT_URI,
    scope: 'read',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  });
  const page = await context.newPage();
  // A page that breaks its own content security policy says so on the console.
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url.href);
  return { page, checks: { pkceCodeVerifier: verifier, expectedState: state } };
}

async function press(page, decision) {
  await page.locator(`button[name=decision][value=${decision}]`).click();
  await page.waitForURL((url) => url.href.startsWith(peer.REDIRECT_URI));
  return new URL(page.url());
}

const button = 'form button, form input[type=submit]';

try {
  await step('wrong password stays on the page', async () => {
    const { page } = await open();
    await page.locator('input[name=username]').fill(LOGIN_NAME);
    await page.locator('input[name=password]').fill('not the password');
    await page.locator(button).first().click();
    await page.locator('input[name=password]').waitFor();
    assert.ok(page.url().startsWith(peer.ISSUER), page.url());
    assert.equal(await page.locator('input[name=password]').inputValue(), '');
    await page.close();
  });
  complaints.length = 0; // a refused login may be answered with a status that is reported there

  await step('log in, allow, and exchange the code', async () => {
    const { page, checks } = await open();
    await page.locator('input[name=username]').fill(LOGIN_NAME);
    await page.locator('input[name=password]').fill(LOGIN_PASSWORD);
    await page.locator(button).first().click();
    const redirect = await press(page, 'allow');
    assert.equal(await page.textContent('body'), 'signed in');
    const token = await oauth.authorizationCodeGrant(client, redirect, checks);
    assert.ok(token.access_token);
    await page.close();
  });

  await step('the pages break no rule of the browser', () => {
    const faults = complaints.filter((text) => !text.includes('favicon'));
    assert.deepEqual(faults, []);
  });
} finally {
  await context.close();
  application.close();
  await rm(profile, { recursive: true, force: true });
}
