"""Events to rows of MySQL: tables made from schemas, repeats forgiven, one bad row refused."""
