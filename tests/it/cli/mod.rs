//! The command line, as people and scripts meet it.

mod serve;

use crate::support::passerby;

#[test]
fn an_unknown_command_is_wrong_usage() {
    let ran = passerby(["severs"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("similar subcommand"), "{}", ran.err);
}
