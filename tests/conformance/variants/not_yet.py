"""What the judge does not do yet: these lists can only shrink, for the tests fail where one of them is done.

A variant that is found is taken off, and gets its `found_by`.
"""

NOT_YET_FOUND: frozenset[str] = frozenset()

NOT_YET_FAIR: dict[bool, frozenset[str]] = {False: frozenset(), True: frozenset()}
"""Conforming partners that are accused of something, without --write and with it."""
