# What the rigs of CalDAV servers share; sourced, never run. Each has a folder and ports of its own, and ends only what it started.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

RIG_RUN=${RIG_RUN:-/tmp/cadenced-rigs}
mkdir -p "$RIG_RUN"

skip() { echo "skipped: $*"; exit 77; }

# A folder that goes with the rig, in $folder; `clean` may be defined anew by a rig that has more to end.
own_folder() {
    folder=$(mktemp -d "$RIG_RUN/$1.XXXXXX")
    pids=()
    trap 'clean; for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$folder"' EXIT
}
clean() { :; }

# A port that nobody listens on.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Waits until something answers at an address, for at most twenty seconds.
wait_for() {
    for _ in $(seq 200); do curl -s -o /dev/null "$1" && return 0; sleep 0.1; done
    echo "nothing answers at $1"; tail -20 "$folder"/*log 2>/dev/null; return 1
}

# A virtual environment with these Python packages, in $venv.
python_packages() {
    venv=$RIG_RUN/caldav-venv
    command -v python3 >/dev/null || skip 'python3 is not installed'
    for package in "$@"; do
        "$venv/bin/python" -c "import importlib.metadata as m; m.version('$package')" 2>/dev/null && continue
        python3 -m venv "$venv" 2>/dev/null || skip 'python3 has no venv (apt-get install python3-venv)'
        "$venv/bin/pip" install -q --disable-pip-version-check "$package" || skip "$package cannot be installed"
    done
}

# Programs of Debian packages; they are installed only where RIGS=all says so.
debian_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    [ "${RIGS:-}" = all ] || skip "apt-get install --no-install-recommends ${missing[*]} (or RIGS=all)"
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null ||
        skip "${missing[*]} cannot be installed"
}

as_root() { [ "$(id -u)" = 0 ] || skip 'it starts a server that wants to be started by root'; }

# The version of a Python package.
python_version() { "$venv/bin/python" -c "import importlib.metadata as m; print(m.version('$1'))"; }

# Starts a server of caldav/servers/ and says where it is: in $name, $address, $schedules and $version.
start() {
    name=$1
    . "tests/rigs/caldav/servers/$1.sh"
}

# Runs one of the tests that need a server. CADENCED_TESTS names the test program where it is built already.
walk() {
    local run=("${CARGO:-cargo}" test --quiet --test it --)
    [ -z "${CADENCED_TESTS:-}" ] || run=("$CADENCED_TESTS")
    CADENCED_CALDAV_NAME=$name CADENCED_CALDAV_SERVER=$address CADENCED_CALDAV_SCHEDULES=$schedules \
        CADENCED_CALDAV_VERSION=$version "${run[@]}" --ignored --exact "$1" --nocapture
}
contract() { walk caldav_contract::a_server_keeps_the_contract; }
lost_update() { walk caldav_lost_update::what_others_change_between_our_look_and_our_write_is_kept; }
replay() { walk caldav_replay::a_write_that_is_sent_again_is_applied_once_and_told_once; }
story() { walk caldav_story::two_people_with_a_cadenced_each_agree_on_every_outcome; }
put_back() { walk put_back_real::one_move_is_made_wherever_the_daemon_is_killed_and_whatever_is_lost; }
by_hand() { walk put_back_real::a_replacement_that_was_booked_by_hand_since_the_last_read_is_not_doubled; }
edited() { walk put_back_real::seven::what_somebody_edited_after_a_move_is_not_undone_and_the_refusal_has_its_own_exit_code; }
slept() { walk put_back_real::seven::a_machine_that_slept_does_not_act_on_what_another_one_moved_and_the_user_then_cancelled; }
beside() { walk put_back_real::seven::what_was_booked_beside_the_slot_since_the_last_read_keeps_its_buffer; }
lost_look() { walk put_back_real::seven::a_write_that_was_acknowledged_is_done_though_no_look_shows_it; }
both_make_up() { walk put_back_real::pair::of_two_make_ups_for_one_session_the_organisers_stands; }
two_daemons() { walk put_back_real::what_the_guest_declined_is_put_back_by_the_organisers_daemon_and_by_nobody_else; }
