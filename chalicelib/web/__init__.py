"""The kit of all views: the request, the responses, the pages, and the Chalice application."""
