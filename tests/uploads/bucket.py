"""A bucket of moto's S3 server on loopback, and a look into it by Amazon's own client."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import boto3
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from flylive.config import Settings

NAME, PREFIX = "voices", "live"
ACCESS_KEY_ID, SECRET = "AKIATEST", "a secret of this test"


class Bucket:
    """What lies in the bucket, by its key."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET,
        )

    def make(self) -> None:
        """Let there be a bucket."""
        self._client.create_bucket(Bucket=NAME)

    def put(self, key: str, data: bytes) -> None:
        """Lay an object into it past the platform."""
        self._client.put_object(Bucket=NAME, Key=key, Body=data)

    @property
    def objects(self) -> dict[str, bytes]:
        """All that lies in it."""
        listed = self._client.list_objects_v2(Bucket=NAME).get("Contents", [])
        return {
            one["Key"]: self._client.get_object(Bucket=NAME, Key=one["Key"])["Body"].read()
            for one in listed
        }

    def written_at(self, key: str) -> datetime:
        """When the object was written."""
        found: datetime = self._client.head_object(Bucket=NAME, Key=key)["LastModified"]
        return found

    def settings(self, settings: Settings) -> Settings:
        """The settings, with uploads in this bucket."""
        return settings.model_copy(
            update={
                "uploads_url": f"s3://{NAME}/{PREFIX}",
                "s3_endpoint": self.endpoint,
                "s3_region": "us-east-1",
                "s3_access_key_id": ACCESS_KEY_ID,
                "s3_secret_access_key": SecretStr(SECRET),
            }
        )


@contextmanager
def bucket() -> Iterator[Bucket]:
    """A server that listens, without a bucket yet."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Bucket(f"http://{host}:{port}")
    finally:
        server.stop()
