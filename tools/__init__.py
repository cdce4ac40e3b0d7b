"""The repository's own tools: packaging, the demo, measurements."""
