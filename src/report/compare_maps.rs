//! One page about two maps.
