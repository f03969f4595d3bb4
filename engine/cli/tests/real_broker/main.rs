//! The binary as processes against a real Apache Kafka broker.
//!
//! Needs a JDK, Maven (the broker's jars, once) and `python3-aiosmtpd`; all traffic stays on loopback.

mod answers;
mod audit;
mod backfill;
mod bad_input;
mod broadcast;
mod codes;
mod coupons;
mod edits;
mod hand_over;
mod kill_nine;
mod mail;
mod months;
mod outage;
mod points;
mod processes;
mod reload;
mod shoppers;
mod control;
mod streams;
mod topics;
mod watchers;
