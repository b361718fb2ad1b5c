"""The judge: whether RingCX Digital would get on with a partner's endpoint, by rules, with evidence.

A `Probe` is a conversation with the endpoint, recorded; a `Rule` is a pure function over one conversation; the `Suite`
holds the conversations that the chosen rules read, and judges. Whatever is sent goes through the crawler's own
`Partner`, and every synchronization cycle is its own `run_cycle`.
"""
