//! [`one_line`]: sanitises outside text (names, titles) for display on one line.

use super::person::Person;

/// Text on one line of at most `most` characters, with what could change the rest of a line left out.
///
/// Left out are control characters, the Unicode controls of direction (UAX 9: a name must not turn round the text after
/// it), invisible fillers, and piles of combining marks that reach into other lines. What is cut ends in `…`.
#[must_use]
pub fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let (mut count, mut marks, mut gap) = (0_usize, 0_usize, false);
    for c in text.chars() {
        if c.is_whitespace() {
            gap = !line.is_empty();
            continue;
        }
        marks = if is_combining(c) { marks + 1 } else { 0 };
        if (is_unfit(c) && !planted!("controls-in-names")) || marks > 3 {
            continue;
        }
        if count + usize::from(gap) >= most {
            return cut(&line, most);
        }
        if std::mem::take(&mut gap) {
            line.push(' ');
            count += 1;
        }
        line.push(c);
        count += 1;
    }
    line
}

/// A person's name, fit to be shown; their address, or a word for nobody in particular, where there is none.
#[must_use]
pub fn name(person: &Person, most: usize) -> String {
    let name = one_line(&person.name, most);
    if !name.is_empty() {
        return name;
    }
    person.addresses.first().map_or_else(|| "someone".to_owned(), |address| one_line(address.as_str(), most))
}

/// Makes room for the mark that says that something is missing.
fn cut(line: &str, most: usize) -> String {
    let mut kept: String = line.chars().take(most.saturating_sub(1)).collect();
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{00AD}' | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}')
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_directions_and_line_breaks_are_left_out() {
        assert_eq!(one_line("  Ann\u{202E}\r\n\tExa\u{0}mple\u{1b}[31m\u{2069} ", 60), "Ann Example[31m");
        assert_eq!(one_line("\u{2066}\u{200B}\u{FEFF}", 60), "");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let long = one_line(&"x".repeat(10_000), 60);
        assert_eq!(long.chars().count(), 60);
        assert!(long.ends_with('…'));
        assert_eq!(one_line("exactly", 7), "exactly");
        assert_eq!(one_line("exactly.", 7), "exactl…");
    }

    #[test]
    fn piles_of_marks_are_thinned_and_other_scripts_stay() {
        assert_eq!(one_line(&format!("a{}b", "\u{0301}".repeat(50)), 60), "a\u{0301}\u{0301}\u{0301}b");
        assert_eq!(one_line("山田 太郎", 60), "山田 太郎");
        assert_eq!(one_line("می‌خواهم", 60), "می‌خواهم");
    }
}
