/**
 * The load tester: a closed loop of a fixed number of callers, each of which begins its next
 * operation when the last one ended, over the public SDK.
 *
 * <p>Start at {@link LoadRun}. Promises: latencies from just before the call to its answer, in a
 * histogram of three significant digits; what fails is counted by its code and never as an
 * operation. A closed loop asks less of a slow cluster than of a quick one, so its percentiles are
 * those of callers that wait, not of arrivals at a rate. Leaves the command line to {@code
 * router.cli}.
 */
@NullMarked
package io.flotilla.router.load;

import org.jspecify.annotations.NullMarked;
