#!/usr/bin/env bash
# Plants one fault after the other in a copy of the source and tells the made-up world's stories: each fault must be found. Prints what
# found it. Takes SIM_SEEDS stories for each (2000 where not set) and builds in target/planted. planted.sh PATTERN plants those of such names.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$top/target/planted} SIM_SEEDS=${SIM_SEEDS:-2000}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

# What is planted: a name, the file, what stands there, what stands there instead.
faults=(
  'mode ask writes like auto|src/domain/reschedule/mod.rs|let may = one.mode == Mode::Auto|let may = one.mode != Mode::Off'
  'a plan from an old reading is written|src/daemon/cycle.rs|if fresh.take().is_some_and(\|fresh: Fresh\| fresh.covers(\&needed)) {|if fresh.take().is_none() {'
  'a write goes out though a calendar could not be read|src/daemon/cycle.rs|if !all {|if false {'
  'a session is put back by itself as often as it is lost|src/domain/reschedule/earlier.rs|return Some(Grounds::OnceAlready);|'
  'a write goes out that is in no journal|src/mover/mod.rs|if !self.store.begin(operation.clone()).await? {|if false {'
  'slots ignore the next session|src/domain/reschedule/diaries.rs|(after, next.into_iter().chain(begins).min().unwrap_or(Timestamp::MAX))|(after, Timestamp::MAX)'
  'a guest makes up without being told to|src/domain/reschedule/way.rs|Role::Guest if !policy.make_up_as_guest =>|Role::Guest if policy.owner.is_empty() =>'
  'a guest never withdraws|src/domain/reschedule/taken.rs|let stands = organisers_make_up(made, snapshot, policy)?;|let stands = organisers_make_up(made, snapshot, policy).filter(\|_\| false)?;'
  'undo takes back what somebody changed|src/mover/checks.rs|if is_elsewhere \|\| !parts.is_empty() {|if is_elsewhere {'
  'the clock may be wrong by hours|src/mover/checks.rs|SignedDuration = SignedDuration::from_mins(2);|SignedDuration = SignedDuration::from_hours(2);'
  'what did nothing is never sent again|src/daemon/cycle.rs|for operation in settled.undone {|for operation in settled.undone.into_iter().take(0) {'
  'a make-up has another name on every machine|src/domain/make_up.rs|for part in ["cadenced.v2", uid,|for part in [format!("{:p}", \&raw const hash).as_str(), uid,'
  'a make-up is not known to be there|src/mover/checks.rs|Seen::There(_) => Before::End(State::Done, None),|Seen::There(_) => Before::End(State::StoodDown { why: Halt::Wait }, None),'
  'what was confirmed is not looked for again|src/daemon/cycle.rs|let settled = self.mover.settle(\&self.policy, now).await?;|let mut settled = self.mover.settle(\&self.policy, now).await?; settled.undone.clear();'
)

tar -C "$top" --exclude=./target --exclude=./.git -cf - . | tar -C "$copy" -xf -
cd "$copy"
missed=0
for fault in "${faults[@]}"; do
  [[ $fault =~ ^[^|]*${1:-} ]] || continue
  IFS='|' read -r name file from to <<<"$(printf '%s' "$fault" | sed 's/\\|/\x01/g; s/\x01\x01/\x02/g')"
  cp "$top/$file" "$file"
  FROM=$from TO=${to:-} perl -0pi -e '
    my ($from, $to) = map { my $t = $_; $t =~ s/\x02/||/g; $t =~ s/\x01/|/g; $t =~ s/\\n/\n/g; $t =~ s/\\&/&/g; $t } @ENV{qw(FROM TO)};
    s/\Q$from\E/$to/ or die "not planted: $from\n"' "$file"
  result=0
  found=$(cargo test --quiet --test it sim:: 2>&1) || result=$?
  story=$(grep -m1 -E '^broken: ' <<<"$found" | cut -c9-158 || true)
  if [ "$result" = 0 ]; then echo "NOT FOUND  $name"; missed=1
  elif [ -z "$story" ]; then echo "NOT BUILT  $name"; grep -m3 -E '^error' <<<"$found"; missed=1
  else echo "found      $name: $story"; fi
  cp "$top/$file" "$file"
done
exit $missed
