package io.flotilla.deploy.seeded.util;

/** Breaks the rules: a helper lives with its one user. */
public record Strings() {}
