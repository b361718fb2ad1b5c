"""Listing and cursors: what is listed, from where, and whether it is reached."""
