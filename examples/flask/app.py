"""A Flask service beside the Express example. It verifies the access tokens that Express issues, and issues none."""

import functools
import os
import urllib.error
import urllib.request

import flask
import jwt

SECRET = os.environ.get("SESSION_SECRET", "")
# In development Express puts "development:" before the issuer, so that such a token opens nothing in production.
ISSUER = os.environ.get("AUTH_ISSUER", "app")
AUDIENCE = os.environ.get("AUTH_AUDIENCE", "app")
EXPRESS = os.environ.get("EXPRESS_URL", "http://localhost:3000")
COOKIE = os.environ.get("AUTH_COOKIE", "__Host-access_token")
CLAIMS = ["iss", "aud", "sub", "sid", "jti", "iat", "exp"]
LEEWAY = 60

app = flask.Flask(__name__)


def presented():
    """The token of this request and how it came: a bearer token, or the cookie of a page of the same host."""
    scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip(), "bearer"
    # A browser sends cookies along with requests that other sites make: they are good for reading only.
    if flask.request.method in ("GET", "HEAD"):
        return flask.request.cookies.get(COOKIE, ""), "cookie"
    return "", "cookie"


def verified(token, transport):
    """The claims of an access token. Raises jwt.PyJWTError where it is none, or may not travel this way."""
    claims = jwt.decode(
        token,
        SECRET,
        algorithms=["HS256"],  # never what the token itself says
        issuer=ISSUER,
        audience=AUDIENCE,
        leeway=LEEWAY,
        options={"require": CLAIMS},
    )
    header = jwt.get_unverified_header(token)  # verified above, together with the claims
    if header.get("typ") != "at+jwt" or "crit" in header:
        raise jwt.InvalidTokenError("not an access token")
    if claims.get("transport") != transport or not isinstance(claims["sub"], str):
        raise jwt.InvalidTokenError("not for this transport")
    return claims


def refusal(status, error):
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if error == "invalid_token" else "Bearer"
    if status == 503:
        headers["Retry-After"] = "1"
    return {"error": error}, status, headers


def still_signed_in(token):
    """Asks Express, which knows what was revoked. Raises OSError where it cannot be asked."""
    request = urllib.request.Request(f"{EXPRESS}/me", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        if error.code == 401:
            return False
        raise


def signed_in(view=None, *, ask_express=False):
    """Lets a request pass whose token is valid. `ask_express`: and whose session was not revoked since."""
    if view is None:
        return functools.partial(signed_in, ask_express=ask_express)

    @functools.wraps(view)
    def guarded(*args, **kwargs):
        token, transport = presented()
        if not token:
            return refusal(401, "unauthenticated")
        try:
            flask.g.claims = verified(token, transport)
        except jwt.PyJWTError:
            return refusal(401, "invalid_token")
        if ask_express:
            try:
                if not still_signed_in(token):
                    return refusal(401, "invalid_token")
            except OSError:
                return refusal(503, "unavailable")
        return view(*args, **kwargs)

    return guarded


@app.get("/orders")
@signed_in
def orders():
    claims = flask.g.claims
    # Always a string: int(claims["sub"]) where the users table has numbers.
    return {"user": claims["sub"], "name": claims.get("name"), "orders": []}


@app.post("/orders")
@signed_in(ask_express=True)
def order():
    return {"user": flask.g.claims["sub"]}, 201


if __name__ == "__main__":
    if len(SECRET.encode()) < 32:
        raise SystemExit("SESSION_SECRET must be the one of the Express application: 32 bytes or longer.")
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "5000")))
