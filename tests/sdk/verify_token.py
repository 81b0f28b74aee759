"""Verifies an access token as a backend in Python would: PyJWT, the app's JWKS, issuer and audience pinned.

Usage: verify_token.py ISSUER AUDIENCE < TOKEN. Prints the claims as JSON; exits with 1 and the reason otherwise.
"""

import json
import sys

import jwt

issuer, audience = sys.argv[1:]
token = sys.stdin.read().strip()
try:
    key = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key, algorithms=["ES256"], issuer=issuer, audience=audience)
except jwt.PyJWTError as refusal:
    sys.exit(f"{type(refusal).__name__}: {refusal}")
print(json.dumps(claims))
