"""The API for programs: calls, keys and rate, routes, and the OpenAPI document that describes them."""
