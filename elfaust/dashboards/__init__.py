"""What Prometheus and Grafana are given: alert rules, and a dashboard over the same metrics."""
