"""A browser without a screen: follows redirects and fills in forms, over plain HTTP."""

import html.parser
import os
import urllib.parse

import requests

LOGIN = {"username": os.environ["LOGIN_NAME"], "password": os.environ["LOGIN_PASSWORD"]}


class Forms(html.parser.HTMLParser):
    """The POST forms of a page: where they go, their fields, and their named buttons."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.inside = given.get("method", "get").lower() == "post"
            if self.inside:
                self.found.append({"action": given.get("action") or "", "fields": {}, "buttons": []})
        if not self.inside or not given.get("name"):
            return
        name, value = given["name"], given.get("value") or ""
        kind = given.get("type", "").lower()
        if tag == "button" or (tag == "input" and kind == "submit"):
            self.found[-1]["buttons"].append((name, value))
        elif tag == "input":
            self.found[-1]["fields"][name] = LOGIN.get(name, value)

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False


def approve_device(url, session=None):
    """Opens the page of a device, logs in and decides, up to the page that says so."""
    authorize(url, None, session=session)


def authorize(url, stop, decision="allow", session=None):
    """Opens a URL, logs in, decides, and returns the redirect to `stop` without following it.

    Without `stop` it ends at a page without a form. A session that is given stays logged in: servers
    limit logins."""
    session = session or requests.Session()
    response = session.get(url, allow_redirects=False, timeout=10)
    for _ in range(20):
        if response.is_redirect:
            target = urllib.parse.urljoin(response.url, response.headers["location"])
            if stop and target.startswith(stop):
                return target
            response = session.get(target, allow_redirects=False, timeout=10)
            continue
        page = f"{response.status_code} {response.url.split('?')[0]}"
        assert response.status_code < 400, f"{page}: {response.text[:400]}"
        forms = Forms(response.text).found
        if not forms and not stop:
            return response.url
        assert forms, f"{page} has no form: {response.text[:400]}"
        form = forms[0]
        fields = dict(form["fields"])
        named = [button for button in form["buttons"] if button == ("decision", decision)]
        fields.update(named or form["buttons"][:1])
        origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(response.url))
        response = session.post(
            urllib.parse.urljoin(response.url, form["action"]),
            data=fields,
            headers={"Origin": origin, "Referer": response.url},
            allow_redirects=False,
            timeout=10,
        )
    raise AssertionError("the pages lead nowhere")
