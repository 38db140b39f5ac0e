"""Every address under ``/v1/admin``."""

from litestar import Router

from flylive.console import audit_log, people, rooms

ROUTES = [Router("/admin", route_handlers=[*people.ROUTES, *audit_log.ROUTES, *rooms.ROUTES])]
