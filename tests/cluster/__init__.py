"""The chart on a real Kubernetes with KubeRay's operator: `make cluster-test`."""
