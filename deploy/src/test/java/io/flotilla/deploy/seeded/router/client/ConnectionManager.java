package io.flotilla.deploy.seeded.router.client;

/** Breaks the rules: its name says nothing. */
public record ConnectionManager() {}
