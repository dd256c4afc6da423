//! What people, servers and machines do, as values that proptest makes up and makes shorter.

use cadenced::domain::event::Reply;
use proptest::prelude::*;
use proptest::sample::select;

use super::world::Fault;

/// Who has what, before anything happens.
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
#[derive(Clone, Debug)]
pub struct Setup {
    pub every: u32,
    pub mode: &'static str,
    pub read_only: bool,
    pub ask_when_other_lost: bool,
    pub laptop: bool,
    pub second_report: bool,
    pub report: Option<ReportsOwn>,
}

/// A report who runs cadenced as well.
#[derive(Clone, Debug)]
pub struct ReportsOwn {
    pub mode: &'static str,
    pub ask_when_other_lost: bool,
    pub make_up_as_guest: bool,
    pub laptop: bool,
}

/// One thing that happens. Numbers choose among what there is at that time, so that every value means something.
#[derive(Clone, Debug)]
pub enum Op {
    Pass {
        minutes: u16,
    },
    Cancel {
        pair: u8,
        session: u8,
    },
    Restore {
        pair: u8,
        session: u8,
    },
    Reply {
        pair: u8,
        session: u8,
        by_manager: bool,
        reply: Reply,
    },
    Drag {
        pair: u8,
        session: u8,
        hours: u8,
    },
    BookByHand {
        pair: u8,
        hours: u8,
    },
    Occupy {
        manager: bool,
        hours: u16,
        long: u8,
    },
    BesideTheSlot {
        machine: u8,
        minutes: u8,
    },
    EditOurs {
        which: u8,
        edit: Edit,
    },
    DeleteOurs {
        which: u8,
    },
    Take {
        machine: u8,
    },
    Undo {
        machine: u8,
    },
    Sleep {
        machine: u8,
        hours: u8,
    },
    Restart {
        machine: u8,
    },
    WrongClock {
        machine: u8,
    },
    Request {
        after: u8,
        fault: Fault,
    },
    FailingReads {
        count: u8,
    },
    Unreadable,
    UnknownBusy,
    /// Lists go on showing what is there now.
    Lag {
        minutes: u8,
    },
    /// Lists show what was there half an hour ago or longer.
    FallBehind {
        minutes: u8,
    },
    SlowMail {
        minutes: u8,
    },
    Split {
        pair: u8,
    },
    Together {
        minutes: u8,
        order: u64,
    },
}

/// What somebody changes about an event that cadenced wrote.
#[derive(Clone, Copy, Debug)]
pub enum Edit {
    Title,
    Notes,
    Room,
    Guest,
    Drag,
    DragAndBack,
}

fn modes() -> impl Strategy<Value = &'static str> {
    prop_oneof![6 => Just("auto"), 2 => Just("ask"), 1 => Just("off")]
}

fn setups() -> impl Strategy<Value = Setup> {
    let report = (modes(), prop::bool::weighted(0.3), prop::bool::weighted(0.7), any::<bool>());
    let report = report.prop_map(|(mode, ask_when_other_lost, make_up_as_guest, laptop)| ReportsOwn {
        mode,
        ask_when_other_lost,
        make_up_as_guest,
        laptop,
    });
    let own = (1_u32..3, modes(), prop::bool::weighted(0.05), prop::bool::weighted(0.2), any::<bool>(), any::<bool>());
    (own, prop::option::of(report)).prop_map(|(own, report)| {
        let (every, mode, read_only, ask_when_other_lost, laptop, second_report) = own;
        Setup { every, mode, read_only, ask_when_other_lost, laptop, second_report, report }
    })
}

/// What people do to sessions.
fn losses() -> impl Strategy<Value = Op> {
    let one = || (any::<u8>(), any::<u8>());
    let replies = select(vec![Reply::Declined, Reply::Declined, Reply::Accepted]);
    prop_oneof![
        5 => one().prop_map(|(pair, session)| Op::Cancel { pair, session }),
        1 => one().prop_map(|(pair, session)| Op::Restore { pair, session }),
        5 => (one(), any::<bool>(), replies)
            .prop_map(|((pair, session), by_manager, reply)| Op::Reply { pair, session, by_manager, reply }),
        1 => (one(), select(vec![1_u8, 3, 24])).prop_map(|((pair, session), hours)| Op::Drag { pair, session, hours }),
        1 => any::<u8>().prop_map(|pair| Op::Split { pair }),
    ]
}

