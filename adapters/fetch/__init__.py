"""Downloads over aiohttp: implements the port `fetcher`. Connects to the address it is given and to nothing else."""
