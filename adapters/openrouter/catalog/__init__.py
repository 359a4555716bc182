"""`GET /models`, `GET /images/models`, `GET /endpoints/zdr` and `GET /key`: implements the port `catalog`."""
