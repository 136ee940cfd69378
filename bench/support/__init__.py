"""What several measurements share: floors, stand-ins and workloads."""
