"""HTTP for both deployments: from a request to its answer."""
