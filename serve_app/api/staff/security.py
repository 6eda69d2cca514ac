"""The security scheme of staff calls, as the OpenAPI declares it."""

from __future__ import annotations

from fastapi import Security
from fastapi.security import HTTPBearer

# Declares the scheme only: StaffKeys.require checks the key, and knows when none is needed.
STAFF = Security(HTTPBearer(auto_error=False, scheme_name="staffKey", description="A staff key: `key` or `name:key`"))
