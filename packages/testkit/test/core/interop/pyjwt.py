"""Speaks for a Python service that shares the secret. Reads one JSON request, writes one JSON answer.

{"verify": token, "secret": s, "audience": a, "issuer": i} -> {"claims": {...}} or {"error": "ExpiredSignatureError"}
{"sign": [{"claims": {...}, "headers": {...}, "secret": s, "algorithm": "HS256"}, ...]} -> {"tokens": [...]}
{} -> {"version": "2.6.0"}
"""

import json
import sys

import jwt

request = json.load(sys.stdin)
if "verify" in request:
    try:
        claims = jwt.decode(
            request["verify"],
            request["secret"],
            algorithms=["HS256"],
            audience=request["audience"],
            issuer=request["issuer"],
            options={"require": ["exp", "iat", "iss", "aud", "sub", "jti", "sid"]},
        )
        answer = {"claims": claims, "header": jwt.get_unverified_header(request["verify"])}
    except jwt.PyJWTError as error:
        answer = {"error": type(error).__name__}
elif "sign" in request:
    answer = {
        "tokens": [
            jwt.encode(each["claims"], each["secret"], algorithm=each["algorithm"], headers=each["headers"])
            for each in request["sign"]
        ]
    }
else:
    answer = {"version": jwt.__version__}
json.dump(answer, sys.stdout)
