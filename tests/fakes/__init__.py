"""Servers on 127.0.0.1 that answer as providers do, a module each; no test asks the network."""
