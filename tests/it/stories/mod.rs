//! Calendar histories and the ledgers they must lead to, run through the real main job.
//!
//! A story says what each calendar shows and when that changes; the runner reads all of them twice a day, as the daemon does, and
//! compares what is known at the end with the text that the story expects. Every story is told once for each order of reading and
//! naming of its calendars, and ends the same way in all of them.

mod entry;
mod forms;
mod outline;
mod runner;
mod telling;
mod world;

mod by_hand;
mod conflicts;
mod copies;
mod debts;
mod endings;
mod first_read;
mod people;
mod properties;
mod providers;
mod rhythm;
mod titles;
