"""Wire types, the WebSocket consumer and the relay of job changes."""
