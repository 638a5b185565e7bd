package io.flotilla.router.client;

import java.util.Optional;

/**
 * What became of a compare-and-set.
 *
 * @param swapped whether the value was as expected, and so was replaced
 * @param actual if not: the value that was found, or nothing if the key was absent
 */
public record CasResult(boolean swapped, Optional<Bytes> actual) {}
