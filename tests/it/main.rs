//! What the whole promises, in one binary.
#![cfg(test)]

mod admin;
mod admins;
mod architecture;
mod cli;
mod client;
mod console;
mod contract;
mod crash;
mod expiry;
mod failover;
mod functions;
mod link;
mod moving;
mod postgres;
mod support;
mod tours;
mod wire;
