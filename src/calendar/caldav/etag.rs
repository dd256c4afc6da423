//! Compares entity tags (RFC 9110 8.8.3) and tells which ones a conditional write can use.

/// Whether two entity tags are of one version, however something on the way marked them. Without a tag nothing is.
pub fn same_version(one: &str, other: &str) -> bool {
    let (one, other) = (bare(one), bare(other));
    !one.is_empty() && one == other
}

/// Whether `If-Match` can hold a write to this tag: quoted, and not weak (RFC 9110 13.1.1). A server may take a malformed condition for
/// none at all, so that nothing else will do.
pub fn is_strong(etag: &str) -> bool {
    let etag = etag.strip_prefix("W/").filter(|_| planted!("weak-tags-hold-writes")).unwrap_or(etag);
    let opaque = etag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    opaque.is_some_and(|opaque| !opaque.is_empty() && !opaque.contains('"'))
}

/// Whether a tag bears the mark of something that packs answers on the way; its server may know it without.
pub fn is_marked(etag: &str) -> bool {
    etag.trim().trim_matches('"') != bare(etag)
}

/// A tag without quotes and without the marks that servers and proxies put on it: weak, or packed on the way.
fn bare(etag: &str) -> &str {
    let etag = etag.trim();
    let opaque = etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"');
    let packed = ["--gzip", "-gzip", ";gzip", "-br", "-zstd"].into_iter().find_map(|mark| opaque.strip_suffix(mark));
    packed.unwrap_or(opaque)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_proxies_do_not_make_another_version() {
        for same in ["\"x\"", "W/\"x\"", "\"x-gzip\"", "W/\"x--gzip\"", "x"] {
            assert!(same_version("\"x\"", same), "{same}");
        }
        assert!(!same_version("\"x\"", "\"y\"") && !same_version("", "") && !same_version("\"\"", "\"\""));
    }

    #[test]
    fn only_a_quoted_tag_that_is_not_weak_holds_a_write() {
        for (etag, strong, marked) in [
            ("\"x\"", true, false),
            ("\"x-gzip\"", true, true),
            ("W/\"x\"", false, true),
            ("W/\"x-gzip\"", false, true),
            ("x", false, false),
            ("\"\"", false, false),
            ("\"x", false, false),
            ("\"x\", \"y\"", false, false),
            ("*", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_strong(etag), is_marked(etag)), (strong, marked), "{etag}");
        }
    }
}
