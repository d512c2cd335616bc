"""django-oauth-toolkit, on the loopback port named first: client credentials, codes with PKCE, refresh
tokens, passwords, introspection and revocation, in a database in memory.

Clients and the user come from the environment, like those of the client scripts. The pages have the field
names that a browser without a screen looks for.
"""

import os
import sys

import django
from django.conf import settings
from django.core.management import call_command

PORT = int(sys.argv[1])
ISSUER = f"http://127.0.0.1:{PORT}"
REDIRECT_URI = os.environ["REDIRECT_URI"]

LOGIN = """<form method="post">{% csrf_token %}<input name="username"><input name="password" type="password">
<button>Log in</button></form>"""
CONSENT = """<form method="post">{% csrf_token %}{% for field in form %}{% if field.is_hidden %}{{ field }}
{% endif %}{% endfor %}<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button></form>"""

settings.configure(
    SECRET_KEY=os.urandom(16).hex(),
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    # Several threads share it.
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": "file:dot?mode=memory&cache=shared",
            "OPTIONS": {"uri": True},
        }
    },
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "loaders": [
                    (
                        "django.template.loaders.locmem.Loader",
                        {"login.html": LOGIN, "oauth2_provider/authorize.html": CONSENT},
                    ),
                ],
            },
        }
    ],
    LOGIN_URL="/login/",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    OAUTH2_PROVIDER={
        "SCOPES": {"read": "read", "introspection": "introspect tokens"},
        "PKCE_REQUIRED": True,
        "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https"],
        "ROTATE_REFRESH_TOKEN": True,
    },
)
django.setup()

from django.contrib.auth import get_user_model
from django.contrib.auth.views import LoginView
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider import views
from oauth2_provider.models import get_access_token_model, get_application_model
from oauth2_provider.oauth2_validators import OAuth2Validator
from waitress import serve


def metadata(_):
    methods = ["client_secret_basic", "client_secret_post", "none"]
    return JsonResponse(
        {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize/",
            "token_endpoint": f"{ISSUER}/token/",
            "introspection_endpoint": f"{ISSUER}/introspect/",
            "revocation_endpoint": f"{ISSUER}/revoke/",
            "response_types_supported": ["code"],
            "grant_types_supported": [
                "client_credentials",
                "authorization_code",
                "refresh_token",
                "password",
            ],
            "token_endpoint_auth_methods_supported": methods,
            "code_challenge_methods_supported": ["S256"],
        }
    )


class Authorize(views.AuthorizationView):
    """The user's decision comes as the scripts send it."""

    def post(self, request, *arguments, **named):
        request.POST = request.POST.copy()
        if request.POST.get("decision") == "allow":
            request.POST["allow"] = "Authorize"
        return super().post(request, *arguments, **named)


@method_decorator(csrf_exempt, name="dispatch")
class Introspect(views.IntrospectTokenView):
    """Any client that authenticates may ask."""

    required_scopes = []


urlpatterns = [
    path(".well-known/oauth-authorization-server", metadata),
    path("login/", csrf_exempt(LoginView.as_view(template_name="login.html"))),
    path("authorize/", csrf_exempt(Authorize.as_view())),
    path("token/", views.TokenView.as_view()),
    path("introspect/", Introspect.as_view()),
    path("revoke/", views.RevokeTokenView.as_view()),
]

call_command("migrate", verbosity=0)
User, Application = get_user_model(), get_application_model()
user = User.objects.create_user(os.environ["LOGIN_NAME"], password=os.environ["LOGIN_PASSWORD"])


def client(name, secret, grant_type):
    Application.objects.create(
        client_id=name,
        client_secret=secret or "",
        client_type="confidential" if secret else "public",
        authorization_grant_type=grant_type,
        redirect_uris=REDIRECT_URI,
        user=user,
    )


client(os.environ["SERVICE_ID"], os.environ["SERVICE_SECRET"], "client-credentials")
client(os.environ["WEB_ID"], os.environ["WEB_SECRET"], "authorization-code")
client(os.environ["PUBLIC_ID"], None, "authorization-code")
# An application has one grant type here.
client("password", os.environ["WEB_SECRET"], "password")

application = get_wsgi_application()
serve(application, host="127.0.0.1", port=PORT, threads=4)
