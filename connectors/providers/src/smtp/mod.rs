//! E-mail over SMTP.

mod client;
mod config;
mod reply;
mod request;
#[cfg(test)]
mod tests;

pub use client::Smtp;
pub use config::{SmtpConfig, SmtpTls};
