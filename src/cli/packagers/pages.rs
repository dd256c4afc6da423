//! Builds the man pages: one for the program and one for each command.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use super::{examples, reference};

/// The day on which what the pages say last changed in earnest; a page is the same whenever it is made.
pub const DATED: &str = "2026-11-21";
/// Who writes these pages, as their footer has it.
pub const SOURCE: &str = concat!("cadenced ", env!("CARGO_PKG_VERSION"));

/// One manual page.
pub struct Page {
    /// Its name: `cadenced`, `cadenced-sync`, `cadenced.toml`.
    pub name: String,
    /// Its section of the manual.
    pub section: &'static str,
    /// It, as roff.
    pub text: String,
}

impl Page {
    /// The name of its file.
    pub fn file(&self) -> String {
        format!("{}.{}", self.name, self.section)
    }
}

/// Every page, that of the program first and that of the config last.
///
/// # Errors
/// None that can happen: they are written into memory.
pub fn all(command: Command) -> io::Result<Vec<Page>> {
    // The options that hold everywhere belong under OPTIONS in a manual, beside the verb's own.
    let command = command.mut_args(|arg| arg.help_heading(None::<&str>));
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let mut pages = vec![top(&command, &help)?];
    for verb in shown(&command) {
        add(verb, verb.get_name(), &help, &mut pages)?;
    }
    let text = reference::page();
    pages.push(Page { name: "cadenced.toml".to_owned(), section: "5", text });
    Ok(pages)
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|verb| !verb.is_hide_set())
}

fn add(verb: &Command, path: &str, help: &str, pages: &mut Vec<Page>) -> io::Result<()> {
    let name = format!("cadenced-{}", path.replace(' ', "-"));
    let mut roff = opening(verb, &name, path);
    let told = examples::of(path);
    for paragraph in told.map_or(&[][..], |told| told.more) {
        roff.control("PP", []);
        roff.text([roman(*paragraph)]);
    }
    let mut rest = Roff::new();
    verbs(&mut rest, verb, &name);
    if let Some(told) = told {
        rest.control("SH", ["EXAMPLES"]);
        for (command, what) in told.examples {
            item(&mut rest, command, what);
        }
    }
    closing(&mut rest, help, "cadenced(1), cadenced.toml(5)");
    pages.push(Page { name, section: "1", text: join(verb, &roff, &rest)? });
    for inner in shown(verb) {
        add(inner, &format!("{path} {}", inner.get_name()), help, pages)?;
    }
    Ok(())
}

fn top(command: &Command, help: &str) -> io::Result<Page> {
    let mut roff = opening(command, "cadenced", "");
    roff.control("PP", []);
    roff.text([roman(
        "It watches your calendars, knows which recurring events are 1:1s, notices when a session was cancelled, declined or missed, \
         gets it back on the calendar if you want that, and writes a report each week. It runs on your own machine, as a systemd user \
         service. `cadenced setup` is the way to begin; `cadenced demo` shows it at work without any config.",
    )]);
    let mut rest = Roff::new();
    verbs(&mut rest, command, "cadenced");
    rest.control("SH", ["EXAMPLES"]);
    for (command, what) in lines_under(help, "Examples:").iter().map(|line| cut(line, "   ")) {
        item(&mut rest, command, what);
    }
    files(&mut rest);
    environment(&mut rest);
    let names: Vec<String> = shown(command).map(|verb| format!("cadenced-{}(1)", verb.get_name())).collect();
    let also = format!("cadenced.toml(5), {}, systemctl(1), journalctl(1), loginctl(1)", names.join(", "));
    closing(&mut rest, help, &also);
    Ok(Page { name: "cadenced".to_owned(), section: "1", text: join(command, &roff, &rest)? })
}

/// Title, name, synopsis, and the first sentence of the description.
fn opening(command: &Command, name: &str, path: &str) -> Roff {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let about = about.trim_end_matches('.');
    let mut roff = Roff::new();
    title(&mut roff, name, "1", "User Commands");
    roff.control("SH", ["NAME"]);
    roff.text([roman(format!("{name} - {about}"))]);
    roff.control("SH", ["SYNOPSIS"]);
    let usage = command.clone().render_usage().to_string();
    let lines = usage.trim_start_matches("Usage:").lines().map(str::trim).filter(|line| !line.is_empty());
    for (index, line) in lines.enumerate() {
        if index > 0 {
            roff.control("br", []);
        }
        let program = format!("cadenced {path}");
        let arguments = line.strip_prefix(program.trim_end()).unwrap_or_default();
        roff.text([bold(program.trim_end()), roman(arguments)]);
    }
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman(format!("{about}."))]);
    roff
}

/// The line that opens a page.
pub fn title(roff: &mut Roff, name: &str, section: &str, manual: &str) {
    roff.control("TH", [name.to_uppercase().as_str(), section, DATED, SOURCE, manual]);
}

/// A term in bold, and under it what it means.
pub fn item(roff: &mut Roff, term: &str, meaning: &str) {
    roff.control("TP", []);
    roff.text([bold(term)]);
    roff.text([roman(meaning)]);
}

fn verbs(roff: &mut Roff, command: &Command, name: &str) {
    if shown(command).next().is_none() {
        return;
    }
    roff.control("SH", ["COMMANDS"]);
    for verb in shown(command) {
        roff.control("TP", []);
        roff.text([bold(format!("{name}-{}", verb.get_name())), roman("(1)")]);
        roff.text([roman(verb.get_about().map(ToString::to_string).unwrap_or_default())]);
    }
}

