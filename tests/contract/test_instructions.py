"""The core does no more work than it did: instructions are counted, where timings would waver."""

import platform
import shutil
from pathlib import Path

import instruction_counts
import pytest

HEADROOM = 1.1
"""Another compiler or another hundred lines may cost this much without being noticed."""

CPUINFO = Path("/proc/cpuinfo")


def cannot_count():
    """Return why instructions cannot be counted here, or an empty string."""
    if shutil.which("valgrind") is None:
        return "valgrind is not installed"
    if platform.machine() != "x86_64" or " avx2 " not in CPUINFO.read_text():
        return "the record is for AVX2"
    return ""


@pytest.mark.slow
@pytest.mark.timeout(3600)  # valgrind takes 50 times as long
@pytest.mark.skipif(bool(cannot_count()), reason=cannot_count())
@pytest.mark.parametrize("case", instruction_counts.CASES)
def test_a_case_costs_no_more_than_on_record(case):
    before, now = instruction_counts.recorded()[case], instruction_counts.count(case)
    assert now <= HEADROOM * before, (
        f"{case} costs {now:_} instructions, {before:_} on record\n"
        "hint: if it is worth that, make record-instructions"
    )
    assert now > before / 2, f"{case} costs {now:_}: renew the record, make record-instructions"


def test_the_record_has_every_case():
    assert set(instruction_counts.recorded()) == set(instruction_counts.CASES)


def test_instructions_are_added_up_by_file_without_those_of_calls():
    profile = """\
events: Ir
summary: 1000

ob=(1) /lib/one.so
fn=(1) f
0 5
+3 7
cob=(2) /lib/two.so
cfn=(2) g
calls=3 0
0 100

ob=(2)
fn=(2)
12 60
* 40

ob=(1)
fn=(3) h
-2 1
"""
    assert instruction_counts.per_object(profile) == {"/lib/one.so": 13, "/lib/two.so": 100}
