//! Owns what packagers ask for: shell completions and the manual page.

use clap::Command;

use super::exit::Exit;
use super::screen;

/// The arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// Which shell
    pub shell: clap_complete::Shell,
}

/// Writes the completions of a shell to stdout.
pub fn completions(args: &Completions, command: &mut Command) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "cadenced", &mut script);
    screen::print(&String::from_utf8(script)?)?;
    Ok(Exit::Fine)
}

/// Writes the manual page to stdout.
pub fn man(command: Command) -> anyhow::Result<Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    screen::print(&String::from_utf8(page)?)?;
    Ok(Exit::Fine)
}
