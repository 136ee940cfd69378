"""The audit chains are anchored by a function of its own, and verified against its anchors."""

import pytest

import samples
from chalicelib.core.ports import Change
from deployed import Stack
from infra.operator.errors import OperatorError
from infra.operator.stage import Operator
from operator_cli import relais


def test_the_day_s_anchor_finds_who_changed_a_file(stack: Stack) -> None:
    ref = stack.post("eoi", samples.eoi(contact_email="anka@example.org")).json["ref"]
    assert stack.run_scheduled("anchor_audit") >= 1
    operator = Operator("local", stack.emulator.url, stack.ses.url)
    said = relais(operator, "audit", "verify")
    assert said.startswith("Whole: ")
    assert "anchored last 2" in said
    key = (f"CASE#{ref.removeprefix('DI-')}", "CASE")
    org = operator.store.get(*key)["org"]  # type: ignore[index]
    operator.store.commit([Change(key, set={"org": "Eve inc."})])
    with pytest.raises(OperatorError, match="event 1: row"):
        relais(operator, "audit", "verify")
    operator.store.commit([Change(key, set={"org": org})])


def test_a_link_key_rotates_without_a_new_deploy(stack: Stack) -> None:
    operator = Operator("local", stack.emulator.url, stack.ses.url)
    assert relais(operator, "keys", "rotate").startswith("Rotated: 2 keys, ")
    told = stack.post("eoi", samples.eoi(contact_email="rota@example.org")).json
    assert stack.page(told["links"]["status"]).status == 200
