//! Worker-like programs of a system under test.
