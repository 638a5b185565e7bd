/**
 * The administrator's commands: one class per verb that parses, calls the SDK, prints, and returns
 * a code.
 *
 * <p>Start at {@link FlotillaCommand}, to which other rooms add commands of their own. Promises:
 * data on standard output, everything else on standard error; every command also as JSON; an error
 * is one line; the exit codes of {@link ExitCodes}. Knows nothing but the public SDK.
 */
@NullMarked
package io.flotilla.router.cli;

import org.jspecify.annotations.NullMarked;
