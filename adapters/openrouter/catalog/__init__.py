"""The lists of models, `GET /endpoints/zdr`, `GET /key` and the icons of upstream's pages: implements `catalog`."""
