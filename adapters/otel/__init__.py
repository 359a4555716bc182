"""The same numbers, and spans, through the OpenTelemetry API that the host configures."""
