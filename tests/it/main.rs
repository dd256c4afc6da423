//! The behaviours of cadenced, one file each.

mod feed_http;
mod feed_polling;
mod feed_privacy;
mod feed_reads;
mod feed_secret;
mod feed_server;
