"""Providers of live data: how one API is asked, and what it sends as normalised records.

`contract` says what a provider is; a module for each has its terms, its conventions and how it is
asked. Each names the page and the date that its form was taken from.

Never: opens a connection or a file, waits, tries again or keeps a key, because its fetcher does:
  imports `files`, `socket`, `urllib.request`, `http`, `httpx2`, `curl_cffi`, `os`, `time`.
Never: knows Make, steps, the configuration or the store: imports `harness`, `config`, `stored`.
Never: corrects or adjusts a value: records are as sent, with the convention named beside them.
"""
