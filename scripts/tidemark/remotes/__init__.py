"""Places elsewhere that keep immutable objects by name: a folder, or a bucket of an S3 service.

`opening.opened` makes one of its address. What it can do stands in `contract`; who puts there what
under which names, and whether it is what it should be, is the affair of who asks. Every error is a
`RemoteError`: one line for the person who can mend it, without a secret in it.

Never: imports any other room.
"""
