/**
 * {@code flotilla start placement|node|gateway}: one role in the foreground, until it is asked to
 * stop.
 */
@NullMarked
package io.flotilla.deploy.start;

import org.jspecify.annotations.NullMarked;
