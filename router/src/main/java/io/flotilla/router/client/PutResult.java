package io.flotilla.router.client;

import java.util.Optional;

/**
 * What became of a put.
 *
 * @param written false if the condition failed; then nothing was changed
 * @param existed whether the key had a value before; only looked up, else false, if there is a
 *     condition or the previous value was asked for
 * @param previous that value, if it was asked for
 */
public record PutResult(boolean written, boolean existed, Optional<Bytes> previous) {}
