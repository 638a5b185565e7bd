/**
 * How it runs: {@link Main} is every role, the admin tool and the load tester. The commands for
 * data and administration are the router's own; here are those that need every room: {@code start},
 * {@code dev}, {@code demo}, {@code local}, and what is left of {@code sim} without a source tree.
 */
@NullMarked
package io.flotilla.deploy;

import org.jspecify.annotations.NullMarked;