/// What goes wrong, and what gets in the way.
fn troubles() -> impl Strategy<Value = Op> {
    let faults = select(vec![
        Fault::LoseReply,
        Fault::LoseRequest,
        Fault::Refuse,
        Fault::Wait,
        Fault::KillBefore,
        Fault::KillAfter,
        Fault::Blind,
        Fault::Touch,
    ]);
    prop_oneof![
        3 => (any::<u8>(), 4_u8..120).prop_map(|(pair, hours)| Op::BookByHand { pair, hours }),
        2 => (any::<bool>(), 0_u16..336, select(vec![1_u8, 4, 10]))
            .prop_map(|(manager, hours, long)| Op::Occupy { manager, hours, long }),
        2 => (any::<u8>(), select(vec![0_u8, 5])).prop_map(|(machine, minutes)| Op::BesideTheSlot { machine, minutes }),
        2 => (any::<u8>(), select(vec![1_u8, 9, 30])).prop_map(|(machine, hours)| Op::Sleep { machine, hours }),
        1 => any::<u8>().prop_map(|machine| Op::Restart { machine }),
        1 => any::<u8>().prop_map(|machine| Op::WrongClock { machine }),
        8 => (0_u8..6, faults).prop_map(|(after, fault)| Op::Request { after, fault }),
        1 => (1_u8..4).prop_map(|count| Op::FailingReads { count }),
        1 => Just(Op::Unreadable),
        1 => Just(Op::UnknownBusy),
        2 => select(vec![2_u8, 10, 40]).prop_map(|minutes| Op::Lag { minutes }),
        2 => select(vec![2_u8, 10, 40, 90]).prop_map(|minutes| Op::FallBehind { minutes }),
        2 => select(vec![1_u8, 15, 90]).prop_map(|minutes| Op::SlowMail { minutes }),
    ]
}

/// What people do about what cadenced did.
fn answers() -> impl Strategy<Value = Op> {
    let edits = select(vec![Edit::Title, Edit::Notes, Edit::Room, Edit::Guest, Edit::Drag, Edit::DragAndBack]);
    prop_oneof![
        3 => any::<u8>().prop_map(|machine| Op::Undo { machine }),
        3 => any::<u8>().prop_map(|machine| Op::Take { machine }),
        3 => (any::<u8>(), edits).prop_map(|(which, edit)| Op::EditOurs { which, edit }),
        1 => any::<u8>().prop_map(|which| Op::DeleteOurs { which }),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(pair, session)| Op::Cancel { pair, session }),
    ]
}

fn time() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => select(vec![3_u16, 11, 11, 25, 60, 180, 600, 1500, 2880]).prop_map(|minutes| Op::Pass { minutes }),
        1 => (select(vec![11_u8, 60]), any::<u64>()).prop_map(|(minutes, order)| Op::Together { minutes, order }),
    ]
}

/// Something is lost, something goes wrong, time goes by, and people answer.
fn scenes() -> impl Strategy<Value = Vec<Op>> {
    let some = |ops: BoxedStrategy<Op>, most: usize| prop::collection::vec(ops, 0..=most);
    let scene = (
        some(losses().boxed(), 2),
        some(prop_oneof![1 => time(), 3 => troubles()].boxed(), 3),
        time(),
        some(prop_oneof![1 => time(), 2 => answers(), 1 => troubles()].boxed(), 3),
    );
    scene.prop_map(|(lost, wrong, passes, answers)| {
        lost.into_iter().chain(wrong).chain([passes]).chain(answers).collect()
    })
}

/// Whole stories.
pub fn stories() -> impl Strategy<Value = (Setup, Vec<Op>)> {
    (setups(), prop::collection::vec(scenes(), 1..4).prop_map(|scenes| scenes.concat()))
}
