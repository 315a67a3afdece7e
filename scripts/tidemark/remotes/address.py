"""What the address of a remote may be: `s3://bucket/prefix`, or the path of a folder."""

import re

S3_ADDRESS = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_.=-]+)*/?")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def must_be_an_address(address: str) -> None:
    """Refuse what is no address of a remote. It may hold a secret, so no message holds it.

    Raises:
        ValueError: says what it is not.
    """
    if address.startswith("s3://") and "@" in address:
        raise ValueError(
            "names credentials, which belong in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if needs_s3(address):
        if not S3_ADDRESS.fullmatch(address) or {".", ".."} & set(address.split("/")):
            raise ValueError("must be s3://bucket/prefix, in the letters that S3 has for these")
    elif SCHEME.match(address) or not address.isprintable() or not address.strip():
        raise ValueError("must be s3://bucket/prefix, or the path of a folder")


def needs_s3(address: str) -> bool:
    """Whether an address is that of a bucket, for which there must be a client."""
    return address.startswith("s3://")
