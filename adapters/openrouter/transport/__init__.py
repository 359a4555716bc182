"""HTTP over aiohttp: pooled connections, the environment's proxies and certificates, addresses, headers, uploads."""
