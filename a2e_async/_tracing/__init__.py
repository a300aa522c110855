"""OpenTelemetry: the listener that makes spans and metrics. It needs opentelemetry-api."""
