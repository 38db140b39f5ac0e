"""A stand-in for S3 on loopback: objects in memory, and what was asked for."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Bucket:
    """PUT, GET (also of a range), HEAD and bulk DeleteObjects, under ``/{bucket}/{key}``."""

    port: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, path, _ = (await reader.readline()).decode().split(" ")
        headers = {}
        while (line := await reader.readline()) != b"\r\n":
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.asked.append((method, path, headers))
        writer.write(self.answer(method, path.partition("?")[0], headers, body))
        await writer.drain()
        writer.close()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        status, content, extra = "200 OK", b"", ""
        if method == "PUT":
            self.objects[path] = body
        elif method == "POST":
            keys = re.findall(r"<Key>(.*?)</Key>", body.decode())
            for key in keys:
                self.objects.pop(f"{path}/{key}", None)
            gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            content = f"<DeleteResult>{gone}</DeleteResult>".encode()
        elif path not in self.objects:
            status = "404 Not Found"
        else:
            content = self.objects[path]
            extra = "Last-Modified: Mon, 23 Nov 2026 00:00:00 GMT\r\n"
            if "range" in headers:
                start, end = headers["range"].removeprefix("bytes=").split("-")
                extra += f"Content-Range: bytes {start}-{end}/{len(content)}\r\n"
                content, status = content[int(start) : int(end) + 1], "206 Partial Content"
        length = f"Content-Length: {len(content)}\r\n"
        head = (
            f'HTTP/1.1 {status}\r\nConnection: close\r\nETag: "tag"\r\n{extra}{length}\r\n'.encode()
        )
        return head if method == "HEAD" else head + content


@asynccontextmanager
async def bucket() -> AsyncIterator[Bucket]:
    """A bucket that listens."""
    made = Bucket()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made
