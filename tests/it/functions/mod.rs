//! What the functions of an app may rely on, and what they cannot do to others.

mod bson;
mod context;
mod ejson;
mod limits;
mod network;
mod packages;
mod program;
mod sources;
mod stage;
mod standins;
