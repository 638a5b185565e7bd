/**
 * A cluster in one process, each member with its own directory and listener: for the tour, for
 * {@code flotilla dev}, for tests.
 */
@NullMarked
package io.flotilla.deploy.dev;

import org.jspecify.annotations.NullMarked;
