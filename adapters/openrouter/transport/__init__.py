"""HTTP over aiohttp: pooled connections, proxies and certificates from the environment, addresses, headers, uploads."""
