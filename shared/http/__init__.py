"""HTTP as both deployments speak it: one request in, one answer out."""
