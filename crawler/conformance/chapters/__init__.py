"""The chapters of the judge: of each its rules, which are pure, and in `probes` the conversations that they read."""
