"""The conversations that the rules of this chapter read. I/O, through `crawler.conformance.probe` alone."""
