"""The examples are projects of their own: test_examples.py runs them."""

collect_ignore = ["examples"]
