//! `cadenced completions` and `cadenced man`: shell completions, man pages and the config reference, for packagers.

mod examples;
mod pages;
mod reference;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Command;

use super::exit::{Ended, Exit};
use super::output;

/// The arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// The arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct Man {
    /// The page: a verb, or cadenced.toml [default: the page of cadenced itself]
    pub page: Option<String>,
    /// Write every page into this folder, as NAME.SECTION
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["page", "reference"])]
    pub dir: Option<PathBuf>,
    /// Write the reference of the config as Markdown, which is docs/config.md
    #[arg(long, hide = true, conflicts_with = "page")]
    pub reference: bool,
}

/// Writes the completions of a shell to stdout.
///
/// # Errors
/// Stdout's.
pub fn completions(args: &Completions, command: &mut Command) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "cadenced", &mut script);
    output::print(&String::from_utf8(script)?)?;
    Ok(Exit::Fine)
}

/// Writes one manual page to stdout, or all of them into a folder.
///
/// # Errors
/// Stdout's, the folder's, and a page that there is not (exit code 2).
pub fn man(args: &Man, command: Command) -> anyhow::Result<Exit> {
    if args.reference {
        output::print(&reference::markdown())?;
        return Ok(Exit::Fine);
    }
    let pages = pages::all(command)?;
    if let Some(folder) = &args.dir {
        return write_all(&pages, folder);
    }
    let wanted = args.page.as_deref().unwrap_or("cadenced");
    let page = pages.iter().find(|page| page.name == wanted || page.name == format!("cadenced-{wanted}"));
    let page = page.ok_or_else(|| Ended::new(Exit::Usage, unknown(wanted, &pages)))?;
    output::print(&page.text)?;
    Ok(Exit::Fine)
}

fn write_all(pages: &[pages::Page], folder: &Path) -> anyhow::Result<Exit> {
    fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    for page in pages {
        let file = folder.join(page.file());
        fs::write(&file, &page.text).with_context(|| format!("writing {}", file.display()))?;
    }
    output::print(&format!("{} pages in {}", pages.len(), folder.display()))?;
    Ok(Exit::Fine)
}

fn unknown(wanted: &str, pages: &[pages::Page]) -> String {
    let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    format!("there is no page {wanted:?}; there are {}", names.join(", "))
}
