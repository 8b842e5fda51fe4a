"""Events by HTTP: beacons and JSON into raw client-side lines, answered when Kafka has them."""
