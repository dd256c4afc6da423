//! Owns the tests of reading a whole config file.
