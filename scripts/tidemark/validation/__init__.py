"""Raw data held against declarative schemas."""
