"""The staff's door, as the OpenAPI declares it."""

from __future__ import annotations

from fastapi import Security
from fastapi.security import HTTPBearer

# Only declares the scheme: the check itself is StaffKeys.require, which knows when no key is needed.
STAFF = Security(HTTPBearer(auto_error=False, scheme_name="staffKey", description="A staff key: `key` or `name:key`"))
