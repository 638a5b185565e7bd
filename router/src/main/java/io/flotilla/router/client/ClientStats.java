package io.flotilla.router.client;

/**
 * What a client has done since it was opened.
 *
 * @param operations that have ended, well or not
 * @param requests sent to nodes for them
 * @param failedRequests of those, answered with an error or not at all; all but final errors were
 *     tried again
 */
public record ClientStats(long operations, long requests, long failedRequests) {}
