//! [`Signals`]: a stream of D-Bus signals from one interface.

use std::future::poll_fn;
use std::pin::Pin;

use zbus::export::futures_core::Stream as _;
use zbus::message::Type;
use zbus::{Connection, MatchRule, Message, MessageStream};

/// How many signals may wait; a desktop sends a few a minute.
const QUEUE: usize = 64;

/// The signals of one interface at one bus, from the moment this is made.
pub struct Signals(MessageStream);

impl Signals {
    /// Listens to every signal `interface`.`member`, whoever sends it.
    ///
    /// # Errors
    /// Where the bus is gone or refuses.
    pub async fn of(bus: &Connection, interface: &str, member: Option<&str>) -> zbus::Result<Self> {
        let mut rule = MatchRule::builder().msg_type(Type::Signal).interface(interface.to_owned())?;
        if let Some(member) = member {
            rule = rule.member(member.to_owned())?;
        }
        Ok(Self(MessageStream::for_match_rule(rule.build(), bus, Some(QUEUE)).await?))
    }

    /// The next one; `None` once the bus is gone.
    pub async fn next(&mut self) -> Option<Message> {
        poll_fn(|context| Pin::new(&mut self.0).poll_next(context)).await?.ok()
    }
}
