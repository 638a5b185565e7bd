package io.flotilla.deploy.seeded.router.map;

/** What only the client may know. */
public record Routes() {}