const FILES: &[(&str, &str)] = &[
    ("~/.config/cadenced/config.toml", "the config; see cadenced.toml(5)"),
    ("~/.local/share/cadenced/", "the database, dated copies of the ledger, and reports/, where the weekly reports go"),
    ("~/.config/cadenced/profiles/NAME/, ~/.local/share/cadenced/profiles/NAME/", "the same for the profile NAME"),
    ("cadenced.service, cadenced@NAME.service", "the systemd user units, for the default profile and for NAME"),
];

fn files(roff: &mut Roff) {
    roff.control("SH", ["FILES"]);
    for (file, what) in FILES {
        roff.control("TP", []);
        roff.text([italic(*file)]);
        roff.text([roman(*what)]);
    }
}

const ENVIRONMENT: &[(&str, &str)] = &[
    ("XDG_CONFIG_HOME, XDG_DATA_HOME", "stand for ~/.config and ~/.local/share above"),
    ("CADENCED_LOG", "what is logged, such as cadenced::daemon=debug; overrides -v, -q and [log] in the config"),
    ("HTTPS_PROXY, NO_PROXY", "the proxy for https addresses, which sees only host names; HTTP_PROXY is ignored"),
    ("DBUS_SESSION_BUS_ADDRESS", "the session bus, for notices, the keyring and the daemon's own interface"),
    ("CREDENTIALS_DIRECTORY", "set by systemd: the folder that url_credential and the like are read from"),
    ("TZ", "the machine's time zone, used if the config sets none for you"),
    ("NO_COLOR", "if set to anything: no colours"),
];

fn environment(roff: &mut Roff) {
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, what) in ENVIRONMENT {
        item(roff, name, what);
    }
}

/// Exit status, from the words of the help, and what else to read.
fn closing(roff: &mut Roff, help: &str, also: &str) {
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in lines_under(help, "Exit codes:").iter().map(|line| cut(line, " ")) {
        item(roff, code, meaning);
    }
    see_also(roff, also);
}

/// The last section: the pages named in `also`, each as `NAME(SECTION)`.
pub fn see_also(roff: &mut Roff, also: &str) {
    roff.control("SH", ["SEE ALSO"]);
    let pages: Vec<&str> = also.split(", ").collect();
    for (index, page) in pages.iter().enumerate() {
        let (name, section) = page.split_once('(').unwrap_or((page, ""));
        let comma = if index + 1 < pages.len() { "," } else { "" };
        roff.text([bold(name), roman(format!("({section}{comma}"))]);
    }
}

/// The indented lines that follow a heading of the help.
fn lines_under<'a>(help: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| line.starts_with("  ")).map(str::trim).collect()
}

fn cut<'a>(line: &'a str, at: &str) -> (&'a str, &'a str) {
    let (term, meaning) = line.split_once(at).unwrap_or((line, ""));
    (term, meaning.trim())
}

/// The page in one: the options, which clap's own generator writes, stand between what goes before and after them.
fn join(command: &Command, before: &Roff, after: &Roff) -> io::Result<String> {
    let mut options = Vec::new();
    Man::new(command.clone()).render_options_section(&mut options)?;
    let options = String::from_utf8(options).map_err(io::Error::other)?;
    let preamble = Roff::new().render();
    let bare = |text: &str| text.strip_prefix(&preamble).unwrap_or(text).to_owned();
    Ok(before.render() + &bare(&options) + &bare(&after.render()))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_verb_has_a_page_with_examples_that_can_be_typed() {
        let pages = all(Cli::command()).unwrap();
        assert!(pages.len() > 20);
        for page in &pages {
            assert_eq!(
                page.text.matches("\n.SH EXAMPLES\n").count() + page.text.matches("\n.SH \"EXAMPLES\"\n").count(),
                1,
                "{}",
                page.name
            );
            assert!(page.text.contains("SEE ALSO"), "{}", page.name);
        }
        let lines = pages.iter().flat_map(|page| page.text.lines());
        let typed: Vec<String> = lines
            .filter_map(|line| line.strip_prefix("\\fBcadenced ")?.strip_suffix("\\fR"))
            .map(|line| line.replace("\\-", "-").replace("\\*(Aq", "'"))
            .filter(|line| !line.contains(" && ") && line.chars().all(|c| !"[<".contains(c)))
            .collect();
        assert!(typed.len() > 40, "{typed:?}");
        for line in typed {
            let arguments = words(&line);
            let refused = Cli::try_parse_from(std::iter::once("cadenced".to_owned()).chain(arguments)).err();
            assert!(refused.is_none(), "cadenced {line}: {refused:?}");
        }
    }

    /// A line as a shell cuts it, with quotes and nothing else.
    fn words(line: &str) -> Vec<String> {
        line.split('\'')
            .enumerate()
            .flat_map(|(part, text)| match part % 2 {
                0 => text.split_whitespace().map(str::to_owned).collect(),
                _ => vec![text.to_owned()],
            })
            .collect()
    }

    #[test]
    fn the_page_of_the_program_has_the_examples_and_the_exit_codes_of_its_help() {
        let page = &all(Cli::command()).unwrap()[0];
        for words in [
            "\\fBcadenced report\\fR\nlast week, on the terminal",
            "\\fB77\\fR\na calendar needs you to sign in",
            "\\fBcadenced\\-sync\\fR(1)",
        ] {
            assert!(page.text.contains(words), "{words}\n{}", page.text);
        }
    }

    #[test]
    fn nothing_in_a_page_depends_on_when_and_where_it_is_made() {
        let texts = || all(Cli::command()).unwrap().into_iter().map(|page| page.text).collect::<Vec<_>>();
        assert_eq!(texts(), texts());
        assert!(texts().iter().all(|text| text.contains(DATED)));
    }
}
