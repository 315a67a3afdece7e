"""An S3 service in a process of its own, which checks signatures; and connections that fail."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen

BUCKET = "results"


class Service(NamedTuple):
    """Where it listens, and whom it lets in."""

    endpoint: str
    key: str
    secret: str

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    def environment(self, **other: str) -> dict[str, str]:
        """What a client finds there, with none of what this machine has for another service."""
        none = dict.fromkeys((name for name in os.environ if name.startswith("AWS_")), "")
        return none | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_REGION": "us-east-1",
            **other,
        }

    def alter(self, address: str, kind: str) -> None:
        """Let all objects below a folder of a remote hold something else."""
        import boto3

        bucket, _, prefix = address.removeprefix("s3://").partition("/")
        there = boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1",
            aws_access_key_id=self.key, aws_secret_access_key=self.secret,
        )  # fmt: skip
        for each in there.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/{kind}")["Contents"]:
            there.put_object(Bucket=bucket, Key=each["Key"], Body=b"something else")


@contextlib.contextmanager
def running() -> Iterator[Service]:
    """The service, with an empty bucket, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve())],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield Service(*json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()


def _serve() -> None:
    """Be the service until standard input ends."""
    import boto3
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    out = os.dup(1)
    os.dup2(2, 1)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    to = {
        "endpoint_url": endpoint, "region_name": "us-east-1",
        "aws_access_key_id": "root", "aws_secret_access_key": "root",
    }  # fmt: skip
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    users = boto3.client("iam", **to)
    users.create_user(UserName="tidemark")
    users.put_user_policy(
        UserName="tidemark", PolicyName="bucket",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )  # fmt: skip
    access = users.create_access_key(UserName="tidemark")["AccessKey"]
    boto3.client("s3", **to).create_bucket(Bucket=BUCKET)
    # From here on it lets in whoever has a key, and signs as it should.
    plain = {"Content-Type": "text/plain"}
    urlopen(Request(f"{endpoint}/moto-api/reset-auth", data=b"0", headers=plain)).close()
    ready = [endpoint, access["AccessKeyId"], access["SecretAccessKey"]]
    os.write(out, f"{json.dumps(ready)}\n".encode())
    sys.stdin.read()
    os._exit(0)


class Connection:
    """A port whose connections lead to another port, as far as they go.

    Args:
        port: on this machine.
        cut_after: bytes of an answer, after which the connection is gone.
        drip_seconds: a byte of an answer comes that long after the one before.
        silent: nothing is ever answered.
    """

    def __init__(
        self,
        port: int,
        *,
        cut_after: int | None = None,
        drip_seconds: float = 0.0,
        silent: bool = False,
    ) -> None:
        self._port, self._cut_after = port, cut_after
        self._drip, self._silent = drip_seconds, silent
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.taken = 0

    def __enter__(self) -> "Connection":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # which ends an `accept`, as closing would not
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.taken += 1
                threading.Thread(target=self._carry, args=[client], daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", self._port)) as server:
                asking = threading.Thread(target=self._ask, args=[client, server], daemon=True)
                asking.start()
                if self._silent:
                    asking.join()
                self._answer(client, server)
                client.shutdown(socket.SHUT_RDWR)
            asking.join()

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        sent = 0
        while data := server.recv(1 if self._drip else 65536):
            time.sleep(self._drip)
            left = len(data) if self._cut_after is None else self._cut_after - sent
            client.sendall(data[:left])
            sent += len(data)
            if self._cut_after is not None and sent >= self._cut_after:
                return

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    _serve()
