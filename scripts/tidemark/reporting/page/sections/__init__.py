"""The sections of the page: a module and a template each."""
