"""The Helm chart, rendered by the real Helm library, against the schemas of Kubernetes and KubeRay."""
