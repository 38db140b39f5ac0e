"""How the API's description shows a form with a file, which no endpoint's signature tells."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType


def form_with_file(purposes: Sequence[str] = ()) -> type[Operation]:
    """An operation whose body is ``multipart/form-data`` with `file`, and `purpose` if any."""
    properties = {
        "file": Schema(type=OpenAPIType.STRING, content_media_type="application/octet-stream")
    }
    if purposes:
        properties["purpose"] = Schema(type=OpenAPIType.STRING, enum=list(purposes))
    schema = Schema(type=OpenAPIType.OBJECT, properties=dict(properties), required=list(properties))
    body = RequestBody(
        content={"multipart/form-data": OpenAPIMediaType(schema=schema)}, required=True
    )

    @dataclass
    class FormOperation(Operation):
        request_body: RequestBody | None = field(default_factory=lambda: body)

        def __post_init__(self) -> None:
            self.request_body = body

    return FormOperation
