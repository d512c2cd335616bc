// A browser without a screen: follows redirects and fills in forms, over plain HTTP.
const { LOGIN_NAME, LOGIN_PASSWORD } = process.env;
const LOGIN = { username: LOGIN_NAME, password: LOGIN_PASSWORD };

function attributes(tag) {
  const pairs = [...tag.matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g)];
  return Object.fromEntries(
    pairs.map(([, name, a, b, c]) => [name.toLowerCase(), decode(a ?? b ?? c)]),
  );
}

function decode(text) {
  const named = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(#x[\da-f]+|#\d+|\w+);/gi, (whole, entity) => {
    if (!entity.startsWith('#')) return named[entity] ?? whole;
    const hex = entity[1].toLowerCase() === 'x';
    return String.fromCodePoint(parseInt(entity.slice(hex ? 2 : 1), hex ? 16 : 10));
  });
}

// The first POST form of a page, filled in, with the button of that decision pressed.
function fill(text, decision) {
  for (const [, opening, inside] of text.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)) {
    const form = attributes(opening);
    if (form.method?.toLowerCase() !== 'post') continue;
    const fields = new URLSearchParams();
    const buttons = [];
    for (const [, tag, rest] of inside.matchAll(/<(input|button)\b([^>]*)>/gi)) {
      const { name, value = '', type } = attributes(rest);
      if (!name) continue;
      if (tag.toLowerCase() === 'button' || type === 'submit') buttons.push([name, value]);
      else fields.set(name, LOGIN[name] ?? value);
    }
    const wanted = buttons.find(([name, value]) => name === 'decision' && value === decision);
    const pressed = wanted ?? buttons[0];
    if (pressed) fields.set(...pressed);
    return { action: form.action ?? '', fields };
  }
  return undefined;
}

// Opens the page of a device, logs in and decides, up to the page that says so.
export function approveDevice(url, cookies) {
  return authorize(url, undefined, 'allow', cookies);
}

// Opens a URL, logs in, decides, and returns the redirect to `stop` without following it. Without `stop` it
// ends at a page without a form. With cookies that are kept it stays logged in: servers limit logins.
export async function authorize(url, stop, decision = 'allow', cookies = new Map()) {
  let request = { url: new URL(url), options: {} };
  for (let hop = 0; hop < 20; hop += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(request.url, {
      ...request.options,
      redirect: 'manual',
      headers: { ...request.options.headers, cookie },
      signal: AbortSignal.timeout(10_000),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const middle = pair.indexOf('=');
      cookies.set(pair.slice(0, middle), pair.slice(middle + 1));
    }
    const location = response.headers.get('location');
    if (location) {
      const target = new URL(location, request.url);
      if (stop && target.href.startsWith(stop)) return target;
      request = { url: target, options: {} };
      continue;
    }
    const page = `${response.status} ${request.url.origin}${request.url.pathname}`;
    const text = await response.text();
    if (!response.ok) throw new Error(`${page}: ${text.slice(0, 400)}`);
    const form = fill(text, decision);
    if (!form && !stop) return request.url;
    if (!form) throw new Error(`${page} has no form: ${text.slice(0, 400)}`);
    const headers = { origin: request.url.origin, referer: request.url.href };
    request = {
      url: new URL(form.action || request.url, request.url),
      options: { method: 'POST', body: form.fields, headers },
    };
  }
  throw new Error('the pages lead nowhere');
}
