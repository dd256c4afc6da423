//! [`Line`]: one unfolded content line, split into name, parameters and value (RFC 5545 3.1).

use std::borrow::Cow;

/// One content line. The value is as written: no escapes resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// The name as written.
    pub name: &'a str,
    parameters: &'a str,
    /// What stands after the colon.
    pub value: &'a str,
    whole: &'a str,
}

impl<'a> Line<'a> {
    /// Cuts a line; `None` where it has no colon.
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let name_end = line.find([':', ';'])?;
        let (name, rest) = line.split_at(name_end);
        let colon = unquoted(rest, ':').or_else(|| rest.rfind(':'))?;
        Some(Self { name: name.trim(), parameters: &rest[..colon], value: rest[colon + 1..].trim(), whole: line })
    }

    /// The same line cut where a value that begins with a digit stands.
    ///
    /// Outlook writes zone names with a colon and no quotes: `DTSTART;TZID=(UTC+01:00) Amsterdam:20260101T090000`.
    pub(super) fn cut_before_digits(self) -> Self {
        if self.value.starts_with(|c: char| c.is_ascii_digit()) && !self.value.contains(':') {
            return self;
        }
        match self.whole.rfind(':') {
            Some(colon) if self.whole[colon + 1..].trim_start().starts_with(|c: char| c.is_ascii_digit()) => {
                let name = self.name.len();
                let parameters = self.whole.get(name..colon).unwrap_or_default();
                Self { parameters, value: self.whole[colon + 1..].trim(), ..self }
            }
            _ => self,
        }
    }

    /// Whether it has this name.
    pub(super) const fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value of a parameter, without quotes, with the escapes of RFC 6868 resolved.
    pub(super) fn parameter(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut rest = self.parameters;
        while let Some(start) = rest.strip_prefix(';') {
            let end = unquoted(start, ';').unwrap_or(start.len());
            let (one, after) = start.split_at(end);
            if let Some((key, value)) = one.split_once('=')
                && key.trim().eq_ignore_ascii_case(name)
            {
                return Some(unescape(value.trim().trim_matches('"').trim()));
            }
            rest = after;
        }
        None
    }
}

/// The line of an address with each backslash doubled that ends a parameter, as in `CN="DOMAIN\bob\":mailto:…`. Parameters know no escapes
/// (RFC 5545 3.2), and calcard would take what follows for escaped, the value along with it. Where an escaped quote is meant, more of the
/// name follows.
pub(super) fn with_plain_backslashes(line: &str) -> Cow<'_, str> {
    let mut written = String::new();
    let mut from = 0;
    for (at, _) in line.match_indices('\\') {
        let before = line[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        let rest = &line[at + 1..];
        let ends = ["\":", "\";", "\","].iter().any(|end| rest.starts_with(end));
        let ends = ends || rest.get(..8).is_some_and(|rest| rest.eq_ignore_ascii_case(":mailto:"));
        if ends && before % 2 == 0 {
            written.push_str(&line[from..=at]);
            from = at;
        }
    }
    if from == 0 {
        return line.into();
    }
    written.push_str(&line[from..]);
    written.into()
}

/// Where `wanted` first stands outside of quotes.
fn unquoted(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == wanted && !quoted).then_some(at)
    })
}

fn unescape(value: &str) -> Cow<'_, str> {
    if value.contains('^') {
        return value.replace("^n", "\n").replace("^'", "\"").replace("^^", "^").into();
    }
    value.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_parameters_may_hold_colons_and_semicolons() {
        let line = Line::parse(r#"DTSTART;TZID="(UTC+01:00) A; B":20260101T090000"#).unwrap();
        assert_eq!(line.parameter("tzid").as_deref(), Some("(UTC+01:00) A; B"));
        assert_eq!(line.value, "20260101T090000");
    }

    #[test]
    fn an_unquoted_colon_in_a_zone_name_is_not_the_values_colon() {
        let line = Line::parse("DTSTART;TZID=(UTC+01:00) Amsterdam, Bern:20260101T090000").unwrap().cut_before_digits();
        assert_eq!(line.parameter("TZID").as_deref(), Some("(UTC+01:00) Amsterdam, Bern"));
        assert_eq!(line.value, "20260101T090000");
    }

    #[test]
    fn a_backslash_at_the_end_of_a_parameter_is_a_backslash() {
        for (line, plain) in [
            (r#"ATTENDEE;CN="DOM\bob\":mailto:a@example.com"#, r#"ATTENDEE;CN="DOM\bob\\":mailto:a@example.com"#),
            (
                r#"ATTENDEE;CN="bob\";ROLE=CHAIR:mailto:a@example.com"#,
                r#"ATTENDEE;CN="bob\\";ROLE=CHAIR:mailto:a@example.com"#,
            ),
            (r"ATTENDEE;CN=bob\:MAILTO:a@example.com", r"ATTENDEE;CN=bob\\:MAILTO:a@example.com"),
        ] {
            assert_eq!(with_plain_backslashes(line), plain);
        }
        for line in [
            r#"ATTENDEE;CN="DOM\bob":mailto:a@example.com"#,
            r#"ATTENDEE;CN="Bob \"The B\" Smith":mailto:a@example.com"#,
            r#"ATTENDEE;CN="bob\\":mailto:a@example.com"#,
            r"ATTENDEE;CN=Smith\, Bob:mailto:a@example.com",
            "ATTENDEE:mailto:a@example.com",
        ] {
            assert_eq!(with_plain_backslashes(line), line);
        }
    }

    #[test]
    fn a_quote_that_never_ends_does_not_swallow_the_value() {
        let line = Line::parse("DTSTART;TZID=\"Europe/Berlin:20260101T090000").unwrap();
        assert_eq!((line.parameter("TZID").as_deref(), line.value), (Some("Europe/Berlin"), "20260101T090000"));
    }
}
