package io.flotilla.router.client;

/**
 * A key and its value.
 *
 * @param value empty if only keys were asked for
 */
public record Entry(Bytes key, Bytes value) {}
