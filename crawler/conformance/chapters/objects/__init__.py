"""Objects and fields: what contents and users look like."""
