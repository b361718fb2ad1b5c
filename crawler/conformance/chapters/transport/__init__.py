"""Transport and signature: how the endpoint answers, whom it answers, and what it reads."""
