#!/bin/bash
# The program beside each of some 150 hostile answers and files, at full size: seconds and memory of a read, whether a good calendar is read
# meanwhile, and whether the daemon ends within a second. Takes twenty minutes. CADENCED_PROGRAM names another program than the one that is
# built here, CADENCED_HOSTILE a part of the name of the only rows to run, CADENCED_TESTS the test program where it is built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
run=("${CARGO:-cargo}" test --quiet --test it --)
[ -z "${CADENCED_TESTS:-}" ] || run=("$CADENCED_TESTS")
"${run[@]}" --ignored --exact hostile::run::the_program_lives_beside_every_hostile_answer_and_file --nocapture
