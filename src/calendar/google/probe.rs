//! Owns what can be found out about an account at Google without changing anything: for `cadenced doctor --live`.
