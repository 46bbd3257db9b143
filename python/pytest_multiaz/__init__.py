"""multiaz for pytest: see README.md beside this package."""
from pytest_multiaz.cluster import Cluster, NotApplied, NotHealthy, program
from pytest_multiaz.run import Inconclusive, Run
from pytest_multiaz.watch import Watch

__all__ = ["Cluster", "Inconclusive", "NotApplied", "NotHealthy", "Run", "Watch", "program"]
