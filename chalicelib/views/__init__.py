"""The views, one module an address: read the request, ask a use case, answer with a page or JSON."""
