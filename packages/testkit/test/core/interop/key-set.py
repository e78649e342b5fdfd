"""A Python service that only verifies. Reads {"url", "token", "algorithm"}, writes the claims or the name of the error."""

import json
import sys

import jwt

request = json.load(sys.stdin)
try:
    key = jwt.PyJWKClient(request["url"]).get_signing_key_from_jwt(request["token"]).key
    answer = jwt.decode(request["token"], key, algorithms=[request["algorithm"]], issuer="app", audience="app")
except jwt.PyJWTError as error:
    answer = {"error": type(error).__name__}
json.dump(answer, sys.stdout)
