"""MyClothes.com under load: how long was it away, and what was lost?"""
import pytest

from pytest_multiaz import NotApplied

LOAD = {"shoppers": 20, "cache_registers": 2, "db_registers": 2, "db_sets": 1}


def test_a_lost_database_primary_loses_no_order(cluster):
    run = cluster.shoppers([{"kind": "kill", "target": "db:primary"}], seed=7, warm_up_ms=4000, quiet_ms=2000, **LOAD)
    assert run.rto_ms < 6000 and run.rpo == 0, run
    assert run.ok, run


def test_a_fault_for_nobody_is_an_error_and_never_green(cluster):
    with pytest.raises(NotApplied):
        cluster.kill("web-a9")
